"""Charge models: what a quantity costs. Tiers' upper bounds are inclusive."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from q2c.kernel.errors import Refused


class ChargeModel(StrEnum):
    """How a price grows with quantity."""

    FLAT = "flat"
    PER_UNIT = "per_unit"
    GRADUATED = "graduated"
    VOLUME = "volume"


class ChargeKind(StrEnum):
    """How often a line is charged: once, every so many months, or by measured usage."""

    ONE_TIME = "one_time"
    RECURRING = "recurring"
    USAGE = "usage"


@dataclass(frozen=True, slots=True)
class Tier:
    """A band of quantity up to and including `up_to` (None: without end)."""

    up_to: Decimal | None
    unit_price: Decimal
    flat_fee: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Rated:
    """An unrounded amount in the price's currency, and in words how it came about."""

    amount: Decimal
    trace: tuple[str, ...]


def check_tiers(tiers: Sequence[Tier]) -> None:
    """Refuse tiers that are missing, out of order, overlapping, or that end too early."""
    if not tiers:
        raise Refused("A tiered price needs at least one tier.", field="tiers")
    bounds = [tier.up_to for tier in tiers]
    if bounds[-1] is not None:
        raise Refused("The last tier must have no upper limit.", field="tiers")
    previous = Decimal(0)
    for bound in bounds[:-1]:
        if bound is None or bound <= previous:
            raise Refused("Each tier must end above the one before it.", field="tiers")
        previous = bound


def rate(
    model: ChargeModel, quantity: Decimal, *, unit_price: Decimal, tiers: Sequence[Tier] = ()
) -> Rated:
    """Price `quantity` for one period, unrounded.

    Graduated: each band at its own price. Volume: all units at the price of the band reached
    (Stripe's meaning of both words); no quantity costs nothing.
    """
    if quantity < 0:
        raise Refused("A quantity cannot be negative.", field="quantity")
    match model:
        case ChargeModel.FLAT:
            amount = unit_price if quantity else Decimal(0)
            return Rated(amount, (f"flat {plain(unit_price)}",))
        case ChargeModel.PER_UNIT:
            return Rated(unit_price * quantity, (f"{plain(quantity)} × {plain(unit_price)}",))
        case ChargeModel.GRADUATED:
            return _graduated(quantity, tiers)
        case ChargeModel.VOLUME:
            return _volume(quantity, tiers)


def _graduated(quantity: Decimal, tiers: Sequence[Tier]) -> Rated:
    check_tiers(tiers)
    amount, floor, trace = Decimal(0), Decimal(0), []
    for tier in tiers:
        if quantity <= floor:
            break
        top = quantity if tier.up_to is None else min(quantity, tier.up_to)
        amount += (top - floor) * tier.unit_price + tier.flat_fee
        trace.append(_band(top - floor, tier))
        floor = top
    return Rated(amount, tuple(trace))


def _volume(quantity: Decimal, tiers: Sequence[Tier]) -> Rated:
    check_tiers(tiers)
    if not quantity:
        return Rated(Decimal(0), ())
    tier = next(t for t in tiers if t.up_to is None or quantity <= t.up_to)
    return Rated(quantity * tier.unit_price + tier.flat_fee, (_band(quantity, tier),))


def _band(quantity: Decimal, tier: Tier) -> str:
    text = f"{plain(quantity)} × {plain(tier.unit_price)}"
    return f"{text} + {plain(tier.flat_fee)}" if tier.flat_fee else text


def plain(number: Decimal) -> str:
    """Write a number without trailing zeros or an exponent."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
