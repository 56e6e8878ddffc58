"""What a deal is worth: the figures that stand over the lines."""

from decimal import Decimal

import pytest

from q2c.kernel.money import Money
from quotes.rules.figures import KeyFigures


def euros(amount):
    return Money(Decimal(amount), "EUR")


@pytest.mark.parametrize(
    ("months", "contract", "acv"),
    [(24, "2838", "1200.00"), (39, "4338", "1200.00"), (6, "1038", "600.00")],
)
def test_a_years_value_leaves_out_what_is_paid_once(months, contract, acv):
    figures = KeyFigures.of(
        monthly=euros(100), contract=euros(contract), one_time=euros(438), term_months=months
    )
    assert (figures.arr, figures.acv) == (euros(1200), euros(acv))
    assert (figures.tcv, figures.one_time) == (euros(contract), euros(438))
