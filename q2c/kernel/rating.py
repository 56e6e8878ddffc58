"""Charge models: what a quantity costs. All read one table of tiers; upper bounds are inclusive."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum
from functools import partial
from itertools import pairwise

from q2c.kernel.errors import Refused

NOTHING, ONE = Decimal(0), Decimal(1)


class ChargeModel(StrEnum):
    """How a price grows with quantity."""

    FLAT = "flat"
    PER_UNIT = "per_unit"
    GRADUATED = "graduated"
    VOLUME = "volume"
    STAIRSTEP = "stairstep"
    PACKAGE = "package"
    COMMITMENT = "commitment"
    CREDITS = "credits"
    PERCENT_OF = "percent_of"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    ChargeModel.FLAT: "Flat fee",
    ChargeModel.PER_UNIT: "Per unit",
    ChargeModel.GRADUATED: "Graduated (each band)",
    ChargeModel.VOLUME: "Volume (all units)",
    ChargeModel.STAIRSTEP: "Stairstep (fee of the band)",
    ChargeModel.PACKAGE: "Package",
    ChargeModel.COMMITMENT: "Minimum commitment",
    ChargeModel.CREDITS: "Prepaid credits",
    ChargeModel.PERCENT_OF: "Percentage of other lines",
}
TIERED = frozenset(ChargeModel) - {
    ChargeModel.FLAT,
    ChargeModel.PER_UNIT,
    ChargeModel.PERCENT_OF,
}
PREPAID = frozenset({ChargeModel.COMMITMENT, ChargeModel.CREDITS})  # a fee covers a quantity
# The fee of the first tier is due without use too, and with any use.
STANDING = PREPAID | {ChargeModel.GRADUATED}


class ChargeKind(StrEnum):
    """How often a line is charged: once, every so many months, or by measured usage."""

    ONE_TIME = "one_time"
    RECURRING = "recurring"
    USAGE = "usage"


@dataclass(frozen=True, slots=True)
class Tier:
    """A band of quantity up to and including `up_to` (None: without end).

    With `per` its price is for so many units, and those begun count whole.
    """

    up_to: Decimal | None
    unit_price: Decimal
    flat_fee: Decimal = NOTHING
    per: Decimal = ONE

    def cost(self, units: Decimal) -> Decimal:
        """Return what so many units of the band cost, its fee with them."""
        return self.counted(units) * self.unit_price + self.flat_fee

    def counted(self, units: Decimal) -> Decimal:
        if self.per == ONE:
            return units
        return (units / self.per).to_integral_value(rounding=ROUND_CEILING)


@dataclass(frozen=True, slots=True)
class Rated:
    """An unrounded amount in the price's currency, and in words how it came about."""

    amount: Decimal
    trace: tuple[str, ...]


def rate(
    model: ChargeModel, quantity: Decimal, *, unit_price: Decimal, tiers: Sequence[Tier] = ()
) -> Rated:
    """Price `quantity` for one period, unrounded.

    Graduated: each band at its own price; the fee of the first is due at no quantity, too, as that
    of volume is (Stripe, OpenMeter, Lago). Volume: all units at the price of the band reached
    (Stripe's meaning of both words); a band may sell its units in packages (Chargebee, Flexprice). Stairstep: the fee of the band reached, whole; the last may
    add a price for each unit above the band before it. Package: every package begun, after free
    units (Lago's meaning); with a last tier without end every full one, and each unit left over at
    its price (at 0 Stripe's transform_quantity rounded down). Commitment and credits: the first tier's fee is due whatever is used
    and covers its quantity; the rest is graduated. Otherwise no quantity costs nothing.
    """
    if quantity < 0:
        raise Refused("A quantity cannot be negative.", field="quantity")
    match model:
        case ChargeModel.FLAT:
            amount = unit_price if quantity else NOTHING
            return Rated(amount, (f"flat {plain(unit_price)}",))
        case ChargeModel.PER_UNIT:
            return Rated(unit_price * quantity, (f"{plain(quantity)} × {plain(unit_price)}",))
        case ChargeModel.PERCENT_OF:
            raise Refused("A percentage is priced from the other lines of a quote.")
        case _:
            check_tiers(model, tiers)
            return _TIERED[model](quantity, tiers)


def standing_fee(model: ChargeModel, tiers: Sequence[Tier]) -> Decimal:
    """Return the fee a period that is due whatever is used, a part of every amount."""
    return tiers[0].flat_fee if model in STANDING and tiers else NOTHING


