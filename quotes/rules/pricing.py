"""Price a whole quote from frozen values: every amount with the trace of how it came about."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import accumulate
from typing import Any

from q2c.kernel.errors import Refused
from q2c.kernel.money import Money, total
from q2c.kernel.periods import Period
from q2c.kernel.proration import per_month
from q2c.kernel.rating import ChargeKind, ChargeModel, Rated, plain, rate, standing_fee
from quotes.rules.limits import below_limits, floor_a_period
from quotes.rules.plans import Candidate, Plan
from quotes.rules.price_rules import NO_RULES, RuleSet
from quotes.rules.priced import PricedLine, Totals
from quotes.rules.schedule import first_invoice
from quotes.rules.shares import Bases
from quotes.rules.terms import LineTerms, QuoteTerms, charged_days, check_percent, check_terms
from quotes.rules.waterfall import plans
from quotes.rules.ways import Offered, Way, way_down

__all__ = [
    "LineTerms",
    "PricedLine",
    "Pricing",
    "QuoteTerms",
    "Totals",
    "charged_days",
    "check_percent",
    "check_terms",
    "price_line",
    "price_quote",
]
HUNDRED = Decimal(100)
_AMOUNTS = (
    "list_per_period", "net_per_period", "list_total", "contract_total", "cost_total",
    "first_invoice", "monthly", "one_time",
)  # fmt: skip


def price_line(
    line: LineTerms, terms: QuoteTerms, *, base: Decimal | None = None, plan: Plan | None = None
) -> PricedLine:
    """Price one line; a percentage of other lines needs their net, `base`.

    List for a period is rated and rounded half up; then the rules' discounts, the line's and the
    quote's go off in their stages, each amount rounded half up and subtracted (Zuora's published
    rule). An adjustment takes no discount
    and has no list price: it is part of what the quote as a whole gives away. A percentage takes
    no discount on the whole: what it is taken of carries that already.
    The term is priced in billing periods, parts of them by the policy of the terms.
    """
    _check_line(line)
    return _priced(line, terms, _gross(line, terms, base), plan or Plan(floor=_floor(line, terms)))


def price_quote(
    lines: Sequence[LineTerms], terms: QuoteTerms, rules: RuleSet = NO_RULES
) -> tuple[list[PricedLine], Totals]:
    """Price all lines by the rules and sum those that count; their order changes no amount.

    Percentages come second: of what the other options of their bundle cost, else all other lines,
    each time those that are no percentage themselves and charged as often, or as its limits say;
    rules leave them alone. The monthly total is
    that of the busiest month: segments of a ramp follow one another.
    """
    pricing = Pricing(lines, terms, rules)
    return pricing.priced, pricing.totals


class Pricing:
    """A quote's lines as `price_quote` prices them, and what they cost when others of them count."""

    def __init__(
        self, lines: Sequence[LineTerms], terms: QuoteTerms, rules: RuleSet = NO_RULES
    ) -> None:
        check_terms(terms)
        self._lines, self._terms, self._rules = lines, terms, rules
        self._gross = [_alone(line, terms) for line in lines]
        self._candidates = [
            _candidate(line, terms, gross) if gross else None
            for line, gross in zip(lines, self._gross, strict=True)
        ]
        self._plans = plans(self._candidates, rules)
        self._first = [
            _priced(line, terms, gross, plan) if gross else None
            for line, gross, plan in zip(lines, self._gross, self._plans, strict=True)
        ]
        self.priced, self.totals = _summed(lines, self._first, terms)
        as_given = tuple(line.is_counted for line in lines)
        self._known = {as_given: (self.priced, self.totals)}

    def counting(self, counted: Sequence[bool]) -> tuple[list[PricedLine], Totals]:
        """Return what all lines cost, and the totals, if these of them counted.

        Only lines are priced anew to which rules give something else for it.
        """
        asked = tuple(counted)
        if asked not in self._known:
            self._known[asked] = self._counting(asked)
        return self._known[asked]

    def _counting(self, counted: Sequence[bool]) -> tuple[list[PricedLine], Totals]:
        lines = [
            line if line.is_counted is counts else replace(line, is_counted=counts)
            for line, counts in zip(self._lines, counted, strict=True)
        ]
        if not any(rule.is_across for rule in self._rules.rules):
            return _summed(lines, self._first, self._terms)
        candidates = [
            replace(one, is_counted=line.is_counted) if one else None
            for one, line in zip(self._candidates, lines, strict=True)
        ]
        rows = zip(
            lines,
            self._gross,
            self._first,
            self._plans,
            plans(candidates, self._rules),
            strict=True,
        )
        first = [
            done if plan == before or gross is None else _priced(line, self._terms, gross, plan)
            for line, gross, done, before, plan in rows
        ]
        return _summed(lines, first, self._terms)


