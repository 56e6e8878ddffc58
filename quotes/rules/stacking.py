"""How the rules that apply to one line go together, stage by stage.

In a stage, rules that apply alone come before all others; of those that compete the best for the
customer applies; the rest go together. Ties go by priority, then by id, so every quote has one
answer, and what did not apply says why.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby

from q2c.kernel.discounts import Basis, Discount, DiscountKind, Line, Mode, Step, apply
from q2c.kernel.money import Money
from q2c.kernel.rating import plain
from quotes.rules.plans import Candidate, Plan, Verdict
from quotes.rules.price_rules import Combination, PriceRule

_ZERO, _HUNDRED = Decimal(0), Decimal(100)
_LEAST = Decimal("-999.9999")


def combined(
    offers: Sequence[tuple[PriceRule, Discount]], candidate: Candidate, plan: Plan
) -> list[Discount]:
    """Return what applies of the offers, which come stage by stage in their order."""
    chosen: list[Discount] = []
    line = Line(candidate.gross, candidate.units, candidate.cost)
    for _, group in groupby(offers, key=lambda offer: offer[0].stage):
        for rule, discount in _of_stage(list(group), chosen, line, plan):
            chosen.append(_capped(rule, discount, chosen, line))
    return chosen


def taken(line: Line, discounts: Sequence[Discount]) -> tuple[Money, tuple[Step, ...]]:
    """Take discounts off a line; what is negative takes none."""
    if not discounts or line.gross.amount <= 0:
        return line.gross, ()
    waterfall = apply(line, discounts)
    return waterfall.net, waterfall.steps


def combined_percent(discounts: Sequence[Discount]) -> Decimal:
    """Return the per cent that percentages take off together, in their stages; to four decimals."""
    left = _HUNDRED
    ordered = sorted(discounts, key=_order)
    for _, group in groupby(ordered, key=lambda d: (d.stage, d.mode, d.id if _alone(d) else 0)):
        off = _ZERO
        for discount in group:
            base = _HUNDRED if discount.basis is Basis.LIST else left
            off += base * discount.value / _HUNDRED
        left = max(left - off, _ZERO)
    return (_HUNDRED - left).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)


def combined_discount(first: Decimal, then: Decimal) -> Decimal:
    """Return the per cent that two discounts, one after the other, take off; to four decimals."""
    left = (_HUNDRED - first) * (_HUNDRED - then) / _HUNDRED
    return (_HUNDRED - left).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)


def share_off(gross: Money, net: Money) -> Decimal:
    """Return the per cent that was taken off, to four decimals.

    What rules put on counts less than none, as far as documents can hold it.
    """
    if not gross:
        return _ZERO
    share = (gross.amount - net.amount) * _HUNDRED / gross.amount
    return max(share.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP), _LEAST)


def _alone(discount: Discount) -> bool:
    return discount.mode is not Mode.SUM


def _order(discount: Discount) -> tuple[int, bool, int, int]:
    return discount.stage or 0, _alone(discount), discount.order, discount.id


def _of_stage(
    offers: list[tuple[PriceRule, Discount]],
    before: Sequence[Discount],
    line: Line,
    plan: Plan,
) -> list[tuple[PriceRule, Discount]]:
    if len(offers) == 1:
        return offers
    alone = [offer for offer in offers if offer[0].combination is Combination.EXCLUSIVE]
    if alone:
        _drop_all_but(alone[0][0], offers, plan)
        return alone[:1]
    rivals = [offer for offer in offers if offer[0].combination is Combination.BEST_OF]
    if len(rivals) < 2:
        return offers
    lost = _losers(rivals, before, line, plan)
    return [offer for offer in offers if offer[0] not in lost]


def _drop_all_but(
    winner: PriceRule, offers: Sequence[tuple[PriceRule, Discount]], plan: Plan
) -> None:
    for rule, _ in offers:
        if rule is not winner:
            is_rival = rule.combination is Combination.EXCLUSIVE
            tie = f"; {_before(winner, rule)}" if is_rival else ""
            words = f"“{winner.name}” applies alone in stage {rule.stage}{tie}"
            plan.verdicts.append(Verdict(rule, words))


def _losers(
    rivals: Sequence[tuple[PriceRule, Discount]],
    before: Sequence[Discount],
    line: Line,
    plan: Plan,
) -> list[PriceRule]:
    """Return the rules that take less off than the best, which comes first among equals."""
    nets = [taken(line, [*before, _capped(*rival, before, line)])[0] for rival in rivals]
    best = min(range(len(rivals)), key=lambda place: (nets[place].amount, place))
    winner, lost = rivals[best][0], []
    for place, (rule, _) in enumerate(rivals):
        if place == best:
            continue
        words = f"“{winner.name}” takes more off"
        if nets[place] == nets[best]:
            words = f"“{winner.name}” takes as much off; {_before(winner, rule)}"
        plan.verdicts.append(Verdict(rule, words))
        lost.append(rule)
    return lost


def _before(first: PriceRule, then: PriceRule) -> str:
    if first.priority != then.priority:
        return f"its priority is higher, {first.priority} to {then.priority}"
    return f"both have the priority {first.priority}, it is the older rule"


def _capped(
    rule: PriceRule, discount: Discount, before: Sequence[Discount], line: Line
) -> Discount:
    if rule.cap is None:
        return discount
    _, steps = taken(line, [*before, discount])
    off = next((step.off.amount for step in steps if step.discount is discount), _ZERO)
    if off <= rule.cap:
        return discount
    return Discount(
        id=rule.id,
        label=f"{rule.name} (at most {plain(rule.cap)} {rule.currency})",
        kind=DiscountKind.AMOUNT,
        value=rule.cap,
        stage=discount.stage,
        mode=discount.mode,
        order=discount.order,
    )
