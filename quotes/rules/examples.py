"""What a price comes to for some quantities, so that whoever enters it sees what it means."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from q2c.kernel.percent import Limits
from q2c.kernel.rating import ChargeModel, Tier, rate

_MOST = 6
_BASES = (Decimal(100), Decimal(1000), Decimal(10_000))


@dataclass(frozen=True, slots=True)
class Example:
    """A quantity (of a percentage: what other lines cost), its amount, and how it came about."""

    quantity: Decimal
    amount: Decimal
    words: str
    is_share: bool = False


def examples(model: ChargeModel, unit_price: Decimal, tiers: Sequence[Tier]) -> list[Example]:
    """Price one, ten, and a quantity on each side of every bound; refuses what cannot be priced."""
    found = []
    for quantity in _quantities(model, tiers):
        rated = rate(model, quantity, unit_price=unit_price, tiers=tiers)
        found.append(Example(quantity, rated.amount, " + ".join(rated.trace)))
    return found


def shares(percent: Decimal, limits: Limits) -> list[Example]:
    """Take a percentage of three amounts."""
    return [
        Example(base, rated.amount, ", ".join(rated.trace), is_share=True)
        for base in _BASES
        for rated in [limits.of(base, percent)]
    ]


def _quantities(model: ChargeModel, tiers: Sequence[Tier]) -> list[Decimal]:
    found = {Decimal(1), Decimal(10)}
    start = Decimal(0)
    for tier in tiers:
        if tier.up_to is not None:
            # The size of a package counts from the end of the free units.
            bound = tier.up_to + (start if model is ChargeModel.PACKAGE else 0)
            found |= {bound, bound + 1}
            start = bound
    return sorted(found)[:_MOST]
