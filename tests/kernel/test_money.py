from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from q2c.kernel.errors import Refused
from q2c.kernel.money import Money, Rate, minor_digits, total

CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])
UNITS = st.integers(-(10**12), 10**12)


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


@pytest.mark.parametrize(("currency", "digits"), [("JPY", 0), ("EUR", 2), ("KWD", 3)])
def test_each_currency_has_its_own_minor_unit(currency, digits):
    assert minor_digits(currency) == digits


def test_an_unknown_currency_is_refused():
    with pytest.raises(Refused, match="not a currency code"):
        Money(Decimal(1), "XXQ")


def test_amounts_round_half_up_away_from_zero():
    assert Money.rounded(Decimal("365.125"), "EUR") == eur("365.13")
    assert Money.rounded(Decimal("-1446.375"), "EUR") == eur("-1446.38")


def test_money_finer_than_the_minor_unit_is_a_bug():
    with pytest.raises(ValueError, match="finer"):
        Money(Decimal("0.5"), "JPY")


def test_money_never_comes_from_a_float():
    with pytest.raises(TypeError):
        Money(0.1, "EUR")


def test_currencies_do_not_mix():
    with pytest.raises(Refused, match="cannot be mixed"):
        eur("1") + Money(Decimal(1), "USD")


def test_a_sub_cent_rate_is_exact_until_multiplied():
    assert Rate(Decimal("0.0001"), "EUR").times(Decimal(1_234_567)) == eur("123.46")


def test_a_hundred_in_three_parts_loses_nothing():
    assert eur("100").allocate([1, 1, 1]) == [eur("33.34"), eur("33.33"), eur("33.33")]


@given(UNITS, CURRENCIES, st.lists(st.integers(0, 1000), min_size=1, max_size=20))
def test_the_parts_of_a_split_always_sum_to_the_whole(units, currency, weights):
    whole = Money.from_minor(units, currency)
    if not sum(weights):
        weights = [*weights, 1]
    parts = whole.allocate(weights)
    assert total(parts, currency) == whole
    assert all(
        part.minor_units == 0 for part, weight in zip(parts, weights, strict=True) if not weight
    )


@given(UNITS, CURRENCIES)
def test_minor_units_survive_the_way_there_and_back(units, currency):
    assert Money.from_minor(units, currency).minor_units == units


def test_amounts_of_one_currency_compare_and_turn_round():
    assert -eur("5") < eur("0") <= eur("0") < eur("5") >= eur("5") > -eur("5")
    assert eur("33.33").times(Decimal("0.19")) == eur("6.33")


@pytest.mark.parametrize("weights", [[0, 0], [2, -1], []])
def test_a_split_by_no_weight_is_a_bug(weights):
    with pytest.raises(ValueError, match="weights must not be negative"):
        eur("1").allocate(weights)
