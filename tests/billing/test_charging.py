"""What of a charge is due when: pure rules, exact values."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.charging import (
    billed_parts,
    billed_through_after,
    due_parts,
    late_slice,
    next_on,
    slices,
)
from billing.rules.due import Billed, DueCharge
from q2c.kernel.errors import Refused
from q2c.kernel.periods import Period

TIERS = [
    {"up_to": "10", "unit_price": "10", "flat_fee": "2"},
    {"up_to": "20", "unit_price": "5", "flat_fee": "3"},
    {"up_to": None, "unit_price": "5", "flat_fee": "3"},
]


def charge(**given) -> DueCharge:
    values = {
        "id": 1, "customer_id": 1, "legal_entity_id": 1, "contract_id": 1, "item_id": 7,
        "shipment_id": None, "product_id": 1, "description": "Support",
        "charge_kind": "recurring", "months": 1, "weeks": 0, "price_months": 0, "in_advance": True, "charge_model": "per_unit",
        "tiers": [], "unit": "seat", "tax_class": "standard", "revenue_pattern": "over_time",
        "currency": "EUR", "quantity": Decimal(10), "unit_price": Decimal(5), "discount_percent": Decimal(0),
        "net_per_period": Decimal(50), "is_adjustment": False, "payment_terms_days": 30, "proration": {},
        "starts_on": date(2026, 1, 1), "ends_on": None, "billed_usage": Decimal(0), **given,
    }  # fmt: skip
    values.setdefault("billed_through", values["starts_on"])
    values.setdefault("anchor_on", values["starts_on"])
    return DueCharge(**values)


def periods(due: DueCharge, on: date) -> list[tuple[date, date]]:
    return [(part.period.start, part.period.end) for part in due_parts(due, on=on)]


def test_in_advance_is_due_on_the_first_day_and_in_arrears_after_the_last():
    advance, arrears = charge(), charge(in_advance=False)
    january = (date(2026, 1, 1), date(2026, 2, 1))
    assert periods(advance, date(2025, 12, 31)) == []
    assert periods(advance, date(2026, 1, 1)) == [january]
    assert periods(arrears, date(2026, 1, 31)) == []
    assert periods(arrears, date(2026, 2, 1)) == [january]


def test_an_anchor_on_the_31st_bills_on_the_last_day_and_returns_to_the_31st():
    due = charge(starts_on=date(2017, 1, 31))
    starts = [start for start, _ in periods(due, date(2017, 5, 1))]
    assert starts == [date(2017, 1, 31), date(2017, 2, 28), date(2017, 3, 31), date(2017, 4, 30)]


def test_a_yearly_anchor_on_29_february_returns_in_leap_years():
    due = charge(starts_on=date(2024, 2, 29), months=12)
    starts = [start for start, _ in periods(due, date(2028, 3, 1))]
    assert starts == [
        date(2024, 2, 29), date(2025, 2, 28), date(2026, 2, 28), date(2027, 2, 28),
        date(2028, 2, 29),
    ]  # fmt: skip


def test_the_last_period_is_prorated_by_its_own_days_and_says_so():
    due = charge(ends_on=date(2026, 3, 18), billed_through=date(2026, 3, 1))
    (line,) = slices(due, on=date(2026, 3, 1), usage={})
    assert (line.start, line.end, line.net) == (
        date(2026, 3, 1),
        date(2026, 3, 18),
        Decimal("27.42"),
    )
    assert line.trace == ("10 × 5", "17 of 31 days × 50.00 = 27.42")
    assert next_on(due, billed_through=line.end) is None


def test_a_discount_stands_in_the_trace():
    due = charge(discount_percent=Decimal("12.5000"), net_per_period=Decimal("43.75"))
    assert slices(due, on=date(2026, 1, 1), usage={})[0].trace == ("10 × 5", "− 12.5 % discount")


@pytest.mark.parametrize(
    ("quantity", "net"), [(1, "12"), (10, "102"), (11, "110"), (12, "115"), (21, "163")]
)
def test_usage_is_rated_in_arrears_by_graduated_tiers(quantity, net):
    due = charge(charge_kind="usage", charge_model="graduated", tiers=TIERS, in_advance=True)
    usage = {(7, date(2026, 1, 1), date(2026, 2, 1)): Decimal(quantity)}
    assert slices(due, on=date(2026, 1, 31), usage={}) == []
    (line,) = slices(due, on=date(2026, 2, 1), usage=usage)
    assert (line.quantity, line.net) == (Decimal(quantity), Decimal(net))


def test_a_period_without_usage_makes_no_line_and_is_done():
    due = charge(charge_kind="usage")
    usage = {(7, date(2026, 1, 1), date(2026, 2, 1)): Decimal(0)}
    assert slices(due, on=date(2026, 2, 1), usage=usage) == []
    assert billed_through_after(due, on=date(2026, 2, 1)) == date(2026, 2, 1)


COMMITTED = [
    {"up_to": "100", "unit_price": "0", "flat_fee": "310"},
    {"up_to": None, "unit_price": "2", "flat_fee": "0"},
]


@pytest.mark.parametrize(("used", "net"), [(0, "310"), (100, "310"), (101, "312")])
def test_a_commitment_is_invoiced_each_period_used_or_not(used, net):
    due = charge(charge_kind="usage", charge_model="commitment", tiers=COMMITTED)
    usage = {(7, date(2026, 1, 1), date(2026, 2, 1)): Decimal(used)}
    (line,) = slices(due, on=date(2026, 2, 1), usage=usage)
    assert (line.quantity, line.net) == (used, Decimal(net))


def test_a_part_of_a_period_has_its_part_of_the_commitment():
    due = charge(
        charge_kind="usage", charge_model="commitment", tiers=COMMITTED, ends_on=date(2026, 1, 11)
    )
    usage = {(7, date(2026, 1, 1), date(2026, 1, 11)): Decimal(0)}
    (line,) = slices(due, on=date(2026, 2, 1), usage=usage)
    assert line.net == 100
    assert line.trace[-1] == "for 10/31 days"


def test_included_credits_without_a_price_make_no_line_until_used():
    tiers = [{"up_to": "100", "unit_price": "0"}, {"up_to": None, "unit_price": "2"}]
    due = charge(charge_kind="usage", charge_model="credits", tiers=tiers)
    usage = {(7, date(2026, 1, 1), date(2026, 2, 1)): Decimal(0)}
    assert slices(due, on=date(2026, 2, 1), usage=usage) == []


def test_a_sub_cent_price_is_exact_and_discounted_before_rounding():
    due = charge(
        charge_kind="usage",
        unit_price=Decimal("0.0001"),
        discount_percent=Decimal(10),
        net_per_period=Decimal(0),
    )
    usage = {(7, date(2026, 1, 1), date(2026, 2, 1)): Decimal(1_234_567)}
    assert slices(due, on=date(2026, 2, 1), usage=usage)[0].net == Decimal("111.11")  # 111.11103


def test_late_usage_costs_what_it_would_have_cost_in_its_period():
    due = charge(
        charge_kind="usage", charge_model="graduated", tiers=TIERS,
        billed_through=date(2026, 2, 1), billed_usage=Decimal(10),
    )  # fmt: skip
    january = Period(date(2026, 1, 1), date(2026, 2, 1))
    assert billed_parts(due) == [january]
    line = late_slice(due, january, total=Decimal(12), billed=Billed(Decimal(10), Decimal(102), 1))
    assert (line.quantity, line.net, line.revision) == (Decimal(2), Decimal(13), 1)
    assert line.trace[0] == "2 seat recorded after 01 Jan 2026 to 31 Jan 2026 was billed"
    assert (
        late_slice(due, january, total=Decimal(10), billed=Billed(Decimal(10), Decimal(102), 1))
        is None
    )
    assert late_slice(due, january, total=Decimal(1), billed=None).revision == 0


def test_an_ended_usage_charge_is_looked_at_once_more_for_late_usage():
    due = charge(charge_kind="usage", ends_on=date(2026, 2, 15), billed_through=date(2026, 2, 1))
    assert next_on(due, billed_through=date(2026, 2, 15)) == date(2026, 3, 15)
    last = due._replace(billed_through=date(2026, 2, 15))
    assert billed_through_after(last, on=date(2026, 3, 15)) == date(2026, 2, 15)
    assert next_on(last, billed_through=date(2026, 2, 15)) is None


def test_a_one_time_charge_is_due_once():
    due = charge(charge_kind="one_time", months=0, net_per_period=Decimal("99.90"))
    (line,) = slices(due, on=date(2026, 6, 1), usage={})
    assert (line.start, line.end, line.net) == (
        date(2026, 1, 1),
        date(2026, 1, 2),
        Decimal("99.90"),
    )
    assert next_on(due, billed_through=line.end) is None
    assert due_parts(due._replace(billed_through=line.end), on=date(2027, 1, 1)) == ()


def test_a_start_date_years_ago_is_a_mistake_not_arrears():
    with pytest.raises(Refused, match="More than 36 periods since 01 Jan 2001"):
        due_parts(charge(starts_on=date(2001, 1, 1)), on=date(2026, 1, 1))
    assert len(due_parts(charge(starts_on=date(2023, 2, 1)), on=date(2026, 1, 1))) == 36


DAYS = st.dates(date(2019, 1, 1), date(2030, 1, 1))


@given(
    starts_on=DAYS,
    months=st.sampled_from([1, 3, 12]),
    length=st.integers(1, 900),
    in_advance=st.booleans(),
    stops=st.lists(st.integers(0, 1000), max_size=6),
    net=st.decimals(0, 9999, places=2),
)
def test_however_often_it_runs_the_periods_tile_the_term_and_cost_the_same(
    starts_on, months, length, in_advance, stops, net
):
    ends_on = starts_on + timedelta(days=length)
    due = charge(
        starts_on=starts_on, months=months, ends_on=ends_on, in_advance=in_advance,
        net_per_period=net,
    )  # fmt: skip
    at_once = slices(due, on=ends_on, usage={})
    step_by_step = []
    for stop in [*sorted(stops), length]:
        on = starts_on + timedelta(days=min(stop, length))
        step_by_step += slices(due, on=on, usage={})
        due = due._replace(billed_through=billed_through_after(due, on=on))
    facts = [(row.start, row.end, row.net) for row in at_once]
    assert facts == [(row.start, row.end, row.net) for row in step_by_step]
    assert [row[0] for row in facts] == [starts_on, *(row[1] for row in facts[:-1])]
    assert facts[-1][1] == ends_on
    assert next_on(due, billed_through=due.billed_through) is None
