"""Price a whole quote from frozen values: every amount with the trace of how it came about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from q2c.kernel.errors import Refused
from q2c.kernel.money import Money, total
from q2c.kernel.periods import step
from q2c.kernel.proration import per_month, price_between, term_end
from q2c.kernel.rating import ChargeKind, ChargeModel, Tier, plain, rate

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class LineTerms:
    """What a line's price is made from. Amounts are in the quote's currency.

    `list_unit_price` is per unit and billing period (signed for a negotiated adjustment), discounts
    are per cent, `unit_cost` per unit and billing period (None: not known in this currency).
    """

    label: str
    kind: str
    charge_kind: ChargeKind
    months: int
    in_advance: bool
    charge_model: ChargeModel
    quantity: Decimal
    list_unit_price: Decimal
    tiers: tuple[Tier, ...] = ()
    discount_percent: Decimal = Decimal(0)
    unit_cost: Decimal | None = Decimal(0)
    is_adjustment: bool = False


@dataclass(frozen=True, slots=True)
class QuoteTerms:
    """What the whole quote adds to its lines."""

    currency: str
    starts_on: date
    term_months: int
    discount_percent: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line's amounts: for one billing period, for the first invoice, and over the term."""

    list_per_period: Money
    net_per_period: Money
    list_total: Money
    contract_total: Money
    cost_total: Money | None
    first_invoice: Money
    monthly: Money
    one_time: Money
    discount_percent: Decimal
    trace: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures of a quote. Usage is not in them: it is not known yet."""

    one_time: Money
    monthly: Money
    first_invoice: Money
    contract: Money
    list: Money
    cost: Money | None  # None: of some line it is not known

    @property
    def margin_percent(self) -> Decimal | None:
        if self.cost is None:
            return None
        return _percent(self.contract.amount - self.cost.amount, self.contract.amount)

    @property
    def discount_percent(self) -> Decimal | None:
        return _percent(self.list.amount - self.contract.amount, self.list.amount)


def combined_discount(first: Decimal, then: Decimal) -> Decimal:
    """Return the per cent that two discounts, one after the other, take off; to four decimals."""
    left = (HUNDRED - first) * (HUNDRED - then) / HUNDRED
    return (HUNDRED - left).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)


def check_terms(terms: QuoteTerms) -> None:
    """Refuse a term or discount that no quote may have."""
    if not 1 <= terms.term_months <= 120:
        raise Refused("The term must be between 1 and 120 months.", field="term_months")
    check_percent(terms.discount_percent)


def check_percent(percent: Decimal) -> None:
    """Refuse a discount that is none."""
    if not 0 <= percent <= HUNDRED:
        raise Refused("A discount must lie between 0 and 100 per cent.", field="discount_percent")


def price_line(line: LineTerms, terms: QuoteTerms) -> PricedLine:
    """Price one line.

    List for a period is rated and rounded half up; then the line's discount and the quote's, each
    amount rounded half up and subtracted (Zuora's published rule). An adjustment takes no discount
    and has no list price: it is part of what the quote as a whole gives away.
    The term is priced in whole billing periods, a last part by its actual days.
    """
    _check_line(line)
    rated = rate(
        line.charge_model, line.quantity, unit_price=line.list_unit_price, tiers=line.tiers
    )
    gross = Money.rounded(rated.amount, terms.currency)
    header = Decimal(0) if line.is_adjustment else terms.discount_percent
    net, trace = _discounted(gross, line.discount_percent, header, list(rated.trace))
    listed = Money.zero(terms.currency) if line.is_adjustment else gross
    cost = None
    if line.unit_cost is not None:
        cost = Money.rounded(line.unit_cost * line.quantity, terms.currency)
    zero = Money.zero(terms.currency)
    discount = combined_discount(line.discount_percent, header)
    match line.charge_kind:
        case ChargeKind.USAGE:
            trace.append("usage is rated and invoiced after each period")
            return PricedLine(
                gross, zero, zero, zero, zero, zero, zero, zero, discount, tuple(trace)
            )
        case ChargeKind.ONE_TIME:
            first = zero if line.kind == "goods" else net
            return PricedLine(
                gross, net, listed, net, cost, first, zero, net, discount, tuple(trace)
            )
        case ChargeKind.RECURRING:
            trace.append(f"every {line.months} months for {terms.term_months} months")
            return PricedLine(
                list_per_period=gross,
                net_per_period=net,
                list_total=_over_term(listed, line, terms),
                contract_total=_over_term(net, line, terms),
                cost_total=None if cost is None else _over_term(cost, line, terms),
                first_invoice=_first(net, line, terms) if line.in_advance else zero,
                monthly=per_month(net, months=line.months),
                one_time=zero,
                discount_percent=discount,
                trace=tuple(trace),
            )


def price_quote(lines: Sequence[LineTerms], terms: QuoteTerms) -> tuple[list[PricedLine], Totals]:
    """Price all lines and sum them; the order of lines changes no amount."""
    check_terms(terms)
    priced = [price_line(line, terms) for line in lines]
    code = terms.currency
    costs = [line.cost_total for line in priced if line.cost_total is not None]
    return priced, Totals(
        one_time=total((p.one_time for p in priced), code),
        monthly=total((p.monthly for p in priced), code),
        first_invoice=total((p.first_invoice for p in priced), code),
        contract=total((p.contract_total for p in priced), code),
        list=total((p.list_total for p in priced), code),
        cost=None if len(costs) < len(priced) else total(costs, code),
    )


def _discounted(
    gross: Money, line_percent: Decimal, header_percent: Decimal, trace: list[str]
) -> tuple[Money, list[str]]:
    net = gross
    for percent, words in ((line_percent, "discount"), (header_percent, "discount on the whole")):
        if percent:
            off = net.times(percent / HUNDRED)
            trace.append(f"{plain(percent)} % {words}: −{off.amount}")
            net -= off
    return net, trace


def _over_term(per_period: Money, line: LineTerms, terms: QuoteTerms) -> Money:
    return price_between(
        per_period,
        anchor=terms.starts_on,
        months=line.months,
        start=terms.starts_on,
        end=term_end(terms.starts_on, months=terms.term_months),
    )


def _first(net: Money, line: LineTerms, terms: QuoteTerms) -> Money:
    first = step(terms.starts_on, months=line.months, number=0)
    end = min(first.end, term_end(terms.starts_on, months=terms.term_months))
    return price_between(
        net, anchor=terms.starts_on, months=line.months, start=terms.starts_on, end=end
    )


def _check_line(line: LineTerms) -> None:
    check_percent(line.discount_percent)
    if line.is_adjustment and line.discount_percent:
        raise Refused("An adjustment takes no discount.", field="discount_percent")
    if line.list_unit_price < 0 and not line.is_adjustment:
        raise Refused(f"The price of “{line.label}” is negative.", field="list_unit_price")
    if line.charge_kind is not ChargeKind.ONE_TIME and line.months < 1:
        raise Refused(f"“{line.label}” needs a billing period in months.", field="months")


def _percent(part: Decimal, whole: Decimal) -> Decimal | None:
    if not whole:
        return None
    return (part * HUNDRED / whole).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
