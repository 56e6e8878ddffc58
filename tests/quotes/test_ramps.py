"""Ramps: segments with days, quantity, price and discount of their own, never stale."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from django.urls import reverse

from q2c.kernel.errors import Refused
from q2c.kernel.periods import Period
from quotes.actions import (
    change_line,
    change_quote,
    price_changes,
    ramp_line,
    refresh_prices,
    undo_edit,
)
from quotes.models import Price, Quote
from quotes.rules.ramps import Plan, Segment, SegmentsAsked, checked, fitted, segments_of
from tests.quotes.conftest import NOON

TERM = Period(date(2027, 1, 1), date(2030, 4, 1))  # 39 months
PLAN = Plan(every_months=12, quantity=Decimal(10), unit_price=Decimal(100))
YEAR = Period(date(2027, 1, 1), date(2028, 1, 1))


def test_39_months_by_year_are_four_segments_the_last_of_three_months():
    segments = segments_of(PLAN, TERM)
    assert [segment.start.year for segment in segments] == [2027, 2028, 2029, 2030]
    assert (segments[-1].start, segments[-1].end) == (date(2030, 1, 1), date(2030, 4, 1))


def test_a_yearly_uplift_compounds_and_is_rounded_once():
    plan = Plan(12, Decimal(10), Decimal(100), uplift_percent=Decimal("2.5"), free_months=3)
    assert [
        (s.start, s.discount_percent, s.agreed_unit_price) for s in segments_of(plan, TERM)
    ] == [
        (date(2027, 1, 1), 100, None),  # three months free
        (date(2027, 4, 1), 0, None),
        (date(2028, 1, 1), 0, Decimal("102.50")),
        (date(2029, 1, 1), 0, Decimal("105.06")),  # 105.0625
        (date(2030, 1, 1), 0, Decimal("107.69")),  # 107.6890625
    ]


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (date(2027, 7, 15), r"Segments 1 \(01 Jan 2027 to 30 Jun 2027\) and 2 .* leave days"),
        (date(2027, 6, 15), r"Segments 1 .* and 2 \(15 Jun 2027 to 31 Mar 2030\) overlap"),
    ],
)
def test_gaps_and_overlaps_are_refused_naming_both(second, words):
    segments = [
        Segment(TERM.start, date(2027, 7, 1), Decimal(1)),
        Segment(second, TERM.end, Decimal(2)),
    ]
    with pytest.raises(Refused, match=words):
        checked(segments, TERM)


@pytest.mark.parametrize(
    ("way", "days"),
    [
        ("shift", [("2027-03-01", "2027-09-01"), ("2027-09-01", "2028-09-01")]),
        ("stretch", [("2027-03-01", "2027-07-01"), ("2027-07-01", "2028-09-01")]),
        ("keep", [("2027-03-01", "2027-07-01"), ("2027-07-01", "2028-01-01")]),
    ],
)
def test_a_term_that_starts_later_and_runs_longer_takes_its_segments_along(way, days):
    halves = [Period(YEAR.start, date(2027, 7, 1)), Period(date(2027, 7, 1), YEAR.end)]
    after = Period(date(2027, 3, 1), date(2028, 9, 1))
    found = fitted(halves, before=YEAR, after=after, way=way)
    assert [(str(one.start), str(one.end)) for one in found] == days


def test_a_segment_behind_a_shorter_term_falls_away():
    halves = [Period(YEAR.start, date(2027, 7, 1)), Period(date(2027, 7, 1), YEAR.end)]
    after = Period(YEAR.start, date(2027, 6, 1))
    for way in ("shift", "stretch", "keep"):
        assert fitted(halves, before=YEAR, after=after, way=way) == [after, None]


@pytest.fixture
def ramp(full_draft, rep):
    """Ten seats in the first half of the year, twenty at 8 in the second."""
    line = full_draft.lines.first()
    segments = [
        Segment(YEAR.start, date(2027, 7, 1), Decimal(10)),
        Segment(date(2027, 7, 1), YEAR.end, Decimal(20), agreed_unit_price=Decimal(8)),
    ]
    return ramp_line(line.pk, segments, by=rep, at=NOON)


def total(quote):
    return Quote.objects.get(pk=quote.pk).contract_total


def test_a_line_becomes_a_ramp_and_one_line_again(full_draft, rep, ramp):
    assert [line.description for line in full_draft.lines.all()[:2]] == ["Support", "Support"]
    assert [line.contract_total for line in full_draft.lines.all()[:2]] == [600, 960]
    assert total(full_draft) == Decimal(1998)  # 600 + 960 + 438
    with pytest.raises(Refused, match="belong to a ramp"):
        change_line(ramp.pk, {"starts_on": date(2027, 2, 1)}, by=rep, at=NOON)
    ramp_line(ramp.pk, [Segment(YEAR.start, YEAR.end, Decimal(10))], by=rep, at=NOON)
    line = full_draft.lines.first()
    assert (line.starts_on, line.ends_on, full_draft.lines.count()) == (None, None, 4)


def test_a_changed_term_asks_what_becomes_of_the_segments(full_draft, rep, ramp):
    with pytest.raises(SegmentsAsked, match="“Support” has days of its own"):
        change_quote(full_draft.pk, {"term_months": 24}, by=rep, at=NOON)
    change_quote(full_draft.pk, {"term_months": 24}, segments="stretch", by=rep, at=NOON)
    assert total(full_draft) == Decimal(3918)  # 600 + 18 months at 160 + 438
    undo_edit(full_draft.pk, by=rep, at=NOON + timedelta(minutes=1))
    assert total(full_draft) == Decimal(1998)
    change_quote(full_draft.pk, {"term_months": 6}, segments="keep", by=rep, at=NOON)
    assert [line.contract_total for line in full_draft.lines.filter(kind="subscription")] == [600]


def test_the_dialog_makes_segments_and_saves_them(client, rep, full_draft):
    client.force_login(rep)
    url = reverse("quotes:line_ramp", args=[full_draft.pk, full_draft.lines.first().pk])
    page = client.get(url, {"every_months": "6", "uplift_percent": "", "free_months": "1"})
    assert page.content.decode().count('value="2027-') == 6  # free month, rest, second half
    rows = {
        "first": ["2027-01-01", "2027-08-01", ""],
        "last": ["2027-06-30", "2027-12-31", ""],
        "quantity": ["10", "20", "10"],
        "price": ["", "8", ""],
        "discount": ["0", "0", "0"],
    }
    wrong = client.post(url, rows)
    assert (wrong.status_code, "leave days between" in wrong.content.decode()) == (422, True)
    client.post(url, rows | {"first": ["2027-01-01", "2027-07-01", ""]})
    assert total(full_draft) == Decimal(1998)
    term = reverse("quotes:term", args=[full_draft.pk])
    asked = client.post(term, {"field": "term_months", "term_months": "24"})
    assert (asked.status_code, "What becomes of the segments?" in asked.content.decode()) == (409, True)  # fmt: skip
    client.post(term, {"field": "term_months", "term_months": "24", "segments": "stretch"})
    assert total(full_draft) == Decimal(3918)


def test_the_dialog_cuts_the_days_that_the_line_has(client, rep, full_draft):
    client.force_login(rep)
    line = full_draft.lines.first()
    change_line(line.pk, {"starts_on": date(2027, 3, 15)}, by=rep, at=NOON)
    url = reverse("quotes:line_ramp", args=[full_draft.pk, line.pk])
    page = client.get(url, {"every_months": "6", "uplift_percent": ""}).content.decode()
    days = ["2027-03-15", "2027-09-14", "2027-09-15", "2027-12-31"]
    assert [day for day in days if f'value="{day}"' in page] == days


def test_a_lines_dialog_keeps_note_option_and_bounds(client, rep, full_draft):
    client.force_login(rep)
    line = full_draft.lines.all()[1]
    url = reverse("quotes:line_settings", args=[full_draft.pk, line.pk])
    assert client.get(url).status_code == 200
    data = {"note": "Black.", "is_optional": "on", "max_quantity": "4"}
    assert client.post(url, data).status_code == 200
    line.refresh_from_db()
    assert (line.note, line.is_optional, line.is_chosen, line.max_quantity) == ("Black.", True, False, 4)  # fmt: skip
    wrong = client.post(url, data | {"min_quantity": "5"})
    assert (wrong.status_code, "above the largest" in wrong.content.decode()) == (422, True)


# What has tiers


@pytest.fixture
def seats(draft, take, rep):
    """Thirty seats by tiers over two years: 397.50 a month at list."""
    change_quote(draft.pk, {"term_months": 24}, by=rep, at=NOON)
    return take(draft, "SEATS", 30)


def two_years(*rises):
    days = [date(2027, 1, 1), date(2028, 1, 1), date(2029, 1, 1)]
    return [
        Segment(start, end, Decimal(30), uplift_percent=Decimal(rise))
        for (start, end), rise in zip(pairwise(days), rises, strict=True)
    ]


def test_a_yearly_uplift_raises_all_tiers():
    plan = replace(PLAN, uplift_percent=Decimal("2.5"), has_tiers=True)
    segments = segments_of(plan, TERM)
    assert [s.agreed_unit_price for s in segments] == [None] * 4
    rises = [Decimal(0), Decimal("2.5"), Decimal("5.0625"), Decimal("7.6891")]
    assert [s.uplift_percent for s in segments] == rises


def test_segments_carry_tiers_dearer_than_the_list(seats, rep):
    ramp_line(seats.pk, two_years(0, 10), by=rep, at=NOON)
    first, second = seats.quote.lines.all()
    assert [tier["unit_price"] for tier in first.tiers] == ["14", "9.50"]
    assert [tier["unit_price"] for tier in second.tiers] == ["15.4", "10.45"]
    assert (first.net_per_period, second.net_per_period) == (Decimal("397.50"), Decimal("437.25"))
    ramp_line(seats.pk, two_years(0, 20), by=rep, at=NOON)  # of the list, not of the 10 per cent
    assert seats.quote.lines.last().net_per_period == Decimal("477.00")
    ramp_line(seats.pk, two_years(5, 5), by=rep, at=NOON)
    ramp_line(seats.pk, two_years(0, 0), by=rep, at=NOON)  # the list's come from the price book
    assert [line.net_per_period for line in seats.quote.lines.all()] == [Decimal("397.50")] * 2


def test_new_list_prices_are_raised_by_the_uplift_too(seats, rep):
    ramp_line(seats.pk, two_years(0, 10), by=rep, at=NOON)
    lines = list(seats.quote.lines.all())
    assert price_changes(seats.quote, lines) == []
    dearer = [{"up_to": None, "unit_price": "20", "flat_fee": "0"}]
    Price.objects.filter(product=seats.product).update(tiers=dearer)
    change = price_changes(seats.quote, lines)[1]
    assert (change.kept, change.after.tiers[0]["unit_price"]) == ("10 % uplift", "22")
    refresh_prices(seats.quote_id, [line.pk for line in lines], by=rep, at=NOON)
    assert [line.net_per_period for line in seats.quote.lines.all()] == [600, 660]


def test_tiers_are_not_uplifted_from_prices_for_other_months(seats, rep):
    ramp_line(seats.pk, two_years(5, 10), by=rep, at=NOON)
    Price.objects.filter(product=seats.product).update(price_months=12)
    with pytest.raises(Refused, match="The price book no longer has the price"):
        ramp_line(seats.pk, two_years(0, 10), by=rep, at=NOON)


def test_a_line_with_one_price_takes_a_price_instead_of_an_uplift(full_draft, rep):
    segments = [Segment(YEAR.start, YEAR.end, Decimal(10), uplift_percent=Decimal(5))]
    with pytest.raises(Refused, match="“Support” has no tiers: give the segment its price"):
        ramp_line(full_draft.lines.first().pk, segments, by=rep, at=NOON)
    assert total(full_draft) == Decimal(1638)


def test_the_dialog_of_tiers_asks_for_uplifts(client, rep, seats):
    client.force_login(rep)
    url = reverse("quotes:line_ramp", args=[seats.quote_id, seats.pk])
    page = client.get(url, {"every_months": "12", "uplift_percent": "10"}).content.decode()
    assert "An uplift raises every tier" in page
    assert 'value="10"' in page  # what was asked stays in the form
    assert 'name="price"' not in page
    rows = {
        "first": ["2027-01-01", "2028-01-01", ""],
        "last": ["2027-12-31", "2028-12-31", ""],
        "quantity": ["30", "30", "30"],
        "uplift": ["0", "10", "0"],
        "discount": ["0", "0", "0"],
    }
    assert client.post(url, rows).status_code == 200
    assert seats.quote.lines.last().net_per_period == Decimal("437.25")
    editor = client.get(reverse("quotes:edit", args=[seats.quote_id])).content.decode()
    assert "10 % above list" in " ".join(editor.split())
