"""How price rules are written: what is refused, and how each is said in words."""

from datetime import date
from decimal import Decimal

import pytest

from q2c.kernel.discounts import Towards
from q2c.kernel.errors import Refused
from quotes.rules.conditions import read_conditions
from quotes.rules.price_rules import (
    Effect,
    check_rule,
)
from quotes.rules.rule_words import in_words
from tests.quotes.test_price_rules import BREAKS, rule


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (rule(101), "at most 100 per cent"),
        (rule(10, stage=0), "from 1 to 99"),
        (rule(10, effect=Effect.AMOUNT), "which currency"),
        (rule(10, cap=Decimal(0), currency="EUR"), "above 0"),
        (rule(100, effect=Effect.MARGIN), "below 100"),
        (rule(0, effect=Effect.BREAKS), "at least one break"),
        (rule(0, effect=Effect.BREAKS, breaks=BREAKS[::-1]), "must come after"),
        (rule(10, starts_on=date(2027, 1, 1), ends_on=date(2027, 1, 1)), "end after it starts"),
        (rule(10, effect=Effect.ROUND), "which currency"),
        (rule(0, effect=Effect.ROUND, currency="EUR"), "multiple of"),
        (rule(1, effect=Effect.ROUND, currency="EUR", extra=Decimal(-1)), "more than the price is"),
        (rule(10, extra=Decimal(1), currency="EUR"), "Only a rounded price"),
        (rule(1001, effect=Effect.UPLIFT), "at most 1,000"),
        (rule(1, effect=Effect.FREE), "for how many units"),
        (rule(0, effect=Effect.FREE, per_units=Decimal(2)), "how many units are free"),
        (rule(10, per_units=Decimal(2)), "Only free units"),
        (rule(10, is_graduated=True), "each band"),
        (rule(10, counts_bought=True), "count what was bought before"),
        (
            rule(0, effect=Effect.BREAKS, breaks=BREAKS, is_graduated=True, is_across=True),
            "each band",
        ),
    ],
)
def test_odd_rules_are_refused(wrong, words):
    with pytest.raises(Refused, match=words):
        check_rule(wrong)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"field": "moon", "operator": "is", "value": "x"}, "Condition 1 says nothing"),
        ({"field": "quantity", "operator": "is", "value": "6"}, "at least or at most"),
        ({"field": "quantity", "operator": "at_least", "value": "many"}, "needs a number"),
        ({"field": "date", "operator": "at_least", "value": "soon"}, "a day such as"),
        ({"field": "segment", "operator": "is", "value": []}, "to compare with"),
    ],
)
def test_odd_conditions_are_refused(row, words):
    with pytest.raises(Refused, match=words):
        read_conditions([row])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"effect": Effect.UPLIFT}, "2 % on top"),
        (
            {"effect": Effect.ROUND, "extra": Decimal("-0.01"), "towards": Towards.UP},
            "The price of a unit rounded to the next 2 EUR less 0.01",
        ),
        ({"effect": Effect.FREE, "per_units": Decimal(5)}, "2 free for every 5"),
        (
            {"effect": Effect.FREE, "per_units": Decimal(5), "bought": ("SEAT", "BOX")},
            "2 free for every 5 of SEAT or BOX",
        ),
        (
            {"effect": Effect.MARKUP, "extra": Decimal(5)},
            "Cost plus 2 %, at least 5 EUR a unit",
        ),
        (
            {"effect": Effect.BREAKS, "breaks": BREAKS, "is_graduated": True},
            "5 % from 10, 12 % from 50, each band its own",
        ),
        (
            {"effect": Effect.BREAKS, "breaks": BREAKS, "counts_bought": True},
            "5 % from 10, 12 % from 50, with what was bought before",
        ),
    ],
)
def test_every_rule_has_its_words(given, words):
    assert in_words(rule(2, currency="EUR", **given)).startswith(f"{words}, on every line, of what")


def test_a_rule_says_in_a_sentence_what_it_does():
    spring = rule(
        10, when=[("quantity", "at_least", "5"), ("segment", "is", ["small", "public"])],
        coupon="SPRING", cap=Decimal(500), currency="EUR", ends_on=date(2027, 4, 1),
    )  # fmt: skip
    assert in_words(spring) == (
        "10 % off, on lines with quantity 5 or more and customer segment small or public, but at "
        "most 500 EUR a line and period, with the coupon SPRING, until 31 Mar 2027, of what other "
        "rules leave."
    )