@dataclass(frozen=True, slots=True)
class _Gross:
    """What a line costs a billing period before discounts, what it lists at, and how.

    Of what recurs also what it lists at on all of its days.
    """

    amount: Money
    listed: Money
    trace: list[str]
    during: Period | None
    over_term: Money


def _alone(line: LineTerms, terms: QuoteTerms) -> _Gross | None:
    """Return what a line costs by itself; a percentage waits for the others."""
    if _is_percent(line):
        return None
    _check_line(line)
    return _gross(line, terms, None)


def _summed(
    lines: Sequence[LineTerms], first: Sequence[PricedLine | None], terms: QuoteTerms
) -> tuple[list[PricedLine], Totals]:
    """Price the percentages, of what the others cost, and sum what counts."""
    bases = Bases(lines, first, terms)
    priced = [
        price_line(line, terms, base=bases.of(line)) if done is None else done
        for line, done in zip(lines, first, strict=True)
    ]
    for place, below in below_limits(lines, priced, terms).items():
        priced[place] = replace(priced[place], below=below)
    code = terms.currency
    pairs = [(p, line) for p, line in zip(priced, lines, strict=True) if line.is_counted]
    counted = [p for p, _ in pairs]
    costs = [p.cost_total for p in counted if p.cost_total is not None]
    return priced, Totals(
        one_time=total((p.one_time for p in counted), code),
        monthly=_monthly(pairs, terms),
        first_invoice=total((p.first_invoice for p in counted), code),
        contract=total((p.contract_total for p in counted), code),
        list=total((p.list_total for p in counted), code),
        cost=None if len(costs) < len(counted) else total(costs, code),
    )


def _candidate(line: LineTerms, terms: QuoteTerms, gross: _Gross) -> Candidate | None:
    """Return what rules see of a line; adjustments, contract prices and text are as they are."""
    is_usage = line.charge_kind is ChargeKind.USAGE
    is_fixed = line.is_adjustment or line.is_contract_price
    if is_fixed or (gross.amount.amount <= 0 and not is_usage):
        return None
    is_simple = not line.tiers and line.agreed_unit_price is None
    return Candidate(
        product_id=line.product_id,
        charge_kind=line.charge_kind.value,
        quantity=line.quantity,
        units=_units(line),
        gross=gross.amount,
        list_total=Decimal(0) if is_usage else gross.over_term.amount,
        cost=_cost(line, terms),
        days=gross.during or charged_days(line, terms),
        floor=_floor(line, terms),
        is_counted=line.is_counted,
        is_usage=is_usage,
        may_have_price=is_simple,
        is_given=line.discount_percent == HUNDRED,
    )


def _units(line: LineTerms) -> Decimal:
    return Decimal(1) if line.charge_model is ChargeModel.FLAT else line.quantity


def _cost(line: LineTerms, terms: QuoteTerms) -> Money | None:
    if line.unit_cost is None:
        return None
    return Money.rounded(line.unit_cost * line.quantity, terms.currency)


def _floor(line: LineTerms, terms: QuoteTerms) -> Money | None:
    """Return where discounts stop; what somebody gives free openly is measured, not stopped."""
    is_given = line.discount_percent == HUNDRED
    return None if is_given else floor_a_period(line, terms)


def _priced(line: LineTerms, terms: QuoteTerms, gross: _Gross, plan: Plan) -> PricedLine:
    header = Decimal(0) if line.is_adjustment or _is_percent(line) else terms.discount_percent
    cost, zero = _cost(line, terms), Money.zero(terms.currency)
    offered = Offered(
        gross.amount,
        _units(line),
        cost,
        is_usage=line.charge_kind is ChargeKind.USAGE,
        unit_cost=line.unit_cost,
    )
    way = way_down(offered, plan, line_percent=line.discount_percent, quote_percent=header)
    net, listed, trace = way.net, gross.listed, [*gross.trace, *(s.words for s in way.steps)]
    match line.charge_kind:
        case ChargeKind.USAGE:
            trace.append("usage is rated and invoiced after each period")
            return _usage(line, terms, listed, way, trace)
        case ChargeKind.ONE_TIME:
            first = first_invoice(line, net, terms=terms)
            return PricedLine(
                listed, net, listed, net, cost, first, zero, net, way.percent, tuple(trace), way
            )
        case ChargeKind.RECURRING:
            during = gross.during
            assert during is not None, "what recurs has days"
            billing = terms.billing(line)
            trace.append(_beat(line, during))
            return PricedLine(
                list_per_period=gross.amount if line.is_adjustment else listed,
                net_per_period=net,
                list_total=gross.over_term,
                contract_total=gross.over_term if net == listed else billing.total(net, during),
                cost_total=billing.total(cost, during) if cost else cost,
                first_invoice=first_invoice(line, net, terms=terms),
                monthly=_monthly_of(net, line),
                one_time=zero,
                discount_percent=way.percent,
                trace=tuple(trace),
                waterfall=way,
            )


