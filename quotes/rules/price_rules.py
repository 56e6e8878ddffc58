"""Price rules: on which conditions they change a line's price, how, and beside which others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from itertools import pairwise
from typing import Any

from q2c.kernel.codes import checked_currency
from q2c.kernel.errors import Refused
from q2c.kernel.rating import plain
from quotes.rules.conditions import LABELS, Condition, DealFacts, Field

# The discounts that a rep gives are stages of the same waterfall.
LINE_STAGE, QUOTE_STAGE, LAST_STAGE = 50, 60, 99


class Effect(StrEnum):
    """What a rule does to a line's price for a billing period."""

    PERCENT = "percent"
    AMOUNT = "amount"  # off the line
    PRICE = "price"  # of a unit
    MARKUP = "markup"  # per cent on top of cost
    BREAKS = "breaks"  # per cent by quantity or amount
    MARGIN = "margin"  # per cent that no discount goes below


class Combination(StrEnum):
    """Beside which other rules of its stage a rule applies."""

    SEQUENTIAL = "sequential"
    SUM = "sum"
    BEST_OF = "best_of"
    EXCLUSIVE = "exclusive"


class Measure(StrEnum):
    """What breaks go by: units, or the list total over the term."""

    QUANTITY = "quantity"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class Break:
    """From so many on, so many per cent."""

    least: Decimal
    percent: Decimal


