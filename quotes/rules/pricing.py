"""Price a whole quote from frozen values: every amount with the trace of how it came about."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate
from typing import Self

from q2c.kernel.billing_time import Billing
from q2c.kernel.errors import Refused
from q2c.kernel.money import Money, total
from q2c.kernel.percent import NO_LIMITS, Limits
from q2c.kernel.periods import Cadence, Period
from q2c.kernel.proration import per_month, term_end
from q2c.kernel.proration_policy import STANDARD, ProrationPolicy
from q2c.kernel.rating import PREPAID, ChargeKind, ChargeModel, Rated, Tier, plain, rate

HUNDRED = Decimal(100)
# Days and net by how often charged, bundle (None: whole quote) and product (None: all).
Bases = dict[
    tuple[tuple[ChargeKind, int, int], int | None, int | None], list[tuple[Period, Decimal]]
]


@dataclass(frozen=True, slots=True)
class LineTerms:
    """What a line's price is made from. Amounts are in the quote's currency.

    `list_unit_price` is per unit and billing period (signed for a negotiated adjustment; of a
    percentage the per cent), discounts are per cent, `unit_cost` per unit and billing period (None:
    not known in this currency).
    `agreed_unit_price` stands in its place once somebody agreed it. The line is charged for the
    days [starts_on, ends_on), which default to the quote's; the billing period is of `months` or of
    `weeks`. What is not counted (an option not taken) is priced, but in no total.
    """

    label: str
    kind: str
    charge_kind: ChargeKind
    months: int
    in_advance: bool
    charge_model: ChargeModel
    quantity: Decimal
    list_unit_price: Decimal
    weeks: int = 0
    starts_on: date | None = None
    ends_on: date | None = None
    agreed_unit_price: Decimal | None = None
    is_counted: bool = True
    tiers: tuple[Tier, ...] = ()
    discount_percent: Decimal = Decimal(0)
    unit_cost: Decimal | None = Decimal(0)
    bundle_discount_percent: Decimal = Decimal(0)  # in the list price already
    is_adjustment: bool = False
    product_id: int = 0
    bundle: int | None = None  # options of one bundle share it
    limits: Limits = NO_LIMITS  # of a percentage

    @classmethod
    def text(cls, label: str, kind: str) -> Self:
        """Return a section or a note, which costs nothing."""
        return cls(
            label=label,
            kind=kind,
            charge_kind=ChargeKind.ONE_TIME,
            months=0,
            in_advance=True,
            charge_model=ChargeModel.FLAT,
            quantity=Decimal(0),
            list_unit_price=Decimal(0),
        )


@dataclass(frozen=True, slots=True)
class QuoteTerms:
    """What the whole quote adds to its lines.

    An amendment `ends_on` with what it amends. Billing periods are counted from `anchor_on`, parts
    of them are priced by the policy.
    """

    currency: str
    starts_on: date
    term_months: int
    discount_percent: Decimal = Decimal(0)
    ends_on: date | None = None
    anchor_on: date | None = None
    policy: ProrationPolicy = STANDARD

    def billing(self, months: int, weeks: int) -> Billing:
        """Return how a line that recurs is billed."""
        anchor = self.anchor_on or self.starts_on
        return Billing(Cadence(months, weeks), anchor, self.policy)

    @property
    def term(self) -> Period:
        """The days that the quote covers."""
        return Period(
            self.starts_on, self.ends_on or term_end(self.starts_on, months=self.term_months)
        )


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


def price_line(line: LineTerms, terms: QuoteTerms, *, base: Decimal | None = None) -> PricedLine:
    """Price one line; a percentage of other lines needs their net, `base`.

    List for a period is rated and rounded half up; then the line's discount and the quote's, each
    amount rounded half up and subtracted (Zuora's published rule). An adjustment takes no discount
    and has no list price: it is part of what the quote as a whole gives away. A percentage takes
    no discount on the whole: what it is taken of carries that already.
    The term is priced in whole billing periods, a last part by its actual days.
    """
    _check_line(line)
    gross, listed, trace = _gross(line, terms.currency, base)
    if line.bundle_discount_percent:
        words = f"{plain(line.bundle_discount_percent)} % off in the bundle, in the list price here"
        trace.append(words)
    header = Decimal(0) if line.is_adjustment or _is_percent(line) else terms.discount_percent
    net, trace = _discounted(gross, line.discount_percent, header, trace)
    cost = None
    if line.unit_cost is not None:
        cost = Money.rounded(line.unit_cost * line.quantity, terms.currency)
    zero = Money.zero(terms.currency)
    discount = combined_discount(line.discount_percent, header)
    match line.charge_kind:
        case ChargeKind.USAGE:
            trace.append("usage is rated and invoiced after each period")
            if line.charge_model in PREPAID:
                trace.append(f"{plain(line.tiers[0].flat_fee)} a period is due without use too")
            return PricedLine(
                listed, zero, zero, zero, zero, zero, zero, zero, discount, tuple(trace)
            )
        case ChargeKind.ONE_TIME:
            first = zero if line.kind == "goods" else net
            return PricedLine(
                listed, net, listed, net, cost, first, zero, net, discount, tuple(trace)
            )
        case ChargeKind.RECURRING:
            during = charged_days(line, terms)
            trace.append(_beat(line, during))
            return PricedLine(
                list_per_period=gross if line.is_adjustment else listed,
                net_per_period=net,
                list_total=_over(listed, line, terms, during),
                contract_total=_over(net, line, terms, during),
                cost_total=None if cost is None else _over(cost, line, terms, during),
                first_invoice=_first(net, line, terms, during) if line.in_advance else zero,
                monthly=per_month(net, months=line.months, weeks=line.weeks),
                one_time=zero,
                discount_percent=discount,
                trace=tuple(trace),
            )


def price_quote(lines: Sequence[LineTerms], terms: QuoteTerms) -> tuple[list[PricedLine], Totals]:
    """Price all lines and sum those that count; the order of lines changes no amount.

    Percentages come second: of the net of the other options of their bundle, else of all other
    lines, each time those charged as often that are no percentage themselves. The monthly total is
    that of the busiest month: segments of a ramp follow one another.
    """
    check_terms(terms)
    first = [None if _is_percent(line) else price_line(line, terms) for line in lines]
    bases = _bases(lines, first, terms)
    priced = [
        price_line(line, terms, base=_base(line, bases, terms)) if done is None else done
        for line, done in zip(lines, first, strict=True)
    ]
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


def charged_days(line: LineTerms, terms: QuoteTerms) -> Period:
    """Return the days that a line is charged for; refuses days outside the quote's."""
    term = terms.term
    start, end = line.starts_on or term.start, line.ends_on or term.end
    if not term.start <= start < end <= term.end:
        last = end - timedelta(days=1)
        raise Refused(
            f"“{line.label}” runs from {start:%d %b %Y} to {last:%d %b %Y}, outside the quote's "
            f"{term.start:%d %b %Y} to {term.last_day:%d %b %Y}.",
            field="starts_on",
        )
    return Period(start, end)


def _is_percent(line: LineTerms) -> bool:
    return line.charge_model is ChargeModel.PERCENT_OF


def _bases(
    lines: Sequence[LineTerms], priced: Sequence[PricedLine | None], terms: QuoteTerms
) -> Bases:
    bases: Bases = defaultdict(list)
    for line, price in zip(lines, priced, strict=True):
        if price is None or not line.is_counted or not price.net_per_period:
            continue
        row = (charged_days(line, terms), price.net_per_period.amount)
        for bundle in {None, line.bundle}:
            for product in (None, line.product_id):
                bases[_beat_of(line), bundle, product].append(row)
    return bases


def _base(line: LineTerms, bases: Bases, terms: QuoteTerms) -> Decimal:
    """Return what a percentage is taken of; segments of a ramp by their share of its days."""
    days, base = charged_days(line, terms), Decimal(0)
    for product in line.limits.products or (None,):
        for during, net in bases.get((_beat_of(line), line.bundle, product), ()):
            shared = (min(days.end, during.end) - max(days.start, during.start)).days
            is_whole = shared == days.days or line.charge_kind is ChargeKind.ONE_TIME
            base += net if is_whole else net * max(shared, 0) / days.days
    return base


def _beat_of(line: LineTerms) -> tuple[ChargeKind, int, int]:
    return line.charge_kind, line.months, line.weeks


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


def _gross(line: LineTerms, currency: str, base: Decimal | None) -> tuple[Money, Money, list[str]]:
    """Return what the line costs before discounts, what it lists at, and how they came about."""
    listed = _rated(line, line.list_unit_price, base)
    amount = Money.rounded(listed.amount, currency)
    if line.is_adjustment:
        return amount, Money.zero(currency), list(listed.trace)
    if line.agreed_unit_price is None:
        return amount, amount, list(listed.trace)
    agreed = _rated(line, line.agreed_unit_price, base)
    return Money.rounded(agreed.amount, currency), amount, [*agreed.trace, "at an agreed price"]


def _rated(line: LineTerms, unit_price: Decimal, base: Decimal | None) -> Rated:
    if not _is_percent(line):
        return rate(line.charge_model, line.quantity, unit_price=unit_price, tiers=line.tiers)
    assert base is not None, "a percentage is priced after the lines it is taken of"
    if not line.quantity:
        return Rated(Decimal(0), ("none taken",))
    return line.limits.of(base, unit_price)


def _over(per_period: Money, line: LineTerms, terms: QuoteTerms, during: Period) -> Money:
    return terms.billing(line.months, line.weeks).total(per_period, during)


def _first(net: Money, line: LineTerms, terms: QuoteTerms, during: Period) -> Money:
    """Return what the first invoice, of the quote's first day, holds of the line."""
    if during.start > terms.starts_on:
        return Money.zero(terms.currency)
    billing = terms.billing(line.months, line.weeks)
    whole, part = next(iter(billing.periods(during)))
    return billing.slice(net, over=whole, during=part, since=during.start)


def _monthly(pairs: Sequence[tuple[PricedLine, LineTerms]], terms: QuoteTerms) -> Money:
    """Return the highest sum of monthly amounts on any day."""
    zero = Money.zero(terms.currency)
    steps: dict[date, Money] = {}
    for priced, line in pairs:
        if line.charge_kind is ChargeKind.RECURRING:
            during = charged_days(line, terms)
            steps[during.start] = steps.get(during.start, zero) + priced.monthly
            steps[during.end] = steps.get(during.end, zero) - priced.monthly
    days = sorted(day for day in steps if day < terms.term.end)
    running = accumulate((steps[day] for day in days), initial=zero)
    return max(list(running)[1:], key=lambda money: money.amount, default=zero)


def _beat(line: LineTerms, during: Period) -> str:
    every = f"{line.weeks} weeks" if line.weeks else f"{line.months} months"
    return f"every {every} from {during.start:%d %b %Y} to {during.last_day:%d %b %Y}"


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


def _percent(part: Decimal, whole: Decimal) -> Decimal | None:
    if not whole:
        return None
    return (part * HUNDRED / whole).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
