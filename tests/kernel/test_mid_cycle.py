from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from q2c.kernel.errors import Refused
from q2c.kernel.mid_cycle import change, unused
from q2c.kernel.money import Money
from q2c.kernel.periods import Cadence, Period, month_of, step
from q2c.kernel.proration import prorate
from q2c.kernel.proration_policy import Basis, Credit, Partial, ProrationPolicy

MONTHLY = Cadence(months=1)
BOTH = pytest.mark.parametrize("credit", list(Credit))


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


@BOTH
def test_stripe_an_upgrade_half_way(credit):
    # Stripe, “Prorations”: from 10 to 20 a month half way through, 5 back and 10 due.
    april = month_of(date(2026, 4, 1))
    policy = ProrationPolicy(credit=credit)
    found = change(
        usd("10"), usd("20"), at=date(2026, 4, 16), period=april, every=MONTHLY, policy=policy
    )
    assert (found.credit, found.charge, found.net) == (usd("5"), usd("10"), usd("5"))


@BOTH
def test_chargebee_a_downgrade_on_the_21st(credit):
    # Chargebee, “Proration”: 60 a month, to 30 on 21 April 2012; the May invoice is 20.
    april = month_of(date(2012, 4, 1))
    policy = ProrationPolicy(credit=credit)
    found = change(
        usd("60"), usd("30"), at=date(2012, 4, 21), period=april, every=MONTHLY, policy=policy
    )
    assert (found.credit, found.charge, found.net) == (usd("20"), usd("10"), usd("-10"))
    assert usd("30") + found.net == usd("20")


def test_the_two_ways_to_credit_differ_by_a_rounding():
    march = month_of(date(2026, 3, 1))
    ways = [
        unused(
            usd("10"),
            at=date(2026, 3, 15),
            period=march,
            every=MONTHLY,
            policy=ProrationPolicy(Basis.DAYS_30, credit=credit),
        )
        for credit in (Credit.CHARGED_FIRST, Credit.REMAINING_SHARE)
    ]
    assert [way.amount for way in ways] == [usd("5.33"), usd("5.67")]


@given(
    st.integers(1, 10**9),
    st.sampled_from(["EUR", "JPY", "KWD"]),
    st.dates(date(2015, 1, 1), date(2035, 1, 1)),
    st.sampled_from([Cadence(months=1), Cadence(months=12), Cadence(weeks=2)]),
    st.builds(
        ProrationPolicy,
        basis=st.sampled_from(Basis),
        month_first=st.booleans(),
        partial=st.sampled_from(Partial),
    ),
    st.floats(0, 0.999),
)
def test_a_cancelled_period_is_its_used_part_and_its_credit(
    units, currency, start, every, policy, share
):
    price = Money.from_minor(units, currency)
    period = step(start, months=every.months, weeks=every.weeks, number=0)
    at = start + timedelta(days=int(period.days * share))
    credit = unused(price, at=at, period=period, every=every, policy=policy).amount
    used = Money.zero(currency)
    if at > start:
        used = prorate(price, every=every, period=Period(start, at), policy=policy).amount
    assert used + credit == prorate(price, every=every, period=period, policy=policy).amount
    same = change(price, price, at=at, period=period, every=every, policy=policy)
    assert same.net == Money.zero(currency)


def test_a_change_outside_the_period_is_refused():
    april = month_of(date(2026, 4, 1))
    with pytest.raises(Refused, match="must lie in the period 2026-04-01 to 2026-04-30"):
        unused(usd("10"), at=date(2026, 5, 1), period=april, every=MONTHLY)
