from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from q2c.kernel.errors import Refused
from q2c.kernel.money import Money, total
from q2c.kernel.periods import Cadence, Grid, Period, month_of
from q2c.kernel.proration import (
    compare,
    earned,
    earned_during,
    per_month,
    price_between,
    prorate,
    term_end,
)
from q2c.kernel.proration_policy import (
    BY_DAYS,
    STANDARD,
    Anchor,
    Basis,
    Credit,
    MonthEnd,
    Partial,
    ProrationPolicy,
)

CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])
DAYS = st.dates(date(2015, 1, 1), date(2035, 1, 1))
CADENCES = st.one_of(
    st.sampled_from([1, 2, 3, 6, 12, 24, 36]).map(lambda months: Cadence(months=months)),
    st.sampled_from([1, 2, 4]).map(lambda weeks: Cadence(weeks=weeks)),
)
PLAIN = st.builds(
    ProrationPolicy,
    basis=st.sampled_from(Basis),
    month_first=st.booleans(),
    anchor=st.sampled_from([Anchor.ANNIVERSARY, Anchor.CALENDAR, Anchor.END_OF_PERIOD]),
    partial=st.sampled_from(Partial),
    credit=st.sampled_from(Credit),
    month_end=st.sampled_from(MonthEnd),
)
ON_A_DAY = st.builds(
    ProrationPolicy,
    basis=st.sampled_from(Basis),
    month_first=st.booleans(),
    anchor=st.just(Anchor.DAY_OF_PERIOD),
    partial=st.sampled_from(Partial),
    day=st.integers(1, 7),
    month=st.none() | st.integers(1, 12),
)
POLICIES = PLAIN | ON_A_DAY


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def test_two_halves_of_an_odd_amount_add_back():
    february = month_of(date(2026, 2, 1))
    first = earned_during(
        eur("99.99"), over=february, during=Period(date(2026, 2, 1), date(2026, 2, 15))
    )
    second = earned_during(
        eur("99.99"), over=february, during=Period(date(2026, 2, 15), date(2026, 3, 1))
    )
    assert (first, second) == (eur("50.00"), eur("49.99"))


def test_nothing_is_earned_before_and_all_of_it_after():
    year = Period(date(2026, 1, 1), date(2027, 1, 1))
    assert earned(eur("365"), over=year, by=date(2025, 6, 1)) == eur("0")
    assert earned(eur("365"), over=year, by=date(2026, 1, 11)) == eur("10")
    assert earned(eur("365"), over=year, by=date(2030, 1, 1)) == eur("365")


@given(
    st.integers(-(10**9), 10**9),
    CURRENCIES,
    st.dates(date(2015, 1, 1), date(2035, 1, 1)),
    st.integers(1, 800),
    st.lists(st.integers(0, 800), max_size=12),
)
def test_any_way_of_cutting_a_period_adds_back(units, currency, start, days, cuts):
    price, over = Money.from_minor(units, currency), Period(start, start + timedelta(days=days))
    points = sorted({0, days, *(cut for cut in cuts if cut < days)})
    parts = [
        earned_during(
            price,
            over=over,
            during=Period(start + timedelta(days=a), start + timedelta(days=b)),
        )
        for a, b in pairwise(points)
    ]
    assert total(parts, currency) == price


@given(
    st.integers(0, 10**9),
    st.dates(date(2015, 1, 1), date(2035, 1, 1)),
    st.sampled_from([1, 3, 12]),
    st.lists(st.integers(1, 1500), min_size=1, max_size=6),
)
def test_a_term_costs_the_same_however_it_is_sliced(units, anchor, months, cuts):
    price = Money.from_minor(units, "EUR")
    points = [anchor, *(anchor + timedelta(days=cut) for cut in sorted(set(cuts)))]
    parts = [
        price_between(price, anchor=anchor, months=months, start=a, end=b)
        for a, b in pairwise(points)
    ]
    whole = price_between(price, anchor=anchor, months=months, start=anchor, end=points[-1])
    assert total(parts, "EUR") == whole


def test_whole_periods_cost_exactly_their_price():
    price = price_between(
        eur("19.99"),
        anchor=date(2026, 1, 31),
        months=1,
        start=date(2026, 1, 31),
        end=date(2027, 1, 31),
    )
    assert price == eur("239.88")
    assert term_end(date(2026, 1, 31), months=12) == date(2027, 1, 31)


def test_a_part_of_a_month_is_charged_by_its_own_days():
    # Zuora, actual days by month (W3): 12,000 a year from 23 May to 30 September 2019 inclusive.
    monthly = eur("1000")
    may = price_between(
        monthly, anchor=date(2019, 5, 1), months=1, start=date(2019, 5, 23), end=date(2019, 6, 1)
    )
    rest = price_between(
        monthly, anchor=date(2019, 5, 1), months=1, start=date(2019, 6, 1), end=date(2019, 10, 1)
    )
    assert may + rest == eur("4290.32")


