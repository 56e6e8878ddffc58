"""How far what was ordered is delivered or given up, and how many kits its parts make.

A thing is open until all of it is delivered or given up, so its state follows from three numbers
that only grow. Kits are delivered as often as all their parts are, in whole kits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

NONE = Decimal(0)
_SMALLEST = Decimal("0.000001")  # a quantity has six decimals


class LineState(StrEnum):
    """Where an ordered thing stands; what begins on a date, as services do, needs no delivery."""

    OPEN = "open"
    DELIVERED = "delivered"
    SHORT_CLOSED = "short_closed"
    CANCELLED = "cancelled"
    NEEDS_NO_DELIVERY = "needs_no_delivery"


@dataclass(frozen=True, slots=True)
class Delivery:
    """Of `ordered`, `delivered` have left and `closed` were given up; never more than all."""

    ordered: Decimal
    delivered: Decimal = NONE
    closed: Decimal = NONE
    is_delivered: bool = True  # False: a service, which nobody ships

    @property
    def left(self) -> Decimal:
        """How many are still to be delivered; none of a service."""
        return self.ordered - self.delivered - self.closed if self.is_delivered else NONE

    @property
    def kept(self) -> Decimal:
        """How many were not given up: they are delivered or will be, and are charged."""
        return self.ordered - self.closed


def line_state(thing: Delivery, *, is_order_cancelled: bool) -> LineState:
    """Return where an ordered thing stands.

    Nothing holds it open but goods that are neither delivered nor given up.
    """
    if is_order_cancelled or (thing.closed and not thing.kept):
        return LineState.CANCELLED
    if thing.left:
        return LineState.OPEN
    if thing.closed:
        return LineState.SHORT_CLOSED
    return LineState.DELIVERED if thing.is_delivered else LineState.NEEDS_NO_DELIVERY


def kit_delivery(kits: Decimal, parts: Sequence[Delivery]) -> Delivery:
    """Return how far kits are delivered: as often as every part is, in whole kits.

    Given up are those that the parts not given up make no more.
    """
    delivered = _whole(kits, [(part.delivered, part.ordered) for part in parts])
    possible = _whole(kits, [(part.kept, part.ordered) for part in parts])
    return Delivery(kits, delivered, kits - possible)


def to_close(kits: Decimal, *, of: Decimal, part: Delivery) -> Decimal:
    """Return how many of a part are given up with so many of its `of` kits.

    In whole ones where it was ordered so: a part that came once for all kits stays for the rest.
    Never more than are left of it.
    """
    step = _SMALLEST if part.ordered % 1 else Decimal(1)
    share = (part.ordered * kits / of).quantize(step, ROUND_DOWN)
    return min(share, part.left)


def _whole(kits: Decimal, counted: Sequence[tuple[Decimal, Decimal]]) -> Decimal:
    if all(count == ordered for count, ordered in counted):
        return kits  # also half a kit, which no whole ones make
    fewest = min(count * kits / ordered for count, ordered in counted)
    return fewest.quantize(Decimal(1), ROUND_DOWN)
