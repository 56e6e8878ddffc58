"""Tiers as people type them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from q2c.kernel.errors import Refused
from q2c.kernel.rating import Tier
from quotes.rules.tiers import stored, tiers_from_text, tiers_to_text


@pytest.mark.parametrize(
    "text",
    [
        "25: 14\nmore: 9.50",
        "10: fee 50\nmore: 2 + 300",
        "100: 0\n50: fee 5",
        "more: 1",
        "1000: 1 per 100\nmore: 0.80 per 100 + 5",
    ],
)
def test_what_is_typed_is_written_the_same_way(text):
    assert tiers_to_text(tiers_from_text(text)) == text


def test_rows_may_name_their_start():
    typed = tiers_from_text("26 - 100: 12 + fee 5\n1-25: 14,5\n101-more: 9")
    assert tiers_to_text(typed) == "25: 14.5\n100: 12 + 5\nmore: 9"


def test_a_bound_is_read_as_the_price_list_writes_it():
    assert tiers_to_text(tiers_from_text("1,000: 0.045\nmore: 0,029")) == "1000: 0.045\nmore: 0.029"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ten: 5", "“ten: 5” is no tier"),
        ("1-25: 14\n20-more: 9", "rows 1–25 and 20 and more overlap"),
        ("1-25: 14\n30-more: 9", "gap"),
        ("1-25: 14\nmore: 9", "every tier or of none"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(text, words):
    with pytest.raises(Refused, match=words):
        tiers_from_text(text)


numbers = st.decimals(0, 1_000_000, places=4)


SIZES = st.just(Decimal(1)) | st.decimals("0.5", 1000, places=1)


@given(st.lists(st.builds(Tier, st.none() | numbers, numbers, numbers, SIZES), max_size=6))
def test_any_tiers_come_back_as_they_were(tiers):
    rows = [stored(tier) for tier in tiers]
    read = tiers_from_text(tiers_to_text(rows))
    as_numbers = [
        [
            row["up_to"],
            Decimal(row["unit_price"]),
            Decimal(row["flat_fee"]),
            Decimal(row.get("per", 1)),
        ]
        for row in read
    ]
    assert as_numbers == [
        [row["up_to"], tier.unit_price, tier.flat_fee, tier.per]
        for row, tier in zip(rows, tiers, strict=True)
    ]
