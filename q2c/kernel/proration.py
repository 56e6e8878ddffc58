"""What a stretch of time costs. One engine serves quotes, orders, billing, credits and revenue.

Whole periods count 1, parts count as the policy says; amounts are rounded half up to the minor
unit, once, as differences of running totals, so any way of cutting a term adds back to its whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import lru_cache

from q2c.kernel.errors import Refused
from q2c.kernel.money import Money, Rate, minor_digits, round_amount
from q2c.kernel.periods import Cadence, Period, months_after
from q2c.kernel.proration_policy import BY_DAYS, STANDARD, Basis, Partial, ProrationPolicy
from q2c.kernel.receipt import Part, PartKind, Receipt

WEEKS_A_YEAR = 52  # as Stripe and ChartMogul count weekly prices in MRR


@dataclass(frozen=True, slots=True)
class Prorated:
    """What a stretch of time costs: how many periods it counts, exactly, and the amount."""

    count: Fraction
    amount: Money
    receipt: Receipt


def prorate(  # noqa: PLR0913  what a stretch of time is priced from
    price: Money | Rate,
    *,
    every: Cadence,
    period: Period,
    policy: ProrationPolicy = STANDARD,
    anchor: date | None = None,
    term: Period | None = None,
    price_months: int = 0,
) -> Prorated:
    """Price the days of `period` at `price` for each `every`, periods laid from the anchor.

    With `price_months` the price is for so many months, whatever the periods are.
    `period` is a slice of `term` (by itself, if none is given): what it costs is what the term
    costs up to its end, less what it costs up to its start. The anchor is the start of the term
    unless given.
    """
    term = term or period
    if period.overlap(term) != period:
        raise Refused("The days to price lie outside the term they belong to.", field="period")
    anchor = anchor or term.start
    through = _parts(Period(term.start, period.end), every, policy, anchor)
    before: tuple[Part, ...] = ()
    if term.start < period.start:
        before = _parts(Period(term.start, period.start), every, policy, anchor)
    per = _per(every, policy, price_months)
    until, since = _count(through, per), _count(before, per)
    amount = cost(
        price, every=every, period=period, policy=policy, anchor=anchor, since=term.start,
        price_months=price_months,
    )  # fmt: skip
    own = _parts(period, every, policy, anchor)
    if _count(own, per) == until - since:
        through, before = own, ()
    receipt = Receipt(
        price.amount, amount, every, policy, anchor, period, through, before, per
    )  # fmt: skip
    return Prorated(until - since, amount, receipt)


def cost(  # noqa: PLR0913  what a stretch of time is priced from
    price: Money | Rate,
    *,
    every: Cadence,
    period: Period,
    policy: ProrationPolicy,
    anchor: date,
    since: date,
    price_months: int = 0,
) -> Money:
    """Return the amount of `prorate` for a term that starts on the day `since`, without receipt."""
    until = _rounded(price, _counted(every, policy, anchor, since, period.end, price_months))
    if since == period.start:
        return until
    before = _counted(every, policy, anchor, since, period.start, price_months)
    return until - _rounded(price, before)


def counted(period: Period, *, every: Cadence, policy: ProrationPolicy, anchor: date) -> Fraction:
    """Return how many billing periods some days count, exactly."""
    return _counted(every, policy, anchor, period.start, period.end, 0)


def compare(
    price: Money | Rate,
    *,
    every: Cadence,
    period: Period,
    policy: ProrationPolicy = STANDARD,
    anchor: date | None = None,
) -> Mapping[ProrationPolicy, Prorated]:
    """Return what the days would cost under every way of counting, the given policy first."""
    return {
        other: prorate(price, every=every, period=period, policy=other, anchor=anchor)
        for other in (policy, *_alternatives(every, policy))
    }


def earned(price: Money, *, over: Period, by: date) -> Money:
    """Return how much of `price` the days of `over` before `by` have earned, by actual days.

    Rounded half up to the minor unit; nothing before the period, all of it after.
    """
    elapsed = (min(max(by, over.start), over.end) - over.start).days
    return Money.rounded(price.amount * elapsed / over.days, price.currency)


def earned_during(price: Money, *, over: Period, during: Period) -> Money:
    """Return the part of `price` that falls in `during`: two running totals, subtracted.

    Any way of cutting `over` therefore adds back to `price` exactly.
    """
    return earned(price, over=over, by=during.end) - earned(price, over=over, by=during.start)


def price_between(
    price: Money, *, anchor: date, months: int = 0, weeks: int = 0, start: date, end: date
) -> Money:
    """Price the days [start, end) by days: at `price` per `months` or `weeks` from the anchor.

    Whole periods cost exactly `price`; a part is prorated by the actual days of its own period,
    as a difference of running totals that begin with the anchor, not with the start.
    """
    every = Cadence(months, weeks)
    return _running(price, every, anchor, by=end) - _running(price, every, anchor, by=start)


def per_month(price: Money, *, months: int = 0, weeks: int = 0) -> Money:
    """Return the monthly share of a recurring price, for MRR figures; rounded half up.

    A weekly price counts 52 weeks a year, so 52/12 of it a month.
    """
    Cadence(months, weeks)
    share = price.amount * WEEKS_A_YEAR / (12 * weeks) if weeks else price.amount / months
    return Money(round_amount(share, price.currency), price.currency)


def term_end(starts_on: date, *, months: int) -> date:
    """Return the day after the last day of a term of whole months."""
    return months_after(starts_on, months)


def _running(price: Money, every: Cadence, anchor: date, *, by: date) -> Money:
    if by <= anchor:
        return Money.zero(price.currency)
    return _rounded(price, _counted(every, BY_DAYS, anchor, anchor, by, 0))


@lru_cache(maxsize=8192)  # the lines of a quote share their dates
def _counted(
    every: Cadence, policy: ProrationPolicy, anchor: date, since: date, by: date, price_months: int
) -> Fraction:
    """Return how many times its price the days [since, by) count."""
    parts = _parts(Period(since, by), every, policy, anchor)
    return _count(parts, _per(every, policy, price_months))


@lru_cache(maxsize=8192)  # the lines of a quote share their dates
def _parts(days: Period, every: Cadence, policy: ProrationPolicy, anchor: date) -> tuple[Part, ...]:
    """Split days into a leading part, whole units in one, and a trailing part."""
    if policy.is_linear(every):
        return (_by_days(days, every, policy),)
    unit = policy.unit(every)
    grid = policy.grid(unit, anchor)
    first, last = grid.holding(days.start), grid.holding(days.last_day)
    lead = Period(days.start, min(grid.start_of(first + 1), days.end))
    tail = Period(max(grid.start_of(last), days.start), days.end)
    from_whole = first if lead == grid.period(first) else first + 1
    to_whole = last + 1 if tail == grid.period(last) else last
    found = []
    if from_whole > first:
        found.append(_partial(lead, grid.period(first), unit, policy))
    if from_whole < to_whole:
        whole = Period(grid.start_of(from_whole), grid.start_of(to_whole))
        found.append(Part(PartKind.WHOLE, to_whole - from_whole, Fraction(1), whole))
    if to_whole == last and (first != last or from_whole == first):
        found.append(_partial(tail, grid.period(last), unit, policy))
    return tuple(found)


def _partial(own: Period, whole: Period, unit: Cadence, policy: ProrationPolicy) -> Part:
    if policy.partial is Partial.ROUND_UP:
        return Part(PartKind.ROUNDED_UP, 1, Fraction(1), own)
    if policy.partial is Partial.NONE:
        return Part(PartKind.LEFT_OUT, 0, Fraction(1), own)
    basis = Basis.ACTUAL if unit.weeks else policy.basis
    thirties = 30 * unit.months
    match basis:
        case Basis.ACTUAL | Basis.CALENDAR_MONTH:
            return Part(PartKind.DAYS, own.days, Fraction(whole.days), own)
        case Basis.DAYS_30 | Basis.THIRTY_360:
            strict = _thirties(own.end) - _thirties(own.start)
            days = own.days if basis is Basis.DAYS_30 else strict
            return Part(PartKind.DAYS, min(days, thirties), Fraction(thirties), own)
        case Basis.DAYS_365 | Basis.DAYS_360:
            return _by_days(own, unit, policy)


def _by_days(days: Period, every: Cadence, policy: ProrationPolicy) -> Part:
    year = 365 if policy.basis is Basis.DAYS_365 else 360
    return Part(PartKind.DAYS, days.days, Fraction(year * every.months, 12), days)


def _thirties(day: date) -> int:
    """Number the days of a calendar of 30-day months; a 31st is the next month's first."""
    return 360 * day.year + 30 * day.month + day.day - 1


