"""Which rules apply to which lines of a quote, and why the others do not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from typing import Any

from q2c.kernel.discounts import Basis, Discount, DiscountKind, Mode
from q2c.kernel.money import Money, minor_digits
from q2c.kernel.rating import plain
from quotes.rules.conditions import OF_LINE, Condition, DealFacts, Field, LineFacts, Operator
from quotes.rules.giving import band_percent, free_units
from quotes.rules.plans import Candidate, Plan, Verdict
from quotes.rules.price_rules import Break, Combination, Effect, Measure, PriceRule, RuleSet
from quotes.rules.stacking import combined

_ZERO, _HUNDRED = Decimal(0), Decimal(100)
_KINDS = {
    Effect.PERCENT: DiscountKind.PERCENT,
    Effect.BREAKS: DiscountKind.PERCENT,
    Effect.AMOUNT: DiscountKind.AMOUNT,
    Effect.PRICE: DiscountKind.PRICE,
    Effect.MARKUP: DiscountKind.MARKUP,
    Effect.UPLIFT: DiscountKind.UPLIFT,
    Effect.ROUND: DiscountKind.ROUND,
    Effect.FREE: DiscountKind.PERCENT,
}


def plans(candidates: Sequence[Candidate | None], rule_set: RuleSet) -> list[Plan]:
    """Evaluate every rule for every line; None takes no rules."""
    found = [Plan(floor=c.floor if c else None) for c in candidates]
    deal = rule_set.deal
    if deal is None or not rule_set.rules:
        return found
    rows = [
        _Row(candidate, _facts(candidate, rule_set), plan)
        for candidate, plan in zip(candidates, found, strict=True)
        if candidate
    ]
    for rule in sorted(rule_set.rules, key=lambda rule: rule.rank):
        if dead := _dead(rule, deal, rule_set):
            for row in rows:
                row.plan.verdicts.append(dead)
        else:
            _offer(rule, rows, deal, rule_set.bought.get(rule.id, {}))
    for row in rows:
        if row.offers:
            row.plan.discounts = combined(row.offers, row.candidate, row.plan)
    return found


@dataclass(slots=True)
class _Row:
    candidate: Candidate
    facts: LineFacts
    plan: Plan
    offers: list[tuple[PriceRule, Discount]] = field(default_factory=list)


def _offer(
    rule: PriceRule, rows: Sequence[_Row], deal: DealFacts, bought: Mapping[int, Decimal]
) -> None:
    """Offer a rule to the lines that fulfil its conditions."""
    matching = _matching(rule, rows, deal)
    across = _across(rule, [row.candidate for row in matching])
    if across is not None:
        across += sum(
            (bought.get(p, _ZERO) for p in {r.candidate.product_id for r in matching}), _ZERO
        )
    if rule.bought:
        others = [row.candidate for row in rows if row.facts.product in rule.bought]
        across = _together(others)
    for row in matching:
        together = across
        if together is None and (before := bought.get(row.candidate.product_id)):
            together = row.candidate.quantity + before
        if discount := _discount(rule, row.candidate, row.plan, together):
            row.offers.append((rule, discount))


def _facts(candidate: Candidate, rule_set: RuleSet) -> LineFacts:
    sku, category = rule_set.products.get(candidate.product_id, ("", ""))
    return LineFacts(sku, category, candidate.quantity, candidate.list_total, candidate.charge_kind)


def _dead(rule: PriceRule, deal: DealFacts, rule_set: RuleSet) -> Verdict | None:
    """Return why a rule applies to no line of the quote."""
    if reason := _untimely(rule, deal):
        return Verdict(rule, reason)
    if rule.has_amounts and rule.currency != deal.currency:
        return Verdict(rule, f"its amounts are in {rule.currency}; the quote is in {deal.currency}")
    if rule.coupon and rule.coupon != deal.coupon.upper():
        return Verdict(rule, f"needs the coupon {rule.coupon}")
    if rule.id in rule_set.spent:
        return Verdict(rule, rule_set.spent[rule.id])
    for condition in () if rule.match_any else rule.conditions:
        if condition.field not in OF_LINE:
            actual = condition.actual(None, deal)
            if not condition.holds(actual):
                return Verdict(rule, condition=condition, actual=actual)
    return None


def _untimely(rule: PriceRule, deal: DealFacts) -> str:
    if rule.starts_on and deal.date < rule.starts_on:
        return f"begins on {rule.starts_on:%d %b %Y}; prices are of {deal.date:%d %b %Y}"
    if rule.ends_on and deal.date >= rule.ends_on:
        return f"ended before {rule.ends_on:%d %b %Y}; prices are of {deal.date:%d %b %Y}"
    return ""


def _matching(rule: PriceRule, rows: Sequence[_Row], deal: DealFacts) -> list[_Row]:
    """Return the lines that fulfil the conditions; the others are told why not."""
    matching = []
    conditions = tuple(c for c in rule.conditions if rule.match_any or c.field in OF_LINE)
    for row in rows:
        if rule.match_any and conditions:
            verdict = _none_of(rule, row.facts, deal)
        else:
            verdict = _not_all_of(rule, conditions, row.facts)
        if verdict is None:
            matching.append(row)
        else:
            row.plan.verdicts.append(verdict)
    return matching


def _none_of(rule: PriceRule, line: LineFacts, deal: DealFacts) -> Verdict | None:
    if any(condition.holds(condition.actual(line, deal)) for condition in rule.conditions):
        return None
    reasons = (c.why_not(c.actual(line, deal)) for c in rule.conditions)
    return Verdict(rule, ", or ".join(reasons))


def _not_all_of(
    rule: PriceRule, conditions: Sequence[Condition], line: LineFacts
) -> Verdict | None:
    failing = [c for c in conditions if not c.holds(getattr(line, c.field.value))]
    if not failing:
        return None
    first = failing[0]
    actual = getattr(line, first.field.value)
    verdict = Verdict(rule, condition=first, actual=actual)
    is_near = len(failing) == 1 and first.operator is Operator.AT_LEAST
    if is_near and first.field is Field.QUANTITY and rule.effect not in _NO_GAIN:
        verdict.hint = _more(first.limit - actual, rule)
    return verdict


def _more(missing: Decimal, rule: PriceRule, percent: Decimal | None = None) -> str:
    gain = f"save {plain(percent or rule.value)} %"
    if rule.effect is Effect.AMOUNT:
        gain = f"save {plain(rule.value)} {rule.currency} a period"
    elif rule.effect is Effect.PRICE:
        gain = f"pay {plain(rule.value)} {rule.currency} each"
    elif rule.effect is Effect.MARKUP:
        gain = "get the better price"
    elif rule.effect is Effect.FREE:
        gain = f"get {plain(rule.value)} free"
    elif rule.effect is Effect.BREAKS and percent is None:
        gain = f"save {plain(rule.breaks[0].percent)} %"
    return f"buy {plain(missing)} more to {gain}"


def _across(rule: PriceRule, matching: Sequence[Candidate]) -> Decimal | None:
    """Return what all lines that count have together; of units that of the busiest day."""
    if not rule.is_across:
        return None
    if rule.measure is Measure.AMOUNT:
        return sum((c.list_total for c in matching if c.is_counted), _ZERO)
    return _together(matching)


def _together(candidates: Sequence[Candidate]) -> Decimal:
    """Return how many units lines that count have on their busiest day."""
    counted = [c for c in candidates if c.is_counted]
    steps: dict[Any, Decimal] = {}
    for candidate in counted:
        start, end = candidate.days.start, candidate.days.end
        steps[start] = steps.get(start, _ZERO) + candidate.quantity
        steps[end] = steps.get(end, _ZERO) - candidate.quantity
    most = running = _ZERO
    for day in sorted(steps):
        running += steps[day]
        most = max(most, running)
    return most


def _discount(
    rule: PriceRule, candidate: Candidate, plan: Plan, across: Decimal | None
) -> Discount | None:
    """Return what a rule whose conditions hold gives a line, or note why it gives nothing."""
    if rule.effect is Effect.MARGIN:
        _guard(rule, candidate, plan)
        return None
    if reason := _unfit(rule, candidate):
        plan.verdicts.append(Verdict(rule, reason))
        return None
    value, most, words = rule.value, rule.most_units, ""
    if rule.effect is Effect.BREAKS:
        reached = _reached(rule, candidate, plan, across)
        if reached is None:
            return None
        value = reached.percent
        if rule.is_graduated:
            has = candidate.quantity if rule.measure is Measure.QUANTITY else candidate.list_total
            value = band_percent(rule.breaks, has, measure=rule.measure)
            words = f"{rule.name} {plain(round(value, 4))} % over its bands"
    elif rule.effect is Effect.FREE:
        most = _free(rule, candidate, plan, across)
        if not most:
            return None
        value, words = _HUNDRED, f"{rule.name} {plain(most)} free"
    return Discount(
        id=rule.id,
        label=rule.name,
        kind=_KINDS[rule.effect],
        value=value,
        stage=rule.stage,
        mode=Mode.SUM if rule.combination is Combination.SUM else Mode.SEQUENTIAL,
        order=-rule.priority,
        basis=Basis.LIST if rule.of_list else Basis.REMAINDER,
        most=most,
        extra=rule.extra,
        towards=rule.towards,
        words=words,
    )


def _free(
    rule: PriceRule, candidate: Candidate, plan: Plan, bought: Decimal | None
) -> Decimal | None:
    """Return how many units are free, or note how many more it takes."""
    free = free_units(rule, candidate.quantity, bought=bought if rule.bought else None)
    if free:
        return free
    least, value = rule.per_units or _ZERO, plain(rule.value)
    if rule.bought:
        skus, has = " or ".join(rule.bought), bought or _ZERO
        reason = f"needs {plain(least)} of {skus}; the quote has {plain(has)}"
        hint = f"buy {plain(least - has)} more of {skus} to get {value} free"
    else:
        has, missing = candidate.quantity, least + 1 - candidate.quantity
        reason = f"needs more than {plain(least)}; this line has {plain(has)}"
        hint = f"take {plain(missing)} more to get {value} free"
    plan.verdicts.append(Verdict(rule, reason, hint))
    return None


_PRICES = frozenset({Effect.PRICE, Effect.MARKUP, Effect.ROUND, Effect.UPLIFT})
_NOT_OF_USAGE = frozenset({Effect.AMOUNT, Effect.UPLIFT, Effect.ROUND, Effect.FREE})
_NO_GAIN = frozenset({Effect.MARGIN, Effect.UPLIFT, Effect.ROUND})


def _unfit(rule: PriceRule, candidate: Candidate) -> str:
    if rule.effect in _PRICES and not candidate.may_have_price:
        return "the price of this line was agreed by hand, or has bands"
    if rule.effect is Effect.MARKUP and candidate.cost is None:
        return "the cost of this line is not known in the quote's currency"
    has_limit = rule.cap is not None or rule.most_units is not None or rule.is_graduated
    if candidate.is_usage and (rule.effect in _NOT_OF_USAGE or has_limit):
        return "usage takes percentages and unit prices only"
    return ""


def _guard(rule: PriceRule, candidate: Candidate, plan: Plan) -> None:
    """Raise the floor to where the margin is kept, or note which margin stops the quote."""
    if candidate.cost is None:
        plan.verdicts.append(
            Verdict(rule, "the cost of this line is not known in the quote's currency")
        )
    elif candidate.is_given:  # with a guard that stops, too: what is free has no margin of its own
        if plan.kept_margin is None or plan.kept_margin.value < rule.value:
            plan.kept_margin = rule
    elif rule.blocks:
        if plan.margin_rule is None or plan.margin_rule.value < rule.value:
            plan.margin_rule = rule
    else:
        cost, currency = candidate.cost.amount, candidate.cost.currency
        least = cost * _HUNDRED / (_HUNDRED - rule.value)
        quantum = Decimal(1).scaleb(-minor_digits(currency))
        floor = Money(least.quantize(quantum, rounding=ROUND_CEILING), currency)
        if plan.floor is None or plan.floor < floor:
            plan.floor = floor
            plan.floor_words = f"“{rule.name}”: a margin of {plain(rule.value)} % is kept"


def _reached(
    rule: PriceRule, candidate: Candidate, plan: Plan, across: Decimal | None
) -> Break | None:
    """Return the highest break that is reached; note how far the next one is."""
    is_units = rule.measure is Measure.QUANTITY
    here = candidate.quantity if is_units else candidate.list_total
    has = here if across is None else across
    reached = next((row for row in reversed(rule.breaks) if has >= row.least), None)
    further = next((row for row in rule.breaks if has < row.least), None)
    hint = ""
    if further and is_units:
        hint = _more(further.least - has, rule, further.percent)
        if rule.is_across:
            hint += ", on any line that counts for it"
    if reached:
        if hint:
            plan.hints.append((rule, hint))
        return reached
    assert further is not None, "a rule has breaks"
    unit = "" if is_units else f" {rule.currency}"
    who = "this line has" if across is None else "such lines have together"
    if rule.counts_bought:
        who = f"with what was bought before {'it is' if not rule.is_across else 'they are'}"
    reason = f"needs {plain(further.least)}{unit} or more; {who} {plain(has)}{unit}"
    plan.verdicts.append(Verdict(rule, reason, hint))
    return None
