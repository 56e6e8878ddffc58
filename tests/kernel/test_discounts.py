"""How discounts go together: published examples to the cent, and what always holds."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from q2c.kernel.discounts import (
    Basis,
    Discount,
    DiscountKind,
    Line,
    Mode,
    apply,
)
from q2c.kernel.errors import Refused
from q2c.kernel.money import Money


def money(amount, currency="EUR") -> Money:
    return Money(Decimal(amount), currency)


def percent(value, **given) -> Discount:
    values = {"id": int(value), "label": "Discount", "kind": DiscountKind.PERCENT, **given}
    return Discount(value=Decimal(value), **values)


def net(gross, *discounts, **given) -> Decimal:
    return apply(Line(money(gross)), discounts, **given).net.amount


def offs(gross, *discounts) -> list[Decimal]:
    return [step.off.amount for step in apply(Line(money(gross)), discounts).steps]


# Zuora, W5.


def test_stacked_percentages_are_summed_and_taken_once():
    stacked = [percent(value, mode=Mode.SUM) for value in (5, 10, 15)]
    assert net(100, *stacked) == 70
    assert offs(100, *stacked) == [5, 10, 15]


def test_percentages_in_turn_are_rounded_each_and_then_subtracted():
    in_turn = [percent(value) for value in (5, 10, 15)]
    assert net(100, *in_turn) == Decimal("72.67")
    assert offs(100, *in_turn) == [5, Decimal("9.50"), Decimal("12.83")]


def test_plan_subscription_and_account_discounts_come_one_after_another():
    levels = [percent(10, stage=1), percent(20, stage=2), percent(30, stage=3)]
    found = apply(Line(money(1000)), levels[::-1])
    assert [step.after.amount for step in found.steps] == [900, 720, 504]
    assert found.off.amount == 496


def test_of_a_class_the_stacked_come_first_and_those_without_a_class_last():
    unclassed = percent(50, stage=None)
    first = [
        percent(20, stage=1),
        percent(5, stage=1, mode=Mode.SUM),
        percent(15, stage=1, mode=Mode.SUM),
    ]
    second = percent(10, stage=2)
    found = apply(Line(money(100)), [unclassed, second, *first])
    assert [step.discount.value for step in found.steps] == [5, 15, 20, 10, 50]
    assert [step.after.amount for step in found.steps][1:] == [
        80,
        64,
        Decimal("57.60"),
        Decimal("28.80"),
    ]


# Salesforce CPQ, W6: 10,000 each.


def sold(*roles: tuple[int, Basis]) -> list[Decimal]:
    """The price after each role's percentage, in their order: each has a stage of its own."""
    discounts = [
        percent(value, id=stage, stage=stage, basis=basis)
        for stage, (value, basis) in enumerate(roles)
    ]
    return [step.after.amount for step in apply(Line(money(10_000)), discounts[::-1]).steps]


def left(value) -> tuple[int, Basis]:
    return value, Basis.REMAINDER


def test_the_additional_discount_may_come_last():
    system, additional, partner, distributor = map(left, (10, 10, 20, 30))
    path = sold(system, partner, distributor, additional)
    assert path == [9_000, 7_200, 5_040, 4_536]
    assert path[-1] * 10 == 45_360


def test_the_partners_discount_may_come_first():
    system, additional, partner, distributor = map(left, (10, 50, 20, 50))
    assert sold(partner, system, additional, distributor) == [8_000, 7_200, 3_600, 1_800]


def test_the_channels_discounts_may_be_taken_of_list():
    usual = map(left, (10, 10, 20, 30))
    assert sold(*usual) == [9_000, 8_100, 6_480, 4_536]
    of_list = [left(10), left(10), (20, Basis.LIST), (30, Basis.LIST)]
    assert sold(*of_list) == [9_000, 8_100, 6_100, 3_100]


# ERPNext and Liferay, W10; ERPNext #18006, W7.


def test_two_rules_add_up_or_compound():
    assert net(100, percent(20, mode=Mode.SUM), percent(10, mode=Mode.SUM)) == 70
    assert net(100, percent(20), percent(10)) == 72
    assert net(100, percent(10), percent(5)) == Decimal("85.50")
    assert net(100, percent(10, mode=Mode.SUM), percent(5, mode=Mode.SUM)) == 85