def percentage(
    base: Decimal,
    percent: Decimal,
    *,
    minimum: Decimal = NOTHING,
    maximum: Decimal | None = None,
) -> Rated:
    """Return a percentage of what other lines cost, unrounded, kept between two bounds.

    A negative base counts as none; 20 means 20 per cent. A negative percentage takes off: the
    bounds then say the least and the most that it takes.
    """
    base = max(base, NOTHING)
    if percent < 0:
        off = percentage(base, -percent, minimum=minimum, maximum=maximum)
        return Rated(
            -min(off.amount, base), tuple(f"−{words}" for words in off.trace[:1]) + off.trace[1:]
        )
    amount, trace = base * percent / 100, [f"{plain(percent)} % of {plain(base)}"]
    if maximum is not None and amount > maximum:
        amount = maximum
        trace.append(f"at most {plain(maximum)}")
    if amount < minimum:
        amount = minimum
        trace.append(f"at least {plain(minimum)}")
    return Rated(amount, tuple(trace))


def for_part(tiers: Sequence[Tier], *, fee: Decimal, days: int, of: int) -> list[Tier]:
    """Return the tiers of a commitment or credits for `days` of a period `of` so many days.

    `fee` is what is due for those days; the quantity it covers shrinks by days, unrounded, and the
    bands above keep their widths.
    """
    first = tiers[0]
    assert first.up_to is not None, "a commitment covers a quantity"
    covered = first.up_to * days / of
    less = first.up_to - covered
    rest = [
        replace(tier, up_to=None if tier.up_to is None else tier.up_to - less) for tier in tiers[1:]
    ]
    return [Tier(covered, first.unit_price, fee), *rest]


def check_tiers(model: ChargeModel, tiers: Sequence[Tier]) -> None:
    """Refuse tiers that the model cannot read, naming the one at fault.

    They may be missing, out of order, end too early, cost less than nothing, or say something
    that has no meaning in the model, such as a price per unit within a stairstep.
    """
    if not tiers:
        raise _refused(f"{model.label}: give at least one tier.")
    for tier, name in _named(tiers):
        _check_tier(tier, name, model)
    if model is ChargeModel.PACKAGE:
        _check_package(tiers)
        return
    if model is ChargeModel.STAIRSTEP:
        _check_fees_only(tiers[:-1], "A stairstep tier has a fee alone; only the last may")
    elif model in PREPAID:
        _check_covered(tiers[0])
    _check_order(tiers)


def _check_tier(tier: Tier, name: str, model: ChargeModel) -> None:
    if tier.unit_price < 0 or tier.flat_fee < 0:
        raise _refused(f"The tier {name} has a negative price.")
    if tier.up_to is not None and tier.up_to <= 0:
        raise _refused(f"The tier {name} must end above 0.")
    if tier.per <= 0:
        raise _refused(f"The price of the tier {name} is per more than 0 units.")
    if tier.per != ONE and model in (ChargeModel.STAIRSTEP, ChargeModel.PACKAGE):
        raise _refused(f"{model.label}: the tier {name} has a price per unit, or none.")


def _check_covered(first: Tier) -> None:
    if first.up_to is None:
        raise _refused("The first tier must say which quantity its fee covers.")
    _check_fees_only([first], "The first tier has a fee for all it covers; the others")


def _check_order(tiers: Sequence[Tier]) -> None:
    names = [name for _, name in _named(tiers)]
    for (earlier, later), name, before in zip(pairwise(tiers), names[1:], names, strict=False):
        if earlier.up_to is None:
            raise _refused("Only the last tier may be without an upper limit.")
        if later.up_to is not None and later.up_to <= earlier.up_to:
            raise _refused(f"The tier {name} must end above the tier {before} that precedes it.")
    last = tiers[-1].up_to
    if last is not None:
        raise _refused(
            f"Nothing says what more than {plain(last)} costs: the last tier must have no upper "
            "limit."
        )


def _check_package(tiers: Sequence[Tier]) -> None:
    sized, rest = _sized(tiers)
    if len(sized) > 2:
        raise _refused("A package price has one tier, or two when the first is free.")
    if not sized or any(tier.up_to is None for tier in sized):
        raise _refused("The tier of a package must say how many units are in it.")
    _check_fees_only(sized, "A package has a fee; it cannot")
    if len(sized) == 2 and sized[0].flat_fee:
        raise _refused(f"The tier up to {plain(_bound(sized[0]))} of free units has a fee.")
    if rest and rest.flat_fee:
        raise _refused("Units left over have a price each; they have no fee.")


def _sized(tiers: Sequence[Tier]) -> tuple[Sequence[Tier], Tier | None]:
    """Part the tiers of a package into those with a size and that of the units left over."""
    return (tiers[:-1], tiers[-1]) if tiers[-1].up_to is None else (tiers, None)


