"""What a rule gives for a quantity: units that are free, or a percentage for each band of it."""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal

from quotes.rules.price_rules import Break, Measure, PriceRule

_ZERO, _ONE = Decimal(0), Decimal(1)


def free_units(rule: PriceRule, quantity: Decimal, *, bought: Decimal | None) -> Decimal:
    """Return how many units of a line are free, at most all of them.

    Of the line's own units every `per_units` paid for bring `value` more of them (buy 2, get 1: the
    third is free); with `bought`, what such other lines hold together, so many of this one.
    """
    assert rule.per_units is not None, "checked when it was written"
    if bought is None:
        group = rule.per_units + rule.value
        groups = (quantity / group).to_integral_value(rounding=ROUND_FLOOR)
        rest = quantity - groups * group - rule.per_units
        free = groups * rule.value + max(rest, _ZERO)
    else:
        free = (bought / rule.per_units).to_integral_value(rounding=ROUND_FLOOR) * rule.value
    if rule.most_units is not None:
        free = min(free, rule.most_units)
    return min(free, quantity)


def band_percent(breaks: Sequence[Break], has: Decimal, *, measure: Measure) -> Decimal:
    """Return the percentage that all bands up to `has` come to together, each at its own.

    A band of units begins with the unit that its break names: of breaks from 1, 10 and 20 the first
    nine units are in the first band. A band of an amount begins with the amount.
    """
    if not has:
        return _ZERO
    step = _step(breaks) if measure is Measure.QUANTITY else _ZERO
    starts = [max(row.least - step, _ZERO) for row in breaks]
    ends = [*starts[1:], has]
    off = sum(
        (
            max(min(has, end) - start, _ZERO) * row.percent
            for row, start, end in zip(breaks, starts, ends, strict=True)
        ),
        _ZERO,
    )
    return off / has


def _step(breaks: Sequence[Break]) -> Decimal:
    """Return the least by which two quantities differ: one in the last decimal of the bounds."""
    exponents = [row.least.normalize().as_tuple().exponent for row in breaks]
    return _ONE.scaleb(min(0, *(e for e in exponents if isinstance(e, int))))
