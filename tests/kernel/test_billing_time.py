"""One answer for quote, schedule, invoice and credit: slices of billing periods add up."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from q2c.kernel.billing_time import Billing, billing_anchor, by_anniversary, settled_policy
from q2c.kernel.money import Money, total
from q2c.kernel.periods import Cadence, Period, month_of
from q2c.kernel.proration import prorate
from q2c.kernel.proration_policy import (
    BY_DAYS,
    Anchor,
    Basis,
    Credit,
    MonthEnd,
    Partial,
    ProrationPolicy,
)
from tests.kernel.test_proration import CADENCES, CURRENCIES, DAYS, POLICIES

MONTHLY = Cadence(months=1)


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


@st.composite
def billings(draw):
    """A price of any currency, billed at any cadence by any policy over some days."""
    policy, start, every = draw(POLICIES), draw(DAYS), draw(CADENCES)
    anchor = start if every.weeks else billing_anchor(policy, starts_on=start)
    price = Money.from_minor(draw(st.integers(0, 10**9)), draw(CURRENCIES))
    days = Period(start, start + timedelta(days=draw(st.integers(1, 1500))))
    return Billing(every, anchor, by_anniversary(policy)), price, days


@settings(max_examples=200)
@given(billings(), st.integers(0, 1500))
def test_the_shares_of_two_parts_make_up_the_whole(given, day):
    billing, _, days = given
    cut = days.start + timedelta(days=day % days.days or 1)
    if cut >= days.end:
        return
    parts = Period(days.start, cut), Period(cut, days.end)
    assert sum(billing.share(part, of=days) for part in parts) in (0, 1)
    assert all(billing.share(part, of=days) >= 0 for part in parts)


@settings(max_examples=1000)
@given(billings())
def test_the_invoices_of_a_term_sum_to_its_value_and_the_last_takes_the_residual(given):
    # A10: a thousand of them, whatever the policy, the cadence and the decimals of the currency.
    billing, price, days = given
    periods = billing.periods(days)
    slices = [
        billing.slice(price, over=whole, during=part, since=days.start) for whole, part in periods
    ]
    assert [part.start for _, part in periods][1:] == [part.end for _, part in periods][:-1]
    assert total(slices, price.currency) == billing.total(price, days)
    assert all(one.amount >= 0 for one in slices)
    if billing.policy.is_even(billing.every):
        assert set(slices[1:-1]) <= {price}
        if len(periods) > 1 and billing.policy != BY_DAYS:
            _, first = periods[0]
            alone = prorate(
                price, every=billing.every, period=first, policy=billing.policy,
                anchor=billing.anchor,
            )  # fmt: skip
            assert slices[0] == alone.amount


@given(billings(), st.sampled_from([1, 2, 5, 12, 36]))
def test_shares_of_a_price_for_other_months_sum_to_what_it_is_worth(given, price_months):
    billing, price, days = given
    assume(billing.every.months)
    billing = replace(billing, price_months=price_months)
    shares = [
        billing.slice(price, over=whole, during=part, since=days.start)
        for whole, part in billing.periods(days)
    ]
    assert total(shares, price.currency) == billing.total(price, days)
    assert all(one.amount >= 0 for one in shares)
    if price_months == billing.every.months:
        assert shares == [
            replace(billing, price_months=0).slice(price, over=whole, during=part, since=days.start)
            for whole, part in billing.periods(days)
        ]


@given(billings(), st.floats(0, 0.999))
def test_what_was_used_and_what_is_credited_make_up_the_charge(given, share):
    # A11: charge and credit are the original amount, in every currency, under every policy.
    billing, price, days = given
    whole, billed = billing.periods(days)[0]
    at = billed.start + timedelta(days=int(billed.days * share))
    charged = billing.slice(price, over=whole, during=billed, since=days.start)
    credit = billing.unused(price, over=whole, during=billed, since=days.start, at=at)
    if billing.policy.credit is Credit.CHARGED_FIRST or at == billed.start:
        used = Money.zero(price.currency)
        if at > billed.start:
            used = billing.slice(
                price, over=whole, during=Period(billed.start, at), since=days.start
            )
        assert used + credit == charged
    assert credit.amount >= 0


@given(billings())
def test_a_receipt_tells_the_amount_of_its_slice(given):
    billing, price, days = given
    whole, part = billing.periods(days)[-1]
    receipt = billing.receipt(price, over=whole, during=part, since=days.start)
    assert receipt.amount == billing.slice(price, over=whole, during=part, since=days.start)
    assert (receipt.period, receipt.words() != "") == (part, True)


@pytest.mark.parametrize("credit", list(Credit))
@pytest.mark.parametrize(
    ("old", "new", "at", "back", "due"),
    [
        ("10", "20", date(2026, 4, 16), "5", "10"),  # Stripe, “Prorations”: half way
        ("60", "30", date(2012, 4, 21), "20", "10"),  # Chargebee, “Proration”
    ],
)
def test_a_change_within_a_paid_month(credit, old, new, at, back, due):
    april = month_of(at)
    billing = Billing(MONTHLY, april.start, ProrationPolicy(credit=credit))
    rest = Period(at, april.end)
    given_back = billing.unused(usd(old), over=april, during=april, since=april.start, at=at)
    assert given_back == usd(back)
    assert billing.slice(usd(new), over=april, during=rest, since=at) == usd(due)


@pytest.mark.parametrize(
    ("credit", "back"), [(Credit.CHARGED_FIRST, "5.33"), (Credit.REMAINING_SHARE, "5.67")]
)
def test_the_two_ways_to_credit_differ_by_a_rounding(credit, back):
    march = month_of(date(2026, 3, 1))
    billing = Billing(MONTHLY, march.start, ProrationPolicy(Basis.DAYS_30, credit=credit))
    given_back = billing.unused(
        usd("10"), over=march, during=march, since=march.start, at=date(2026, 3, 15)
    )
    assert given_back == usd(back)


def test_a_year_from_the_last_of_february_ends_with_the_next_one():
    policy = ProrationPolicy(month_end=MonthEnd.LAST_OF_FEBRUARY)
    billing = Billing(Cadence(months=12), date(2027, 2, 28), policy)
    year = Period(date(2027, 2, 28), date(2028, 2, 29))
    assert billing.periods(year) == ((year, year),)
    assert billing.is_whole(year, year)


@pytest.mark.parametrize(
    ("policy", "anchor"),
    [
        (ProrationPolicy(), date(2027, 5, 20)),
        (ProrationPolicy(anchor=Anchor.CALENDAR), date(2027, 1, 1)),
        (ProrationPolicy(anchor=Anchor.DAY_OF_PERIOD, day=1, month=9), date(2026, 9, 1)),
        (ProrationPolicy(anchor=Anchor.END_OF_PERIOD), date(2026, 12, 31)),
    ],
)
def test_periods_are_counted_from_the_start_of_the_policys_year(policy, anchor):
    assert billing_anchor(policy, starts_on=date(2027, 5, 20)) == anchor


def test_a_stored_policy_whose_anchor_is_known_starts_where_that_is():
    stored = {"anchor": "day_of_period", "day": 5, "partial": "none"}
    assert settled_policy(stored) == ProrationPolicy(partial=Partial.NONE)