@given(st.integers(0, 10**9), CURRENCIES, DAYS, CADENCES, st.integers(0, 900), st.integers(1, 900))
def test_by_days_time_costs_what_it_always_did(units, currency, anchor, every, skip, days):
    price = Money.from_minor(units, currency)
    start = anchor + timedelta(days=skip)
    end = start + timedelta(days=days)
    cadence = {"months": every.months, "weeks": every.weeks}

    def running(by):
        grid = Grid(anchor, every)
        whole = Money(price.amount * grid.holding(by), currency)
        return whole + earned(price, over=grid.period(grid.holding(by)), by=by)

    slice_ = prorate(
        price,
        every=every,
        period=Period(start, end),
        policy=BY_DAYS,
        anchor=anchor,
        term=Period(anchor, end),
    )
    assert slice_.amount == running(end) - running(start)
    assert slice_.amount == price_between(price, anchor=anchor, start=start, end=end, **cadence)


@given(
    st.integers(-(10**9), 10**9), CURRENCIES, DAYS, CADENCES, POLICIES,
    st.lists(st.integers(1, 1500), min_size=1, max_size=6, unique=True),
)  # fmt: skip
def test_any_cutting_of_a_term_adds_back_under_every_policy(
    units, currency, start, every, policy, cuts
):
    price = Money.from_minor(units, currency)
    points = [start, *(start + timedelta(days=cut) for cut in sorted(cuts))]
    term = Period(start, points[-1])
    slices = [
        prorate(price, every=every, period=Period(a, b), policy=policy, term=term)
        for a, b in pairwise(points)
    ]
    whole = prorate(price, every=every, period=term, policy=policy)
    assert total((one.amount for one in slices), currency) == whole.amount
    assert sum(one.count for one in slices) == whole.count
    assert all(one.receipt.count == one.count for one in slices)
    if units > 0:
        assert all(one.amount.amount >= 0 for one in slices)


def test_the_receipt_tells_the_sum():
    half_year = prorate(
        eur("1200"),
        every=Cadence(months=6),
        period=Period(date(2026, 12, 1), date(2027, 1, 1)),
        anchor=date(2026, 7, 1),
        policy=BY_DAYS,
    )
    assert half_year.receipt.words() == "31 of 184 days × 1,200.00 = 202.17"
    assert half_year.receipt.residual == Decimal("-0.003913043")
    stored = half_year.receipt.to_json()
    assert stored["policy"] == BY_DAYS.to_json()
    assert stored["anchor"] == "2026-07-01"
    assert [(p["numerator"], p["denominator"]) for p in stored["parts"]] == [(31, "184")]


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (BY_DAYS, "73 of 365 days × 1,200.00 = 240.00"),
        (
            STANDARD,
            "(2 months + 14 of 31 days) of 12 months × 1,200.00 = 245.16",
        ),
        (
            ProrationPolicy(Basis.DAYS_365, month_first=True),
            "(2 months + 14 of 30.42 days) of 12 months × 1,200.00 = 246.03",
        ),
        (
            ProrationPolicy(partial=Partial.ROUND_UP),
            "(2 months + 1 month begun) of 12 months × 1,200.00 = 300.00",
        ),
        (
            ProrationPolicy(partial=Partial.NONE),
            "(2 months + nothing for 14 days) of 12 months × 1,200.00 = 200.00",
        ),
        (replace(BY_DAYS, partial=Partial.NONE), "nothing for 73 days × 1,200.00 = 0.00"),
    ],
)
def test_the_receipt_reads_well_under_each_policy(policy, words):
    days = Period(date(2026, 1, 1), date(2026, 3, 15))
    priced = prorate(eur("1200"), every=Cadence(months=12), period=days, policy=policy)
    assert priced.receipt.words() == words


def test_the_receipt_of_a_slice_says_what_evens_out():
    march = month_of(date(2026, 3, 1))
    rest = Period(date(2026, 3, 15), march.end)
    monthly = {"every": Cadence(months=1), "term": march}
    slice_ = prorate(eur("10"), **monthly, period=rest, policy=ProrationPolicy(Basis.DAYS_30))
    assert slice_.receipt.words() == "(1 month less 14 of 30 days) × 10.00 = 5.33"
    thirds = [
        prorate(eur("0.05"), **monthly, period=Period(a, b))
        for a, b in pairwise([march.start, date(2026, 3, 11), date(2026, 3, 21), march.end])
    ]
    assert [one.amount for one in thirds] == [eur("0.02"), eur("0.01"), eur("0.02")]
    evened = "10 of 31 days × 0.05 = 0.01, with -0.01 to even out rounding"
    assert thirds[1].receipt.words() == evened


