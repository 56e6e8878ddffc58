from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from q2c.kernel.money import Money, total
from q2c.kernel.periods import Period, month_of
from q2c.kernel.proration import earned, earned_during, periods_between, price_between

CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])


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
    assert periods_between(date(2026, 1, 31), date(2027, 1, 31), months=1) == 12


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
