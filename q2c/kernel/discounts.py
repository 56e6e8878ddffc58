"""Combining discounts: stages one after the other, each amount rounded and then subtracted.

Within a stage agreed prices come first, then what is summed (Zuora: “stacked”), then what is taken
one after another. Every step keeps what it took off, so a price can be followed from list to net.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from enum import StrEnum
from itertools import groupby

from q2c.kernel.errors import Refused
from q2c.kernel.money import Money, total
from q2c.kernel.rating import plain

_ZERO, _HUNDRED = Decimal(0), Decimal(100)


class DiscountKind(StrEnum):
    """What a discount's value means."""

    PERCENT = "percent"  # off the price
    AMOUNT = "amount"  # off the whole line, in its currency
    PRICE = "price"  # the price of a unit instead, in the line's currency
    MARKUP = "markup"  # per cent on top of the line's cost instead, or at least `extra` a unit
    UPLIFT = "uplift"  # per cent on top of the price
    ROUND = "round"  # the price of a unit as a multiple of the value, and `extra` more


class Mode(StrEnum):
    """How discounts of one stage go together."""

    SUM = "sum"
    SEQUENTIAL = "sequential"


class Basis(StrEnum):
    """What a percentage is taken off: what is left by then, or the list price."""

    REMAINDER = "remainder"
    LIST = "list"


class Towards(StrEnum):
    """To which multiple a price is rounded."""

    NEAREST = "nearest"  # half up
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Discount:
    """A discount as data. A stage of None comes last; ties go by order, then id.

    A percentage may hold for the units up to `most` only, and from `least` units on. `words` say
    what it is instead of its label and value.
    """

    id: int
    label: str
    kind: DiscountKind
    value: Decimal
    stage: int | None = 0
    mode: Mode = Mode.SEQUENTIAL
    order: int = 0
    basis: Basis = Basis.REMAINDER
    least: Decimal = _ZERO
    most: Decimal | None = None
    extra: Decimal = _ZERO
    towards: Towards = Towards.NEAREST
    words: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """What discounts are taken off: `gross` for `quantity` units, its cost and the least it costs.

    A floor above the gross stands at the gross: it stops discounts and raises no price.
    """

    gross: Money
    quantity: Decimal = Decimal(1)
    cost: Money | None = None
    floor: Money | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One discount: what stood before, what it took off (negative: put on), what was left, why."""

    discount: Discount
    before: Money
    off: Money
    after: Money
    words: str


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The way of a price from list to net."""

    gross: Money
    steps: tuple[Step, ...]
    net: Money

    @property
    def off(self) -> Money:
        return self.gross - self.net


def apply(line: Line, discounts: Sequence[Discount]) -> Waterfall:
    """Take discounts off a line, in whatever order they are given; each is rounded half up.

    Refuses percentages outside 0 to 100, negative values, and a markup on an unknown cost. What
    would go below nothing or below the floor stops there and says so. Percentages summed are
    taken once; their amount is split by largest remainder.
    """
    for discount in discounts:
        _check(discount, line)
    price, floor = line.gross, _floor(line)
    steps: list[Step] = []
    for group in _groups([d for d in discounts if line.quantity >= d.least]):
        offs = [_off(discount, line, price.amount) for discount in group]
        steps += _taken(group, offs, price, floor)
        price = steps[-1].after
    return Waterfall(line.gross, tuple(steps), price)


def _check(discount: Discount, line: Line) -> None:
    if line.gross.amount < 0:
        raise Refused("A negative amount takes no discount.", field="discounts")
    if discount.value < 0:
        raise Refused(f"“{discount.label}” is negative.", field="discounts")
    if discount.kind is DiscountKind.PERCENT and discount.value > _HUNDRED:
        raise Refused(f"“{discount.label}” takes off more than 100 per cent.", field="discounts")
    if discount.kind is DiscountKind.MARKUP and line.cost is None:
        raise Refused(f"“{discount.label}” needs a cost, and none is known.", field="discounts")


def _groups(discounts: Sequence[Discount]) -> Iterator[list[Discount]]:
    """Yield discounts in the order they apply, those together that are summed."""
    if len(discounts) < 2:
        yield from ([discount] for discount in discounts)
        return
    ordered = sorted(discounts, key=lambda d: (*_place(d), d.order, d.id))
    for (_, _, rank), found in groupby(ordered, key=_place):
        if rank == _SUMMED:
            yield list(found)
        else:
            yield from ([discount] for discount in found)


