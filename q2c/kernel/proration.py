"""What part of a price belongs to part of a period. One function serves billing, credits, revenue."""

from datetime import date
from decimal import Decimal

from q2c.kernel.money import Money, round_amount
from q2c.kernel.periods import Period, months_after, step, step_containing


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


def periods_between(anchor: date, end: date, *, months: int) -> Decimal:
    """Count whole billing periods from anchor to end, the last part by its actual days."""
    if end <= anchor:
        return Decimal(0)
    number = step_containing(anchor, end, months=months)
    last = step(anchor, months=months, number=number)
    return number + Decimal((end - last.start).days) / last.days


def price_between(
    price: Money, *, anchor: date, months: int, weeks: int = 0, start: date, end: date
) -> Money:
    """Price the days [start, end) at `price` per `months` months (or `weeks`) from the anchor.

    Whole periods cost exactly `price`; a part is prorated by the actual days of its own period,
    as a difference of running totals.
    """
    return _running(price, anchor=anchor, months=months, weeks=weeks, by=end) - _running(
        price, anchor=anchor, months=months, weeks=weeks, by=start
    )


def _running(price: Money, *, anchor: date, months: int, weeks: int, by: date) -> Money:
    if by <= anchor:
        return Money.zero(price.currency)
    number = step_containing(anchor, by, months=months, weeks=weeks)
    whole = Money(price.amount * number, price.currency)
    over = step(anchor, months=months, weeks=weeks, number=number)
    return whole + earned(price, over=over, by=by)


def per_month(price: Money, *, months: int, weeks: int = 0) -> Money:
    """Return the monthly share of a recurring price, for MRR figures; rounded half up.

    A year has 52 weeks and 12 months, as subscription metrics count them.
    """
    amount = price.amount * 52 / (12 * weeks) if weeks else price.amount / months
    return Money(round_amount(amount, price.currency), price.currency)


def term_end(starts_on: date, *, months: int) -> date:
    """Return the day after the last day of a term of whole months."""
    return months_after(starts_on, months)
