"""The limits of a percentage of other lines, as documents store them."""

from decimal import Decimal

import pytest

from q2c.kernel.errors import Refused
from q2c.kernel.percent import NO_LIMITS, Limits, read_limits, stored_limits


@pytest.mark.parametrize(
    "limits", [NO_LIMITS, Limits(Decimal(5), Decimal(90), frozenset({3, 1})), Limits(Decimal(5))]
)
def test_limits_are_stored_and_read(limits):
    assert read_limits(stored_limits(limits)) == limits


def test_limits_hold_and_are_told():
    limits = Limits(Decimal(50), Decimal(150))
    amounts = [limits.of(Decimal(base), Decimal(20)).amount for base in (100, 500, 1000)]
    assert amounts == [50, 100, 150]
    assert limits.in_words() == ["at least 50", "at most 150"]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{}, {}], "one row of limits"),
        ([{"flat_fee": "some"}], "are numbers"),
        ([{"flat_fee": "-1"}], "cannot be negative"),
        ([{"flat_fee": "5", "up_to": "4"}], "The most it costs, 4, is below the least, 5"),
    ],
)
def test_limits_that_make_no_sense_are_refused(rows, words):
    with pytest.raises(Refused, match=words):
        read_limits(rows)
