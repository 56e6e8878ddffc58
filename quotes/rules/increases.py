"""Raise list prices by a share or an amount from a day on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from q2c.kernel.errors import Refused
from q2c.kernel.money import minor_digits

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Increase:
    """How much more: per cent, or an amount a unit and billing period; one of the two."""

    currency: str
    percent: Decimal | None = None
    amount: Decimal | None = None

    def check(self) -> None:
        """Refuse nothing, both, and what would make prices negative or a hundred times as high."""
        if (self.percent is None) == (self.amount is None):
            raise Refused("Give a percentage or an amount, one of them.", field="percent")
        if self.percent is not None and not -_HUNDRED < self.percent <= 1000:
            raise Refused("Give more than −100 and at most 1,000 per cent.", field="percent")
        if not (self.percent or self.amount):
            raise Refused("An increase of nothing changes nothing.", field="percent")

    def of(self, price: Decimal) -> Decimal:
        """Return the new price, half up to the old one's decimals, at least to the minor unit.

        What is free stays free.
        """
        if not price:
            return price
        raised = price + self.amount if self.amount is not None else price * self._factor()
        if raised < 0:
            raise Refused("The price would be negative.", field="amount")
        places = max(minor_digits(self.currency), -int(price.normalize().as_tuple().exponent))
        return raised.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)

    def of_tiers(self, tiers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return tiers with their unit prices raised; their fees by a percentage only."""
        return [self._tier(tier) for tier in tiers]

    def _tier(self, tier: Mapping[str, Any]) -> dict[str, Any]:
        fee = Decimal(tier.get("flat_fee") or 0)
        if self.percent is not None:
            fee = self.of(fee)
        unit_price = str(self.of(Decimal(tier["unit_price"])))
        return {**tier, "unit_price": unit_price, "flat_fee": str(fee)}

    def _factor(self) -> Decimal:
        assert self.percent is not None, "checked before"
        return (_HUNDRED + self.percent) / _HUNDRED