@pytest.mark.parametrize(
    ("quantity", "amount"), [(1, 100), (2, 100), (4, 200), (5, 250), (6, 350), (8, 550)]
)
def test_a_discount_for_two_to_five_units_leaves_the_others_at_list(quantity, amount):
    half = percent(50, least=Decimal(2), most=Decimal(5))
    line = Line(money(100 * quantity), quantity=Decimal(quantity))
    assert apply(line, [half]).net.amount == amount


# Other kinds, and where discounts stop.


def test_an_agreed_price_and_a_markup_stand_instead_of_list():
    line = Line(money(100), quantity=Decimal(4), cost=money(60))
    agreed = Discount(1, "Contract price", DiscountKind.PRICE, Decimal(20))
    markup = Discount(2, "Partner", DiscountKind.MARKUP, Decimal(25))
    assert apply(line, [percent(10), agreed]).net == money(72)
    assert apply(line, [markup]).net == money(75)
    raised = Discount(1, "Contract price", DiscountKind.PRICE, Decimal(30))
    assert apply(line, [raised]).steps[0].words == "Contract price 30 each: +20.00"


def test_no_price_falls_below_nothing_or_below_its_floor():
    coupon = Discount(1, "Coupon", DiscountKind.AMOUNT, Decimal(30))
    free = apply(Line(money(20)), [coupon])
    assert (free.net, free.steps[0].words) == (money(0), "Coupon: −20.00, no further than 0")
    kept = apply(Line(money(100), floor=money(80)), [coupon])
    assert (kept.net, kept.steps[0].words) == (
        money(80), "Coupon: −20.00, kept at the floor of 80.00 EUR",
    )  # fmt: skip
    assert apply(Line(money(100), floor=money(120)), [coupon]).net == money(100)


def test_a_tie_goes_by_order_and_then_by_id_and_never_fails():
    one, two = percent(10, id=2), percent(20, id=1)
    steps = apply(Line(money(100)), [one, two]).steps
    assert [step.discount.id for step in steps] == [1, 2]


@pytest.mark.parametrize(
    ("line", "discount", "words"),
    [
        (Line(money(1)), percent(101), "more than 100 per cent"),
        (Line(money(1)), percent(-1), "is negative"),
        (Line(money(-1)), percent(1), "takes no discount"),
        (Line(money(1)), Discount(1, "Partner", DiscountKind.MARKUP, Decimal(5)), "needs a cost"),
    ],
)
def test_discounts_that_cannot_be_are_refused_in_words(line, discount, words):
    with pytest.raises(Refused, match=words):
        apply(line, [discount])


@st.composite
def some_discount(draw, number):
    kind = draw(st.sampled_from([DiscountKind.PERCENT, DiscountKind.AMOUNT, DiscountKind.PRICE]))
    return Discount(
        number, "Discount", kind, draw(st.decimals(0, 100, places=2)),
        stage=draw(st.none() | st.integers(0, 2)), mode=draw(st.sampled_from(Mode)),
        order=draw(st.integers(0, 2)), basis=draw(st.sampled_from(Basis)),
        most=draw(st.none() | st.decimals(1, 5, places=0)),
    )  # fmt: skip


many = st.integers(0, 6).flatmap(lambda n: st.tuples(*(some_discount(i) for i in range(n))))


@given(
    st.sampled_from(["EUR", "JPY", "KWD"]), st.integers(0, 10**7), st.integers(1, 9), many,
    st.none() | st.integers(0, 10**7), st.randoms(),
)  # fmt: skip
def test_whatever_discounts_are_given(currency, units, quantity, discounts, floor, random):
    gross = Money.from_minor(units, currency)
    least = None if floor is None else Money.from_minor(floor, currency)
    line = Line(gross, quantity=Decimal(quantity), floor=least)
    found = apply(line, discounts)
    assert found.net.amount >= 0
    assert found.off == gross - found.net
    assert sum((step.off.amount for step in found.steps), Decimal(0)) == found.off.amount
    shuffled = list(discounts)
    random.shuffle(shuffled)
    assert apply(line, shuffled) == found


@given(st.integers(0, 10**7), st.lists(st.integers(0, 100), max_size=5))
def test_percentages_never_raise_a_price(units, values):
    gross = Money.from_minor(units, "EUR")
    discounts = [percent(value, id=number) for number, value in enumerate(values)]
    assert apply(Line(gross), discounts).net <= gross
