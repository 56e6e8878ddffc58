"""The bridge of an amendment adds up; its credits and charges come from the one engine."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from q2c.kernel.billing_time import Billing
from q2c.kernel.errors import Refused
from q2c.kernel.money import Money, minor_digits
from q2c.kernel.periods import Cadence, Period
from quotes.rules.amending import Coterm, ItemChange, Stretch, bridge, coterm_end, settle
from quotes.rules.renewing import RenewalBasis, RenewalMethod, Segment, check_uplift, uplifted

START, END = date(2027, 1, 1), date(2028, 1, 1)


def monthly(net, *, start, end=END, since=START, currency="EUR", months=1, in_advance=True):
    billing = Billing(Cadence(months), START)
    return Stretch(Money(Decimal(net), currency), Period(start, end), since, billing, in_advance)


def a_change(old, new, *, quantity=None, price=None):
    return ItemChange("Support", old, new, quantity, price)


def test_chargebee_half_price_from_the_21st_gives_back_20_and_charges_10():
    april, may = date(2012, 4, 1), date(2012, 5, 1)
    at = date(2012, 4, 21)
    billing = Billing(Cadence(1), april)
    old = Stretch(Money(Decimal(60), "EUR"), Period(at, date(2012, 7, 1)), april, billing)
    new = Stretch(Money(Decimal(30), "EUR"), Period(at, date(2012, 7, 1)), at, billing)
    found = settle(a_change(old, new), by=at, currency="EUR")
    assert (found.credit.amount, found.charge.amount, found.net.amount) == (20, 10, -10)
    assert "10 of 30 days × 60.00" in found.credit_receipt
    assert [one.due_on for one in new.dated()][1] == may
    assert new.dated()[1].net.amount == 30


def test_a_price_alone_is_a_pure_price_effect():
    at = date(2027, 3, 11)
    old, new = monthly(100, start=at), monthly(120, start=at, since=at)
    steps = {"quantity": old, "price": new}
    found = bridge([a_change(old, new, **steps)], [], on=at, by=at, currency="EUR")
    assert (found.arr.price.amount, found.arr.change.amount) == (240, 240)
    for figure in (found.arr, found.tcv, found.cash, found.next_invoice):
        assert figure.price == figure.change
        assert not any((figure.quantity, figure.term, figure.mix))
    assert found.next_invoice.change.amount == Decimal("13.55")  # 21 of 31 days of 20
    assert found.tcv.change.amount == Decimal("193.55")


def test_quantity_price_and_term_are_told_apart_and_what_is_new_or_gone_is_mix():
    at = date(2027, 7, 1)
    later = date(2028, 7, 1)
    changed = a_change(
        monthly(100, start=at),
        monthly(180, start=at, since=at, end=later),
        quantity=monthly(150, start=at),
        price=monthly(180, start=at),
    )
    gone = a_change(monthly(10, start=at), None)
    new = a_change(None, monthly(25, start=at, since=at))
    kept = [monthly(40, start=at)]
    found = bridge([changed, gone, new], kept, on=at, by=at, currency="EUR")
    arr = found.arr
    assert (arr.before.amount, arr.after.amount) == (1800, 2940)
    assert [m.amount for m in (arr.quantity, arr.price, arr.term, arr.mix)] == [600, 360, 0, 180]
    tcv = found.tcv
    assert [m.amount for m in (tcv.quantity, tcv.price, tcv.term, tcv.mix)] == [300, 180, 1080, 90]
    assert found.next_invoice.before.amount == 110  # what is kept is not the amendment's


@given(
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
    nets=st.lists(st.integers(0, 10**6), min_size=4, max_size=4),
    day=st.dates(date(2027, 1, 1), date(2027, 12, 31)),
    months=st.sampled_from([1, 3, 12]),
    in_advance=st.booleans(),
)
def test_effects_always_add_up_to_the_change(currency, nets, day, months, in_advance):
    unit = Decimal(1).scaleb(-minor_digits(currency))
    old, many, priced, new = (
        monthly(net * unit, start=day, currency=currency, months=months, in_advance=in_advance)
        for net in nets
    )
    swap = [a_change(old, None), a_change(None, many)]
    change = a_change(old, new, quantity=many, price=priced)
    found = bridge([change, *swap], [priced], on=day, by=day, currency=currency)
    for figure in (found.arr, found.tcv, found.cash, found.next_invoice):
        effects = figure.quantity + figure.price + figure.term + figure.mix
        assert effects == figure.change == figure.after - figure.before


@given(day=st.dates(date(2027, 1, 2), date(2027, 12, 30)), cents=st.integers(1, 10**6))
def test_used_days_and_credit_are_what_the_period_cost(day, cents):
    billing, price = Billing(Cadence(3), START), Money(Decimal(cents) / 100, "EUR")
    whole, _ = billing.periods(Period(day, END))[0]
    gone = a_change(Stretch(price, Period(day, END), START, billing), None)
    credit = settle(gone, by=day, currency="EUR").credit
    if whole.start < day:
        used = billing.slice(price, over=whole, during=Period(whole.start, day), since=START)
        assert used + credit == price
        assert gone.before.first_part().amount == credit


@pytest.mark.parametrize(
    ("choice", "end"),
    [
        (Coterm.CONTRACT_END, END),
        (Coterm.EARLIEST_END, date(2027, 9, 1)),
        (Coterm.OWN, date(2028, 5, 16)),
    ],
)
def test_what_is_added_ends_with_the_contract_with_what_ends_first_or_by_itself(choice, end):
    day, ends = date(2027, 5, 16), [date(2027, 3, 1), date(2027, 9, 1)]
    found = coterm_end(choice, starts_on=day, contract_end=END, ends=ends, months=12)
    assert found == end


def test_a_term_of_its_own_must_be_one():
    with pytest.raises(Refused, match="1 to 120 months"):
        coterm_end(Coterm.OWN, starts_on=START, contract_end=END, ends=[], months=0)


# ServiceNow's ramp: 240, then 230, then 220 for a year each (W9)
RAMP = [
    Segment(Decimal(240), date(2024, 1, 1), date(2025, 1, 1)),
    Segment(Decimal(230), date(2025, 1, 1), date(2026, 1, 1)),
    Segment(Decimal(220), date(2026, 1, 1), date(2027, 1, 1)),
]


@pytest.mark.parametrize(
    ("basis", "price"), [("last_segment", 242), ("first_segment", 312), ("highest", 312)]
)
def test_an_uplift_starts_from_the_last_segment_or_from_the_first_over_the_whole_ramp(basis, price):
    assert uplifted(RAMP, percent=Decimal(10), basis=RenewalBasis(basis)) == price


def test_eighteen_months_count_two_years():
    last = Segment(Decimal(220), date(2026, 1, 1), date(2027, 7, 1))
    assert uplifted([last], percent=Decimal(10), basis=RenewalBasis.LAST_SEGMENT) == 264


def test_an_uplift_belongs_to_its_method():
    with pytest.raises(Refused, match="Only the method"):
        check_uplift(RenewalMethod.SAME, Decimal(5))
    with pytest.raises(Refused, match="up to 100 per cent"):
        check_uplift(RenewalMethod.UPLIFT, Decimal(101))
