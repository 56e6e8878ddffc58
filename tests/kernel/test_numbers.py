"""Numbers as people type them are read as they were meant, or refused."""

from decimal import Decimal

import pytest

from q2c.kernel.errors import Refused
from q2c.kernel.numbers import read_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,000", "1000"),
        ("1,234,567", "1234567"),
        ("1,234.50", "1234.5"),
        ("1.234,50", "1234.5"),
        ("1.000.000", "1000000"),
        ("1’000", "1000"),
        ("1 000", "1000"),
        ("1.125", "1.125"),
        ("0,045", "0.045"),
        ("12,5", "12.5"),
        ("−3", "-3"),
        (".5", "0.5"),
    ],
)
def test_numbers_are_read_as_people_write_them(text, number):
    assert read_number(text) == Decimal(number)


@pytest.mark.parametrize(
    "text",
    ["", "many", "1,23,4", "1.2.3", "1,00.5", "1.000,50,2", "1e5", "NaN", "Infinity", "٣", "€4"],
)
def test_what_is_no_number_is_refused(text):
    with pytest.raises(Refused, match="is not a number"):
        read_number(text)


def test_where_points_group_one_point_before_three_digits_is_refused_and_a_comma_is_decimal():
    assert read_number("1,125", grouping=".") == Decimal("1.125")
    assert read_number("1.25", grouping=".") == Decimal("1.25")
    with pytest.raises(Refused, match=r"“1.000” may mean 1000 or 1,000; write one of them"):
        read_number("1.000", grouping=".")