_INSTEAD, _SUMMED, _IN_TURN, _ROUNDED = range(4)


def _place(discount: Discount) -> tuple[bool, int, int]:
    """Return where a discount stands: its stage, and in it prices, sums, the rest, roundings."""
    rank = _SUMMED if discount.mode is Mode.SUM else _IN_TURN
    if discount.kind in (DiscountKind.PRICE, DiscountKind.MARKUP):
        rank = _INSTEAD
    elif discount.kind is DiscountKind.ROUND:
        rank = _ROUNDED
    return discount.stage is None, discount.stage or 0, rank


def _off(discount: Discount, line: Line, before: Decimal) -> Decimal:
    """Return what a discount takes off, unrounded."""
    match discount.kind:
        case DiscountKind.PERCENT:
            base = before if discount.basis is Basis.REMAINDER else line.gross.amount
            units, covered = line.quantity, line.quantity
            if discount.most is not None:
                covered = min(discount.most, units)
            return base * covered * discount.value / (_HUNDRED * units) if units else _ZERO
        case DiscountKind.AMOUNT:
            return discount.value
        case DiscountKind.PRICE:
            return before - discount.value * line.quantity
        case DiscountKind.MARKUP:
            assert line.cost is not None, "checked before"
            least = line.cost.amount + discount.extra * line.quantity
            marked = line.cost.amount * (_HUNDRED + discount.value) / _HUNDRED
            return before - max(marked, least)
        case DiscountKind.UPLIFT:
            return -before * discount.value / _HUNDRED
        case DiscountKind.ROUND:
            return before - _rounded(before, discount, line.quantity)


_ROUNDINGS = {
    Towards.NEAREST: ROUND_HALF_UP,
    Towards.UP: ROUND_CEILING,
    Towards.DOWN: ROUND_FLOOR,
}


def _rounded(before: Decimal, discount: Discount, units: Decimal) -> Decimal:
    """Return what the units cost when each costs a multiple of the value, and `extra` more."""
    if not units or not before:
        return before
    times = before / units / discount.value
    times = times.to_integral_value(rounding=_ROUNDINGS[discount.towards])
    return max(times * discount.value + discount.extra, _ZERO) * units


def _taken(
    group: Sequence[Discount], offs: Sequence[Decimal], before: Money, floor: Money
) -> list[Step]:
    """Take a group off: together what is exact of it, rounded."""
    off, limit = Money.rounded(sum(offs, _ZERO), before.currency), ""
    if off > (room := before - floor):
        off, limit = room, f", kept at the floor of {floor}" if floor else ", no further than 0"
    parts = _parts(off, offs) if off and len(group) > 1 else [off] * len(group)
    steps: list[Step] = []
    for discount, part in zip(group, parts, strict=True):
        words = f"{discount.words or _words(discount)}: {_signed(part)}{limit if discount is group[-1] else ''}"
        steps.append(Step(discount, before, part, rest := before - part, words))
        before = rest
    return steps


def _parts(off: Money, offs: Sequence[Decimal]) -> list[Money]:
    """Split what a group takes off among its discounts; what some put on, others may take off."""
    if min(offs) >= 0:
        return off.allocate(offs)
    if max(offs) <= 0:
        return [-part for part in (-off).allocate([-each for each in offs])]
    *first, _ = (Money.rounded(each, off.currency) for each in offs)
    return [*first, off - total(first, off.currency)]


def _floor(line: Line) -> Money:
    zero = Money.zero(line.gross.currency)
    return zero if line.floor is None else min(max(line.floor, zero), line.gross)


def _words(discount: Discount) -> str:
    value = plain(discount.value)
    match discount.kind:
        case DiscountKind.PERCENT:
            words = f"{discount.label} {value} %"
            units = "" if discount.most is None else f" on the first {plain(discount.most)}"
            return f"{words}{units}{' of list' if discount.basis is Basis.LIST else ''}"
        case DiscountKind.AMOUNT:
            return discount.label
        case DiscountKind.PRICE:
            return f"{discount.label} {value} each"
        case DiscountKind.MARKUP:
            return f"{discount.label} cost + {value} %"
        case DiscountKind.UPLIFT:
            return f"{discount.label} + {value} %"
        case DiscountKind.ROUND:
            return f"{discount.label} rounded to {value} each"


def _signed(off: Money) -> str:
    return f"−{off.amount}" if off.amount >= 0 else f"+{-off.amount}"