def _usage(
    line: LineTerms, terms: QuoteTerms, listed: Money, way: Way, trace: list[str]
) -> PricedLine:
    """Price what is known of usage: the fee of the first tier, due without use too.

    It falls due with the usage, after each period.
    """
    zero = Money.zero(terms.currency)
    amounts: dict[str, Any] = dict.fromkeys(_AMOUNTS, zero) | {"list_per_period": listed}
    if fee := standing_fee(line.charge_model, line.tiers):
        during = charged_days(line, terms)
        list_fee = Money.rounded(fee, terms.currency)
        net = Money.rounded(fee * (HUNDRED - way.percent) / HUNDRED, terms.currency)
        trace.append(f"{plain(net.amount)} a period is due without use too")
        amounts |= {
            "list_per_period": list_fee,
            "net_per_period": net,
            "list_total": _over(list_fee, line, terms, during),
            "contract_total": _over(net, line, terms, during),
            "monthly": _monthly_of(net, line),
        }
    return PricedLine(
        **amounts,
        discount_percent=way.percent,
        trace=tuple(trace),
        waterfall=way,
        unit_price=way.unit_price,
    )


def _monthly_of(net: Money, line: LineTerms) -> Money:
    if line.price_months:
        return per_month(net, months=line.price_months)
    return per_month(net, months=line.months, weeks=line.weeks)


def _is_percent(line: LineTerms) -> bool:
    return line.charge_model is ChargeModel.PERCENT_OF


def _gross(line: LineTerms, terms: QuoteTerms, base: Decimal | None) -> _Gross:
    rated = _rated(line, line.list_unit_price, base)
    listed = amount = Money.rounded(rated.amount, terms.currency)
    trace = list(rated.trace)
    if line.is_adjustment:
        listed = Money.zero(terms.currency)
    elif line.agreed_unit_price is not None:
        agreed = _rated(line, line.agreed_unit_price, base)
        amount = Money.rounded(agreed.amount, terms.currency)
        trace = [*agreed.trace, "at an agreed price"]
    if line.bundle_discount_percent and not line.is_adjustment:
        percent = plain(line.bundle_discount_percent)
        trace.append(f"{percent} % off in the bundle, in the list price here")
    if line.charge_kind is not ChargeKind.RECURRING:
        return _Gross(amount, listed, trace, None, listed)
    during = charged_days(line, terms)
    return _Gross(amount, listed, trace, during, _over(listed, line, terms, during))


def _rated(line: LineTerms, unit_price: Decimal, base: Decimal | None) -> Rated:
    if not line.quantity and line.charge_kind is not ChargeKind.USAGE:
        return Rated(Decimal(0), ("none taken",))
    if not _is_percent(line):
        return rate(line.charge_model, line.quantity, unit_price=unit_price, tiers=line.tiers)
    assert base is not None, "a percentage is priced after the lines it is taken of"
    return line.limits.of(base, unit_price)


def _over(per_period: Money, line: LineTerms, terms: QuoteTerms, during: Period) -> Money:
    return terms.billing(line).total(per_period, during)


def _monthly(pairs: Sequence[tuple[PricedLine, LineTerms]], terms: QuoteTerms) -> Money:
    """Return the highest sum of monthly amounts on any day."""
    zero = Money.zero(terms.currency)
    steps: dict[date, Money] = {}
    for priced, line in pairs:
        if priced.monthly:
            during = charged_days(line, terms)
            steps[during.start] = steps.get(during.start, zero) + priced.monthly
            steps[during.end] = steps.get(during.end, zero) - priced.monthly
    days = sorted(day for day in steps if day < terms.term.end)
    running = accumulate((steps[day] for day in days), initial=zero)
    return max(list(running)[1:], key=lambda money: money.amount, default=zero)


def _beat(line: LineTerms, during: Period) -> str:
    many, unit = (line.weeks, "week") if line.weeks else (line.months, "month")
    every = f"every {unit}" if many == 1 else f"every {many} {unit}s"
    return f"{every} from {during.start:%d %b %Y} to {during.last_day:%d %b %Y}"


def _check_line(line: LineTerms) -> None:
    check_percent(line.discount_percent)
    if line.is_adjustment and line.discount_percent:
        raise Refused("An adjustment takes no discount.", field="discount_percent")
    if line.list_unit_price < 0 and not line.is_adjustment:
        raise Refused(f"The price of “{line.label}” is negative.", field="list_unit_price")
    if line.agreed_unit_price is not None and (line.agreed_unit_price < 0 or line.tiers):
        words = "has tiers: give a discount" if line.tiers else "cannot have a negative price"
        raise Refused(f"“{line.label}” {words}.", field="agreed_unit_price")
    if _is_percent(line) and line.charge_kind is ChargeKind.USAGE:
        raise Refused(f"“{line.label}” is a percentage; it cannot go by usage.", field="months")
    if line.charge_kind is not ChargeKind.ONE_TIME and not (line.months or line.weeks):
        raise Refused(f"“{line.label}” needs a billing period.", field="months")
