"""Worked examples that vendors publish; paper's last days are inclusive."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest

from q2c.kernel.billing_time import Billing, by_anniversary
from q2c.kernel.money import Money
from q2c.kernel.periods import Cadence, Period
from q2c.kernel.proration import prorate
from q2c.kernel.proration_policy import (
    BY_DAYS,
    Anchor,
    Basis,
    MonthEnd,
    Partial,
    ProrationPolicy,
)

CALENDAR = Anchor.CALENDAR
FIFTH = ProrationPolicy(anchor=Anchor.DAY_OF_PERIOD, day=5)
FIFTH_OF_FEBRUARY = replace(BY_DAYS, anchor=Anchor.DAY_OF_PERIOD, day=5, month=2)


def cost(price, months, first, last, policy):
    days = Period(date.fromisoformat(first), date.fromisoformat(last) + timedelta(days=1))
    every = Cadence(months=months)
    return prorate(Money(Decimal(price), "USD"), every=every, period=days, policy=policy)


@pytest.mark.parametrize(
    ("policy", "count", "amount"),
    [
        (FIFTH, "10.258065", "923.23"),
        (ProrationPolicy(anchor=CALENDAR), "10.271889", "924.47"),
        (replace(FIFTH, partial=Partial.ROUND_UP), "11", "990.00"),
        (ProrationPolicy(anchor=CALENDAR, partial=Partial.ROUND_UP), "12", "1080.00"),
    ],
)
def test_salesforce_monthly_examples(policy, count, amount):
    # Salesforce Revenue Cloud, “Monthly Proration Examples”: 28 Mar 2025 to 4 Feb 2026 at 90.00.
    priced = cost("90", 1, "2025-03-28", "2026-02-04", policy)
    assert round(float(priced.count), 6) == float(count)
    assert priced.amount.amount == Decimal(amount)


def test_salesforce_semi_annual_example():
    # Salesforce Revenue Cloud, “Semi-Annual Proration Examples”: 130/181 + 1 periods at 400.
    priced = cost("400", 6, "2025-03-28", "2026-02-04", FIFTH_OF_FEBRUARY)
    assert priced.count == Fraction(130, 181) + 1
    assert priced.amount.amount == Decimal("687.29")


@pytest.mark.parametrize(
    ("first", "last", "amount"),
    [
        ("2024-02-29", "2025-02-27", "1000.00"),
        ("2027-02-28", "2028-02-27", "997.27"),
        ("2027-02-28", "2028-02-28", "1000.00"),
    ],
)
def test_salesforce_leap_year_examples(first, last, amount):
    # Salesforce Revenue Cloud, “Annual Proration Examples for Leap Years”.
    policy = replace(BY_DAYS, month_end=MonthEnd.LAST_OF_FEBRUARY)
    assert cost("1000", 12, first, last, policy).amount.amount == Decimal(amount)


@pytest.mark.parametrize(
    ("first", "last", "policy", "multiplier"),
    [
        ("2017-01-01", "2018-01-10", ProrationPolicy(Basis.DAYS_365), "1.0274"),
        ("2017-01-01", "2019-04-10", replace(BY_DAYS, basis=Basis.DAYS_365), "2.2740"),
        (
            "2017-01-01",
            "2018-01-10",
            ProrationPolicy(month_first=True, partial=Partial.ROUND_UP),
            "1.0833",
        ),
        (
            "2017-01-01",
            "2019-11-30",
            ProrationPolicy(month_first=True, partial=Partial.ROUND_UP),
            "2.9167",
        ),
        ("2019-05-23", "2019-09-30", ProrationPolicy(Basis.CALENDAR_MONTH), "0.3575"),
    ],
)
def test_salesforce_prorate_multipliers(first, last, policy, multiplier):
    # Salesforce CPQ, “Subscription Prorate Precision”: Monthly + Daily (whole months, then days
    # times 12 over 365), Day, Month, Calendar Monthly + Daily.
    priced = cost("12000", 12, first, last, policy)
    assert round(float(priced.count), 4) == float(multiplier)


def test_salesforce_and_zuora_agree_on_calendar_months():
    # Zuora, “Handling differences between Zuora and Salesforce CPQ”: 12,000 a year.
    for policy in (
        ProrationPolicy(Basis.CALENDAR_MONTH),
        ProrationPolicy(month_first=True, anchor=CALENDAR),
    ):
        priced = cost("12000", 12, "2019-05-23", "2019-09-30", policy)
        assert priced.amount.amount == Decimal("4290.32")


@pytest.mark.parametrize(
    ("basis", "month_first", "amount"),
    [
        (Basis.DAYS_30, True, "560.00"),
        (Basis.ACTUAL, True, "558.06"),
        (Basis.DAYS_30, False, "570.00"),
        (Basis.ACTUAL, False, "562.19"),
        (Basis.DAYS_365, False, "562.19"),
        (Basis.DAYS_360, False, "570.00"),
    ],
)
def test_zuora_day_count_matrix(basis, month_first, amount):
    # Zuora, “Total amount calculation with partial period proration”: 1,200 a year.
    policy = ProrationPolicy(basis, month_first=month_first, anchor=CALENDAR)
    priced = cost("1200", 12, "2018-07-14", "2018-12-31", policy)
    assert priced.amount.amount == Decimal(amount)


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        ("2018-01-15", "2018-01-31", 16),  # the last day of a month is the 30th
        ("2018-02-15", "2018-02-28", 16),
        ("2018-01-17", "2018-02-14", 28),  # January has 30 days
    ],
)
def test_zuora_strict_30_360(first, last, days):
    # Zuora, “Prorating: 30 days or actual days”, the rules of strict 30/360.
    policy = ProrationPolicy(Basis.THIRTY_360)
    assert cost("300", 1, first, last, policy).count == Fraction(days, 30)


@pytest.mark.parametrize(
    ("start", "end", "cycle_day", "months", "counts"),
    [
        # Kill Bill, proRations.inAdvance: quarterly and annual TestDoubleProRation, monthly before.
        ("2011-01-01", "2011-04-27", 15, 3, ["14/92", "1", "12/91"]),
        ("2011-01-01", "2012-01-27", 15, 12, ["14/365", "1", "12/366"]),
        # Annual TestLeadingProRation and TestProRation.
        ("2011-02-01", "2012-02-13", 13, 12, ["12/365", "1"]),
        ("2011-01-31", "2012-01-15", 15, 12, ["349/365"]),
        ("2010-12-15", "2011-12-04", 4, 12, ["354/365"]),
    ],
)
def test_kill_bill_periods_from_a_bill_cycle_day(start, end, cycle_day, months, counts):
    days = Period(date.fromisoformat(start), date.fromisoformat(end))
    policy = replace(BY_DAYS, anchor=Anchor.DAY_OF_PERIOD, day=cycle_day)
    every = Cadence(months=months)
    billing = Billing(every, billing_anchor_of(policy, every, days.start), by_anniversary(policy))
    found = [
        prorate(
            Money(Decimal(1000), "USD"), every=every, period=part, policy=billing.policy,
            anchor=billing.anchor,
        ).count
        for _, part in billing.periods(days)
    ]  # fmt: skip
    assert found == [Fraction(count) for count in counts]


def billing_anchor_of(policy, every, start):
    grid = policy.grid(every, start)
    return grid.start_of(grid.holding(start))


def test_zuora_an_annual_list_price_billed_every_four_months():
    # Zuora, “Annual prices and specific-month billing periods”: running totals, less what was billed.
    year = Period(date(2025, 1, 1), date(2026, 1, 1))
    thirds = [date(2025, 1, 1), date(2025, 5, 1), date(2025, 9, 1), date(2026, 1, 1)]
    billed = [
        prorate(
            Money(Decimal(21_500), "USD"), every=Cadence(months=12), period=Period(a, b), term=year
        ).amount.amount
        for a, b in pairwise(thirds)
    ]
    assert [str(amount) for amount in billed] == ["7166.67", "7166.66", "7166.67"]


@pytest.mark.parametrize(
    ("price", "first", "last", "policy", "amount"),
    [
        # Zone & Co, “Proration types”: 50 a month by the calendar from 15 January 2020.
        ("50", "2020-01-15", "2020-01-31", ProrationPolicy(anchor=CALENDAR), "27.42"),
        # Autumn, “Proration”: 20 less 50 a month half way (15 of 30 days) is 15.
        ("30", "2026-04-16", "2026-04-30", ProrationPolicy(anchor=CALENDAR), "15.00"),
        # RevenueCat, CHARGE_PRORATED_PRICE: half a month of 2.
        ("2", "2026-04-16", "2026-04-30", ProrationPolicy(anchor=CALENDAR), "1.00"),
    ],
)
def test_parts_of_a_calendar_month(price, first, last, policy, amount):
    assert cost(price, 1, first, last, policy).amount.amount == Decimal(amount)


def test_oracle_service_start_and_calendar_start():
    # Oracle Subscription Management, “Bill Partial Periods”: 15 Jan to 10 Apr 2019.
    from_start = cost("100", 1, "2019-01-15", "2019-04-10", ProrationPolicy())
    assert from_start.count == 2 + Fraction(27, 31)
    by_calendar = cost("100", 1, "2019-01-15", "2019-04-10", ProrationPolicy(anchor=CALENDAR))
    assert by_calendar.count == Fraction(17, 31) + 2 + Fraction(10, 30)


def test_kill_bill_double_proration():
    # Kill Bill, TestDoubleProRation: bill cycle day 15, 1 Jan 2011 until 27 Feb (exclusive).
    policy = ProrationPolicy(anchor=Anchor.DAY_OF_PERIOD, day=15)
    priced = cost("100", 1, "2011-01-01", "2011-02-26", policy)
    assert round(float(priced.count), 9) == 1.880184332


@pytest.mark.parametrize(
    ("start", "cycle_day", "amount"),
    [
        ("2023-05-15", 23, "5.32"),
        ("2023-06-15", 23, "5.32"),
        ("2023-05-23", 15, "14.63"),
        ("2023-02-23", 15, "14.63"),
        ("2024-02-23", 15, "14.63"),
    ],
)
def test_kill_bill_fixed_30_days(start, cycle_day, amount):
    # Kill Bill, TestInvoiceFixedProration at 19.95 a month.
    policy = ProrationPolicy(Basis.THIRTY_360, anchor=Anchor.DAY_OF_PERIOD, day=cycle_day)
    first = date.fromisoformat(start)
    end = policy.grid(Cadence(months=1), first)
    last = end.start_of(end.holding(first) + 1) - timedelta(days=1)
    assert cost("19.95", 1, start, last.isoformat(), policy).amount.amount == Decimal(amount)
