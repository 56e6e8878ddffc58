"""Rows written in one statement, each with its own values."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import DataError

from q2c.catalog.models import Product
from q2c.infra.rows import update_rows

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def three(db):
    return [
        Product.objects.create(sku=sku, name=sku, kind="goods", created_at=NOON) for sku in "ABC"
    ]


def test_each_row_gets_its_own_values_in_one_statement(three, django_assert_num_queries):
    first, second, third = three
    first.min_margin_percent, first.ends_on = Decimal("12.5"), date(2027, 7, 1)
    second.attributes = [{"name": "“Size”", "value": '{"a", \\}'}]
    second.name, second.is_active = "a\tb\\c\n{d}, 'e'", False
    names = ("min_margin_percent", "ends_on", "attributes", "name", "is_active", "created_at")
    with django_assert_num_queries(1):
        update_rows([first, second], names)
    stored = Product.objects.in_bulk()
    for row in (first, second, third):
        assert [getattr(stored[row.pk], n) for n in names] == [getattr(row, n) for n in names]


def test_without_rows_or_fields_nothing_is_asked(django_assert_num_queries, db):
    with django_assert_num_queries(0):
        update_rows([], ("name",))
        update_rows([Product(pk=1)], ())


def test_what_is_too_long_is_refused_and_not_cut(three):
    three[0].name = "x" * 1000
    with pytest.raises(DataError, match="too long"):
        update_rows(three, ("name",))