def _check_fees_only(tiers: Sequence[Tier], why: str) -> None:
    for tier, name in _named(tiers):
        if tier.unit_price:
            raise _refused(
                f"{why} have a price per unit, but the tier {name} has "
                f"{plain(tier.unit_price)} a unit."
            )


def _named(tiers: Sequence[Tier]) -> Iterator[tuple[Tier, str]]:
    before = NOTHING
    for tier in tiers:
        end = tier.up_to
        yield tier, f"above {plain(before)}" if end is None else f"up to {plain(end)}"
        before = before if end is None else end


def _refused(message: str) -> Refused:
    return Refused(message, field="tiers")


def _graduated(quantity: Decimal, tiers: Sequence[Tier], *, floor: Decimal = NOTHING) -> Rated:
    amount, trace = NOTHING, []
    if not quantity and not floor and tiers[0].flat_fee:
        return Rated(tiers[0].flat_fee, (f"fee {plain(tiers[0].flat_fee)}",))
    for tier in tiers:
        if quantity <= floor:
            break
        top = quantity if tier.up_to is None else min(quantity, tier.up_to)
        amount += tier.cost(top - floor)
        trace.append(_band(top - floor, tier))
        floor = top
    return Rated(amount, tuple(trace))


def _volume(quantity: Decimal, tiers: Sequence[Tier]) -> Rated:
    if not quantity:
        fee = tiers[0].flat_fee
        return Rated(fee, (f"fee {plain(fee)}",) if fee else ())
    tier = next(t for t in tiers if t.up_to is None or quantity <= t.up_to)
    return Rated(tier.cost(quantity), (_band(quantity, tier),))


def _stairstep(quantity: Decimal, tiers: Sequence[Tier]) -> Rated:
    if not quantity:
        return Rated(NOTHING, ())
    bounds = [tier.up_to for tier in tiers[:-1] if tier.up_to is not None]
    reached = sum(quantity > bound for bound in bounds)
    tier, name = list(_named(tiers))[reached]
    over = quantity - (bounds[reached - 1] if reached else NOTHING)
    fee = f"{name}: {plain(tier.flat_fee)}"
    if not tier.unit_price:
        return Rated(tier.flat_fee, (fee,))
    trace = (fee, f"{plain(over)} × {plain(tier.unit_price)}")
    return Rated(tier.flat_fee + over * tier.unit_price, trace)


def _package(quantity: Decimal, tiers: Sequence[Tier]) -> Rated:
    sized, rest = _sized(tiers)
    package, free = sized[-1], _bound(sized[0]) if len(sized) == 2 else NOTHING
    size, fee, to_pay = _bound(package), package.flat_fee, max(quantity - free, NOTHING)
    rounding = ROUND_FLOOR if rest else ROUND_CEILING
    packages = (to_pay / size).to_integral_value(rounding=rounding)
    amount = packages * fee
    trace = [f"{plain(min(quantity, free))} free"] if free and quantity else []
    if packages:
        trace.append(_band(to_pay - to_pay % size if rest else to_pay, Tier(None, fee, per=size)))
    if rest and (left := to_pay - packages * size):
        amount += left * rest.unit_price
        trace.append(f"{plain(left)} × {plain(rest.unit_price)}")
    return Rated(amount, tuple(trace))


def _prepaid(quantity: Decimal, tiers: Sequence[Tier], *, what: str) -> Rated:
    first, covered = tiers[0], _bound(tiers[0])
    used = f"{plain(min(quantity, covered))} of {plain(covered)} {what}: {plain(first.flat_fee)}"
    above = _graduated(quantity, tiers[1:], floor=covered)
    return Rated(first.flat_fee + above.amount, (used, *above.trace))


_TIERED: dict[ChargeModel, Callable[[Decimal, Sequence[Tier]], Rated]] = {
    ChargeModel.GRADUATED: _graduated,
    ChargeModel.VOLUME: _volume,
    ChargeModel.STAIRSTEP: _stairstep,
    ChargeModel.PACKAGE: _package,
    ChargeModel.COMMITMENT: partial(_prepaid, what="committed"),
    ChargeModel.CREDITS: partial(_prepaid, what="credits"),
}


def _bound(tier: Tier) -> Decimal:
    assert tier.up_to is not None, "checked before rating"
    return tier.up_to


def _band(quantity: Decimal, tier: Tier) -> str:
    many = plain(tier.counted(quantity))
    if tier.per != ONE:
        many = f"{many} {'package' if many == '1' else 'packages'} of {plain(tier.per)}"
    text = f"{many} × {plain(tier.unit_price)}"
    return f"{text} + {plain(tier.flat_fee)}" if tier.flat_fee else text


def plain(number: Decimal) -> str:
    """Write a number without trailing zeros or an exponent."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
