"""Which credits the billing periods of an item bring."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from q2c.kernel.periods import Grid

_SIX = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Credited:
    """An item that brings `covered` credits each period of the grid, from `first` until `end`.

    `keeps` says that what a period did not use stays for the later ones.
    """

    grid: Grid
    first: date
    end: date | None
    covered: Decimal
    keeps: bool


@dataclass(frozen=True, slots=True)
class Granted:
    """The credits of one billing period; they expire on the day after it, or never."""

    starts_on: date
    expires_on: date | None
    quantity: Decimal


def granted(item: Credited, *, since: date, through: date) -> Iterator[Granted]:
    """Yield what the periods bring that hold `since` and begin by `through`.

    A part of a period brings its share by days, to six decimals half up.
    """
    number = item.grid.holding(max(since, item.first))
    while True:
        whole = item.grid.period(number)
        start = max(whole.start, item.first)
        end = whole.end if item.end is None else min(whole.end, item.end)
        if start > through or start >= end:
            return
        share = item.covered * (end - start).days / whole.days
        quantity = share.quantize(_SIX, rounding=ROUND_HALF_UP)
        yield Granted(start, None if item.keeps else end, quantity)
        number += 1
