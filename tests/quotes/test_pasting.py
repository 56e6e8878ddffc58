"""Rows pasted from a spreadsheet: each is understood, or refused by its number."""

from decimal import Decimal

import pytest
from django.urls import reverse

from q2c.kernel.errors import Refused
from quotes.actions import paste_lines
from quotes.models import Quote
from quotes.rules.pasting import pasted_rows
from tests.quotes.conftest import NOON


def test_cells_are_read_by_place_and_headings_by_name():
    rows = pasted_rows("SUP\t12,5\t10 %\nbox\t3\t€ 1,150.50\tFor Kiel\n\nSLA", currency="EUR")
    assert [(r.number, r.product, r.quantity, r.discount_percent, r.unit_price) for r in rows] == [
        (1, "SUP", Decimal("12.5"), 10, None),
        (2, "box", 3, 0, Decimal("1150.50")),
        (4, "SLA", 1, 0, None),
    ]
    assert rows[1].description == "For Kiel"
    rows = pasted_rows("Menge;Artikel;Rabatt\n4;SUP;5", currency="EUR")
    assert [(r.number, r.product, r.quantity, r.discount_percent) for r in rows] == [
        (2, "SUP", 4, 5)
    ]


def test_a_pasted_thousand_is_a_thousand():
    (row,) = pasted_rows("SUP\t1,000\t1,250", currency="EUR")
    assert (row.quantity, row.unit_price) == (1000, 1250)
    (row,) = pasted_rows("SUP\t1.250,5\t1,250", currency="EUR", grouping=".")
    assert (row.quantity, row.unit_price) == (Decimal("1250.5"), Decimal("1.25"))
    (row,) = pasted_rows("SUP\t1.000", currency="EUR", grouping=".")
    assert row.problem == "“1.000” may mean 1000 or 1,000; write one of them"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("\t3", "names no product"),
        ("SUP\tmany", "“many” is not a number"),
        ("SUP\t0", "a quantity lies above 0"),
        ("SUP\t1\t120 %", "between 0 and 100 per cent, not 120 %"),
        ("SUP\t1\t12\tFor Kiel\tby Monday", "“by Monday” stands in no column"),
        ("SUP\t1\tUSD 12", "“USD 12” is in USD; this quote is in EUR"),
    ],
)
def test_a_wrong_row_says_why(row, problem):
    assert problem in pasted_rows(row, currency="EUR")[0].problem


TEXT = "SUP\t5\t10%\nzebra\t1\nRouter\t2\t150\tFor the port\nSEATS\t5\t9\nHOME\t2"


def test_good_rows_are_added_and_the_wrong_ones_named_by_number(draft, rep):
    with pytest.raises(Refused, match=r"Row 2: no product is called “zebra”; row 4: .* has tiers"):
        paste_lines(draft.pk, TEXT, only_good=False, by=rep, at=NOON)
    assert not draft.lines.exists()
    paste_lines(draft.pk, TEXT, only_good=True, by=rep, at=NOON)
    tops = draft.lines.filter(parent=None)
    assert [(line.description, line.quantity, line.net_per_period) for line in tops] == [
        ("Support", 5, 45),
        ("For the port", 2, 300),
        ("Home bundle", 2, 0),
    ]
    assert Quote.objects.get(pk=draft.pk).edits.get().label == "pasted 3 lines"


def test_the_dialog_shows_each_row_before_adding_any(client, rep, draft):
    client.force_login(rep)
    url = reverse("quotes:paste", args=[draft.pk])
    page = client.post(url, {"text": TEXT, "do": "look"}).content.decode()
    assert "Row 2: no product is called “zebra”." in page
    assert "Add the 3 good rows, leave out 2" in page
    assert not draft.lines.exists()
    assert client.post(url, {"text": TEXT, "do": "good"}).status_code == 200
    assert draft.lines.filter(parent=None).count() == 3


def test_many_rows_ask_a_fixed_number_of_questions(draft, rep, django_assert_max_num_queries):
    with django_assert_max_num_queries(40):
        paste_lines(draft.pk, "\n".join(["SUP\t2"] * 150), only_good=False, by=rep, at=NOON)
    assert draft.lines.count() == 150
