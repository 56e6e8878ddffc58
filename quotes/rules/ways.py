"""The way of one line's price from list to net: the rules, the rep's discounts, the floor."""

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any

from q2c.kernel.discounts import Discount, DiscountKind, Line, Step
from q2c.kernel.money import Money
from q2c.kernel.rating import plain
from quotes.rules.plans import Plan
from quotes.rules.price_rules import LINE_STAGE, QUOTE_STAGE
from quotes.rules.stacking import combined_percent, share_off, taken

_ZERO, _HUNDRED = Decimal(0), Decimal(100)


@dataclass(frozen=True, slots=True)
class Offered:
    """A line's price for a billing period before discounts, for so many units, and its cost.

    `unit_cost` is that of a unit of use, exactly: it may be less than the currency's least amount.
    """

    gross: Money
    units: Decimal
    cost: Money | None
    is_usage: bool = False
    unit_cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """What took a price from `gross` to `net`, and what did not and why.

    `percent` is what was taken off in all; of usage, whose amount nobody knows yet, by percentages
    alone, after a `unit_price` that a rule may have given. `blocked` says why it may not be sold.
    """

    gross: Money
    net: Money
    percent: Decimal
    steps: tuple[Step, ...] = ()
    plan: Plan | None = None
    unit_price: Decimal | None = None
    blocked: str = ""

    def to_json(self, listed: Money) -> list[dict[str, Any]]:
        """Return the way as documents store it: steps, then what stopped, then what did not apply."""
        rows: list[dict[str, Any]] = []
        if listed != self.gross:
            rows.append(_agreed(listed, self.gross))
        rows += [_step(step) for step in self.steps]
        if self.plan is None:
            return rows
        if self.plan.floor_words:
            rows.append({"kind": "guard", "words": self.plan.floor_words})
        if self.blocked:
            rows.append({"kind": "blocked", "words": self.blocked})
        rows += [
            {"kind": "hint", "rule_id": rule.id, "name": rule.name, "words": words}
            for rule, words in self.plan.hints
        ]
        return rows + [
            {
                "kind": "not",
                "rule_id": verdict.rule.id,
                "name": verdict.rule.name,
                "words": verdict.words,
                "hint": verdict.hint,
            }
            for verdict in self.plan.verdicts
        ]


NO_WAY = Way(Money.zero("EUR"), Money.zero("EUR"), _ZERO)


def way_down(offered: Offered, plan: Plan, *, line_percent: Decimal, quote_percent: Decimal) -> Way:
    """Take the rules' discounts, the line's and the quote's off, each in its stage."""
    discounts = list(plan.discounts)
    if line_percent:
        discounts.append(_percent("Discount", line_percent, LINE_STAGE))
    if quote_percent:
        discounts.append(_percent("Discount on the whole", quote_percent, QUOTE_STAGE))
    line = Line(offered.gross, offered.units, offered.cost, plan.floor)
    net, steps = taken(line, discounts)
    if offered.is_usage:
        return _of_usage(offered, plan, discounts, net, steps)
    is_exact = plan.floor is None and all(
        d.kind is DiscountKind.PERCENT and d.most is None for d in discounts
    )
    percent = combined_percent(discounts) if is_exact else share_off(offered.gross, net)
    blocked = _blocked(plan, offered.cost, net)
    return Way(offered.gross, net, percent, steps, plan, blocked=blocked)


def _of_usage(
    offered: Offered, plan: Plan, discounts: list[Discount], net: Money, steps: tuple[Step, ...]
) -> Way:
    """Carry what is given on usage by a unit price and a percentage that every invoice rates by."""
    percent = combined_percent([d for d in discounts if d.kind is DiscountKind.PERCENT])
    unit_price = None
    for discount in discounts:
        if discount.kind is DiscountKind.PRICE:
            unit_price = discount.value
        elif discount.kind is DiscountKind.MARKUP and (unit_cost := offered.unit_cost):
            marked = unit_cost * (_HUNDRED + discount.value) / _HUNDRED
            unit_price = max(marked, unit_cost + discount.extra).quantize(_RATE)
    if plan.floor is not None and offered.gross and plan.floor.amount > 0:
        most = (
            max(offered.gross.amount - plan.floor.amount, _ZERO) * _HUNDRED / offered.gross.amount
        )
        percent = min(percent, most.quantize(_PERCENT, rounding=ROUND_DOWN))
    return Way(offered.gross, net, percent, steps, plan, unit_price=unit_price)


_RATE, _PERCENT = Decimal("0.00000001"), Decimal("0.0001")


def _blocked(plan: Plan, cost: Money | None, net: Money) -> str:
    rule = plan.margin_rule
    if rule is None or cost is None or not net:
        return ""
    margin = (net.amount - cost.amount) * _HUNDRED / net.amount
    if margin >= rule.value:
        return ""
    has = plain(margin.quantize(Decimal("0.1")))
    return f"“{rule.name}” wants a margin of {plain(rule.value)} %; this line has {has} %"


def _percent(label: str, percent: Decimal, stage: int) -> Discount:
    return Discount(id=0, label=label, kind=DiscountKind.PERCENT, value=percent, stage=stage)


def _agreed(listed: Money, agreed: Money) -> dict[str, Any]:
    return {
        "kind": "step",
        "stage": 0,
        "rule_id": None,
        "name": "Agreed price",
        "before": str(listed.amount),
        "off": str((listed - agreed).amount),
        "after": str(agreed.amount),
        "words": "a price agreed by hand stands in place of list",
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "kind": "step",
        "stage": step.discount.stage,
        "rule_id": step.discount.id or None,
        "name": step.discount.label,
        "before": str(step.before.amount),
        "off": str(step.off.amount),
        "after": str(step.after.amount),
        "words": step.words,
    }