def _per(every: Cadence, policy: ProrationPolicy, price_months: int) -> Fraction:
    """Return how many counted units the price is for: 12 when a yearly one counts months."""
    unit = policy.unit(every)
    return Fraction(price_months or every.months, unit.months) if unit.months else Fraction(1)


def _count(parts: tuple[Part, ...], per: Fraction) -> Fraction:
    return sum((part.count for part in parts), Fraction(0)) / per


def _rounded(price: Money | Rate, count: Fraction) -> Money:
    if count.denominator == 1:
        return Money.rounded(price.amount * count.numerator, price.currency)
    exact = Fraction(price.amount) * count * 10 ** minor_digits(price.currency)
    units = (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator)
    return Money.from_minor(-units if exact < 0 else units, price.currency)


def _alternatives(every: Cadence, policy: ProrationPolicy) -> list[ProrationPolicy]:
    counted = replace(policy, partial=Partial.PRORATE, month_first=False)
    found = [replace(counted, basis=Basis.ACTUAL)]
    if every.months:
        found += [replace(counted, basis=basis) for basis in Basis]
        by_month = replace(counted, month_first=True)
        found += [replace(by_month, basis=Basis(b)) for b in ("actual", "days_30", "days_365")]
    found += [replace(counted, partial=partial) for partial in (Partial.ROUND_UP, Partial.NONE)]
    return [other for other in dict.fromkeys(found) if other != policy]