def test_the_amount_under_the_other_policies_is_shown():
    days = Period(date(2018, 7, 14), date(2019, 1, 1))
    policy = ProrationPolicy(month_first=True, anchor=Anchor.CALENDAR)
    found = compare(eur("1200"), every=Cadence(months=12), period=days, policy=policy)
    assert [(p.words(), str(priced.amount.amount)) for p, priced in found.items()] == [
        ("whole months first, then actual days", "558.06"),
        ("actual days", "562.19"),
        ("actual days over 30 a month", "570.00"),
        ("30/360", "556.67"),
        ("days over 365 a year", "562.19"),
        ("days over 360 a year", "570.00"),
        ("calendar months, first and last by their own days", "558.06"),
        ("whole months first, then actual days over 30 a month", "560.00"),
        ("whole months first, then days over 365 a year", "559.18"),
        ("every period begun counts whole", "1200.00"),
        ("only every whole period counts", "0.00"),
    ]


def test_a_weekly_price_runs_by_weeks():
    weekly = price_between(
        eur("70"), anchor=date(2026, 1, 7), weeks=1, start=date(2026, 1, 7), end=date(2026, 1, 24)
    )
    assert weekly == eur("170")
    assert per_month(eur("12"), weeks=1) == eur("52")
    assert per_month(eur("24"), weeks=2) == eur("52")
    from_monday = prorate(
        eur("70"),
        every=Cadence(weeks=1),
        period=Period(date(2026, 1, 7), date(2026, 1, 19)),
        policy=ProrationPolicy(anchor=Anchor.CALENDAR),
    )
    assert from_monday.receipt.words() == "(5 of 7 days + 1 week) × 70.00 = 120.00"


def test_periods_may_start_on_the_last_day_of_the_month():
    priced = prorate(
        eur("90"),
        every=Cadence(months=1),
        period=Period(date(2025, 3, 28), date(2026, 2, 5)),
        policy=ProrationPolicy(anchor=Anchor.END_OF_PERIOD),
    )
    words = "(3 of 31 days + 10 months + 5 of 28 days) × 90.00 = 924.78"
    assert priced.receipt.words() == words


def test_quarters_on_the_31st_start_on_the_last_day_of_shorter_months():
    policy = ProrationPolicy(anchor=Anchor.DAY_OF_PERIOD, day=31, month=2)
    grid = policy.grid(Cadence(months=3), date(2026, 1, 1))
    starts = [grid.start_of(number) for number in range(3)]
    assert starts == [date(2026, 2, 28), date(2026, 5, 31), date(2026, 8, 31)]


@given(POLICIES)
def test_a_policy_is_stored_as_plain_values(policy):
    assert ProrationPolicy.from_json(policy.to_json()) == policy


def test_nothing_stored_means_the_default_policy():
    # Field notes, decision 2: whole months first, actual days, anniversary, charged first.
    assert ProrationPolicy.from_json({}) == STANDARD
    assert STANDARD.words() == "whole months first, then actual days"
    assert STANDARD.to_json() == {
        "basis": "actual",
        "month_first": True,
        "anchor": "anniversary",
        "partial": "prorate",
        "credit": "charged_first",
        "month_end": "same_day",
    }


def test_a_document_sealed_before_months_came_first_goes_by_days():
    assert ProrationPolicy.from_json({"month_first": None}) == BY_DAYS


def test_whole_months_alone_are_told_without_brackets():
    half_year = prorate(
        eur("1200"), every=Cadence(months=6), period=Period(date(2026, 7, 1), date(2026, 12, 1))
    )
    assert half_year.receipt.words() == "5 months of 6 months × 1,200.00 = 1,000.00"


@pytest.mark.parametrize(
    ("stored", "field", "words"),
    [
        ({"basis": "monthly"}, "basis", "“monthly” is not a choice here; choose one of: actual"),
        ({"month_first": "yes"}, "month_first", "Say true or false"),
        ({"anchor": "day_of_period"}, "day", "Choose the day on which periods start"),
        ({"anchor": "day_of_period", "day": 32}, "day", "from 1 to 31"),
        ({"anchor": "day_of_period", "day": "5"}, "day", "is a whole number"),
        ({"anchor": "day_of_period", "day": 5, "month": 13}, "month", "1 to 12"),
        ({"day": 5}, "day", "only used when periods start on a chosen day"),
        ({"month": 5}, "month", "only used when periods start on a chosen day"),
        ({"rounding": "up"}, "rounding", "has no “rounding”"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(stored, field, words):
    with pytest.raises(Refused, match=words) as refusal:
        ProrationPolicy.from_json(stored)
    assert refusal.value.field == field


def test_weeks_start_on_a_weekday():
    policy = ProrationPolicy(anchor=Anchor.DAY_OF_PERIOD, day=8)
    with pytest.raises(Refused, match=r"from 1 \(Monday\) to 7"):
        policy.grid(Cadence(weeks=1), date(2026, 1, 1))


def test_days_outside_their_term_are_refused():
    with pytest.raises(Refused, match="outside the term"):
        prorate(
            eur("10"),
            every=Cadence(months=1),
            period=month_of(date(2026, 3, 1)),
            term=month_of(date(2026, 4, 1)),
        )
