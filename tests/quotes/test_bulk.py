"""Accepted quotes that come in by set, by the same rules."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from q2c.infra.models import Event
from q2c.kernel.errors import NotAllowed, Refused
from quotes.actions.bulk import (
    AcceptedLineInput,
    AcceptedQuoteInput,
    bring_in_accepted_quotes,
)
from quotes.actions.sealing import seal_of
from quotes.models import Quote
from quotes.queries import accepted_quotes
from tests.quotes.conftest import NOON


@pytest.fixture
def row(customer, entity, rep, book, products):
    def row(number, **changes):
        home, support = products["HOME"].pk, products["SUP"].pk
        values = {
            "external_ref": f"telco-{number}", "customer_id": customer.pk,
            "legal_entity_id": entity.pk, "owner_id": rep.pk, "price_book_id": book.pk,
            "term_months": 12, "starts_on": date(2026, 1, 1), "accepted_by": "Ida Voss",
            "accepted_at": NOON,
            "lines": (
                AcceptedLineInput(product_id=home),
                AcceptedLineInput(product_id=support, quantity=Decimal(3), bundle=0),
                AcceptedLineInput(
                    product_id=support, like=1, amount=Decimal("-0.35"), description="Negotiated"
                ),
            ),
        }  # fmt: skip
        return AcceptedQuoteInput(**{**values, **changes})

    return row


def test_quotes_come_in_priced_accepted_and_sealed(row, rep):
    ids = bring_in_accepted_quotes([row(1), row(2)], by=rep, at=NOON)
    first, second = accepted_quotes(ids)
    assert (first.number, second.number) == ("Q-2026-000001", "Q-2026-000002")
    assert (first.currency, first.monthly_total) == ("EUR", Decimal("29.65"))
    assert first.contract_total == Decimal("355.80")
    kinds = [(line.kind, line.is_adjustment, line.net_per_period) for line in first.lines]
    assert kinds == [
        ("bundle", False, Decimal(0)),
        ("subscription", False, Decimal(30)),
        ("subscription", True, Decimal("-0.35")),
    ]
    assert first.lines[1].parent_id == first.lines[0].id
    stored = Quote.objects.get(pk=ids[0])
    assert stored.document.sha256 == stored.content_hash == seal_of(stored)
    assert Event.objects.filter(name="QuotesBroughtIn").count() == 2


def test_the_same_file_twice_comes_in_once(row, rep):
    ids = bring_in_accepted_quotes([row(1)], by=rep, at=NOON)
    again = bring_in_accepted_quotes([row(2), row(1)], by=rep, at=NOON)
    assert (again[1:], Quote.objects.count()) == (ids, 2)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lines": ()}, "telco-2: An accepted quote has lines"),
        ({"term_months": 0}, "telco-2: The term must be between"),
        ({"starts_on": date(2019, 1, 1)}, "telco-2: The price book has no price for Support"),
        ({"external_ref": "telco-1"}, "reference of its own"),
        ({"discount_percent": Decimal(101)}, "telco-2: A discount must lie between"),
    ],
)
def test_a_bad_row_is_named_and_nothing_comes_in(row, rep, changes, words):
    with pytest.raises(Refused, match=words):
        bring_in_accepted_quotes([row(1), row(2, **changes)], by=rep, at=NOON)
    assert not Quote.objects.exists()


def test_an_option_over_its_maximum_is_refused(row, rep):
    good = row(1)
    lines = (good.lines[0], replace(good.lines[1], quantity=Decimal(6)))
    with pytest.raises(Refused, match="0 to 5"):
        bring_in_accepted_quotes([replace(good, lines=lines)], by=rep, at=NOON)


def test_what_was_no_longer_sold_on_that_day_is_refused(row, rep, products):
    products["SUP"].ends_on = date(2026, 1, 1)
    products["SUP"].save()
    with pytest.raises(
        Refused, match="telco-1: Support has expired: it was sold until 31 Dec 2025"
    ):
        bring_in_accepted_quotes([row(1)], by=rep, at=NOON)


def test_only_those_who_may_edit_quotes_bring_them_in(row, legal):
    with pytest.raises(NotAllowed):
        bring_in_accepted_quotes([row(1)], by=legal, at=NOON)
