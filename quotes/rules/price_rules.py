"""Price rules: on which conditions they change a line's price, how, and beside which others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from itertools import pairwise
from typing import Any

from q2c.kernel.codes import checked_currency
from q2c.kernel.discounts import Towards
from q2c.kernel.errors import Refused
from q2c.kernel.rating import plain
from quotes.rules.conditions import Condition, DealFacts, Field

# The discounts that a rep gives are stages of the same waterfall.
LINE_STAGE, QUOTE_STAGE, LAST_STAGE = 50, 60, 99


class Effect(StrEnum):
    """What a rule does to a line's price for a billing period."""

    PERCENT = "percent"
    AMOUNT = "amount"  # off the line
    PRICE = "price"  # of a unit
    MARKUP = "markup"  # per cent on top of cost
    BREAKS = "breaks"  # per cent by quantity or amount
    UPLIFT = "uplift"  # per cent on top of the price
    ROUND = "round"  # the price of a unit to a multiple, such as 10, and `extra`
    FREE = "free"  # so many units for every `per_units`
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

    Breaks look at each line, or with `is_across` at all lines together that fulfil the conditions;
    the highest reached holds for all units, or with `is_graduated` each for those of its band.
    With `counts_bought` breaks count the units too that the customer bought before, within the days
    of the rule.
    `extra` is added to a rounded price, and the least that a markup adds to the cost of a unit.
    Units are free for every `per_units` of the line itself, or of lines of the products `bought`
    (SKUs); `most_units` are then the most that are.
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
    is_graduated: bool = False
    extra: Decimal = Decimal(0)
    towards: Towards = Towards.NEAREST
    per_units: Decimal | None = None
    bought: tuple[str, ...] = ()
    counts_bought: bool = False

    @property
    def rank(self) -> tuple[int, int, int]:
        return self.stage, -self.priority, self.id

    @property
    def has_amounts(self) -> bool:
        """Tell whether the rule names amounts, and so needs a currency."""
        return (
            self.effect in (Effect.AMOUNT, Effect.PRICE, Effect.ROUND)
            or bool(self.extra)
            or self.cap is not None
            or (self.effect is Effect.BREAKS and self.measure is Measure.AMOUNT)
            or any(condition.field is Field.LINE_TOTAL for condition in self.conditions)
        )


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules that a quote is priced with, and what they may know of it.

    `products` gives SKU and category by product id; `spent` says why coupons are used up, by rule;
    `bought` how many units of which product the customer bought before, for rules that count it.
    """

    rules: tuple[PriceRule, ...] = ()
    deal: DealFacts | None = None
    products: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    spent: Mapping[int, str] = field(default_factory=dict)
    bought: Mapping[int, Mapping[int, Decimal]] = field(default_factory=dict)


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
    _check_more(rule)
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
    if rule.effect not in (Effect.PERCENT, Effect.BREAKS, Effect.FREE) or rule.is_graduated:
        raise Refused("Only per cent off may cover the first units alone.", field="most_units")


def _check_more(rule: PriceRule) -> None:
    """Refuse what only some effects read, where it has no meaning or none was given."""
    if rule.is_graduated and (rule.effect is not Effect.BREAKS or rule.is_across):
        raise Refused(
            "Only breaks that look at each line may give each band its own per cent.",
            field="is_graduated",
        )
    is_counted = rule.effect is Effect.BREAKS and rule.measure is Measure.QUANTITY
    if rule.counts_bought and (not is_counted or rule.is_graduated):
        raise Refused(
            "Only breaks by quantity, the same for all units, count what was bought before.",
            field="counts_bought",
        )
    if rule.extra and rule.effect not in (Effect.ROUND, Effect.MARKUP):
        raise Refused("Only a rounded price and cost plus per cent take more.", field="extra")
    if rule.extra < 0 and (rule.effect is Effect.MARKUP or -rule.extra >= rule.value):
        raise Refused("That would take off more than the price is rounded to.", field="extra")
    if (rule.per_units is not None or rule.bought) and rule.effect is not Effect.FREE:
        raise Refused("Only free units are given for others that are bought.", field="per_units")
    if rule.effect is Effect.FREE and (rule.per_units is None or rule.per_units <= 0):
        raise Refused("Say for how many units bought some are free.", field="per_units")


def _check_value(rule: PriceRule) -> None:
    if rule.value < 0:
        raise Refused("A rule's value cannot be negative.", field="value")
    if rule.effect is Effect.PERCENT and not 0 < rule.value <= 100:
        raise Refused("Give more than 0 and at most 100 per cent.", field="value")
    if rule.effect is Effect.MARGIN and not 0 <= rule.value < 100:
        raise Refused("A margin is at least 0 and below 100 per cent.", field="value")
    if rule.effect in _WANT and not rule.value:
        raise Refused(_WANT[rule.effect], field="value")
    if rule.effect is Effect.UPLIFT and rule.value > 1000:
        raise Refused("Give at most 1,000 per cent.", field="value")


_WANT = {
    Effect.AMOUNT: "Give the amount that it takes off.",
    Effect.UPLIFT: "Give the per cent that come on top.",
    Effect.ROUND: "Give what prices are to be a multiple of, such as 10.",
    Effect.FREE: "Give how many units are free.",
}


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