@dataclass(frozen=True, slots=True)
class PriceRule:
    """A rule as data. Amounts are in its currency; of a stage the higher priority goes first.

    Breaks look at each line, or with `is_across` at all lines together that fulfil the conditions.
    `cap` is the most it takes off a line and billing period. A percentage may cover the first
    `most_units` of a line only, so that buying more never costs less. A margin that `blocks` stops the
    quote, another stops the discounts.
    """

    id: int
    name: str
    effect: Effect
    value: Decimal = Decimal(0)
    breaks: tuple[Break, ...] = ()
    measure: Measure = Measure.QUANTITY
    is_across: bool = False
    conditions: tuple[Condition, ...] = ()
    match_any: bool = False
    stage: int = 10
    combination: Combination = Combination.SEQUENTIAL
    priority: int = 0
    of_list: bool = False
    currency: str = ""
    cap: Decimal | None = None
    most_units: Decimal | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    coupon: str = ""
    blocks: bool = False

    @property
    def rank(self) -> tuple[int, int, int]:
        return self.stage, -self.priority, self.id

    @property
    def has_amounts(self) -> bool:
        """Tell whether the rule names amounts, and so needs a currency."""
        return (
            self.effect in (Effect.AMOUNT, Effect.PRICE)
            or self.cap is not None
            or (self.effect is Effect.BREAKS and self.measure is Measure.AMOUNT)
            or any(condition.field is Field.LINE_TOTAL for condition in self.conditions)
        )


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules that a quote is priced with, and what they may know of it.

    `products` gives SKU and category by product id; `spent` says why coupons are used up, by rule.
    """

    rules: tuple[PriceRule, ...] = ()
    deal: DealFacts | None = None
    products: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    spent: Mapping[int, str] = field(default_factory=dict)


NO_RULES = RuleSet()


def check_rule(rule: PriceRule) -> None:
    """Refuse a rule that makes no sense, naming the field at fault."""
    if not 1 <= len(rule.name.strip()) <= 100:
        raise Refused("Give the rule a name of 1 to 100 characters.", field="name")
    if not 1 <= rule.stage <= LAST_STAGE:
        raise Refused(f"A stage is a number from 1 to {LAST_STAGE}.", field="stage")
    if not -1000 <= rule.priority <= 1000:
        raise Refused("A priority lies between −1000 and 1000.", field="priority")
    if rule.starts_on and rule.ends_on and rule.ends_on <= rule.starts_on:
        raise Refused("The rule must end after it starts.", field="ends_on")
    _check_currency(rule)
    _check_units(rule)
    if rule.effect is Effect.BREAKS:
        _check_breaks(rule.breaks)
    else:
        _check_value(rule)


def _check_currency(rule: PriceRule) -> None:
    if rule.cap is not None and rule.cap <= 0:
        raise Refused("The most it takes off must be above 0.", field="cap")
    if rule.currency:
        checked_currency(rule.currency)
    elif rule.has_amounts:
        raise Refused("Say which currency its amounts are in.", field="currency")


def _check_units(rule: PriceRule) -> None:
    if rule.most_units is None:
        return
    if rule.most_units <= 0:
        raise Refused("The units that it covers must be above 0.", field="most_units")
    if rule.effect not in (Effect.PERCENT, Effect.BREAKS):
        raise Refused("Only per cent off may cover the first units alone.", field="most_units")


def _check_value(rule: PriceRule) -> None:
    if rule.value < 0:
        raise Refused("A rule's value cannot be negative.", field="value")
    if rule.effect is Effect.PERCENT and not 0 < rule.value <= 100:
        raise Refused("Give more than 0 and at most 100 per cent.", field="value")
    if rule.effect is Effect.MARGIN and not 0 <= rule.value < 100:
        raise Refused("A margin is at least 0 and below 100 per cent.", field="value")
    if rule.effect is Effect.AMOUNT and not rule.value:
        raise Refused("Give the amount that it takes off.", field="value")


def _check_breaks(breaks: Sequence[Break]) -> None:
    if not breaks:
        raise Refused("Give at least one break, such as 10: 5 %.", field="breaks")
    for row in breaks:
        if row.least < 0 or not 0 <= row.percent <= 100:
            raise Refused(
                f"The break from {plain(row.least)} gives {plain(row.percent)} %: give 0 to 100 % "
                "from a number that is not negative.",
                field="breaks",
            )
    for before, after in pairwise(breaks):
        if after.least <= before.least:
            raise Refused(
                f"The break from {plain(after.least)} must come after the one from "
                f"{plain(before.least)}, with a higher number.",
                field="breaks",
            )


def read_breaks(stored: Sequence[Mapping[str, Any]]) -> tuple[Break, ...]:
    """Read breaks as they are stored or sent."""
    try:
        return tuple(
            Break(Decimal(str(row["least"])), Decimal(str(row["percent"]))) for row in stored
        )
    except (InvalidOperation, KeyError, TypeError):
        raise Refused("A break needs two numbers, such as 10: 5 %.", field="breaks") from None


def stored_breaks(breaks: Sequence[Break]) -> list[dict[str, str]]:
    return [{"least": plain(row.least), "percent": plain(row.percent)} for row in breaks]


def in_words(rule: PriceRule) -> str:
    """Say in one sentence what a rule does."""
    when = _conditions(rule)
    parts = [_effect(rule), f"on lines {when}" if when else "on every line"]
    if rule.effect is Effect.MARGIN:
        parts = [f"{_effect(rule)} {parts[1]}"]
    if rule.most_units is not None:
        parts.append(f"on the first {plain(rule.most_units)} units")
    if rule.cap is not None:
        parts.append(f"but at most {plain(rule.cap)} {rule.currency} a line and period")
    if rule.coupon:
        parts.append(f"with the coupon {rule.coupon}")
    if rule.starts_on:
        parts.append(f"from {rule.starts_on:%d %b %Y}")
    if rule.ends_on:
        parts.append(f"until {rule.ends_on - timedelta(days=1):%d %b %Y}")
    if rule.effect is not Effect.MARGIN:
        parts.append(_COMBINED[rule.combination])
    return ", ".join(parts) + "."


_COMBINED = {
    Combination.SEQUENTIAL: "of what other rules leave",
    Combination.SUM: "added to the other summed rules of its stage",
    Combination.BEST_OF: "if no other such rule of its stage is better",
    Combination.EXCLUSIVE: "alone in its stage",
}


def _effect(rule: PriceRule) -> str:
    value = plain(rule.value)
    match rule.effect:
        case Effect.PERCENT:
            return f"{value} % off{' list' if rule.of_list else ''}"
        case Effect.AMOUNT:
            return f"{value} {rule.currency} off a line and period"
        case Effect.PRICE:
            return f"{value} {rule.currency} a unit and period"
        case Effect.MARKUP:
            return f"Cost plus {value} %"
        case Effect.MARGIN:
            verb = "Stops the quote" if rule.blocks else "Stops discounts"
            return f"{verb} below a margin of {value} %"
        case Effect.BREAKS:
            unit = f" {rule.currency}" if rule.measure is Measure.AMOUNT else ""
            rows = (f"{plain(b.percent)} % from {plain(b.least)}{unit}" for b in rule.breaks)
            return f"{', '.join(rows)}{' in all such lines together' if rule.is_across else ''}"


def _conditions(rule: PriceRule) -> str:
    words = [f"{LABELS[c.field]} {c.in_words()}" for c in rule.conditions]
    joined = (" or with " if rule.match_any else " and ").join(words)
    return f"with {joined}" if joined else ""
