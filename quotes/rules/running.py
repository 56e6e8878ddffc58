"""What a customer's subscription holds, as amendments and renewals start from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Self

from q2c.kernel.rating import plain


@dataclass(frozen=True, slots=True)
class RunningItem:
    """A subscription item: charged `net_per_period` on the days [since, ends_on).

    It was sold as `quote_line_id`; `origin_line_id` is what the first item of its lineage was sold
    as. Without an end it runs on. Money is in the contract's currency; `unit_price` is before the
    discount.
    """

    id: int
    quote_line_id: int
    origin_line_id: int
    charge_model: str
    tiers: list[dict[str, Any]]
    quantity: Decimal
    unit_price: Decimal
    discount_percent: Decimal
    net_per_period: Decimal
    since: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class Before:
    """An item as an amendment's line keeps it: what it costs and on which days.

    `unit_price`, `discount_percent` and `ends_on` are as the line took them over, so that a line
    with the same values changes nothing.
    """

    quantity: Decimal
    unit_price: Decimal
    discount_percent: Decimal
    net_per_period: Decimal
    since: date
    ends_on: date

    def to_json(self) -> dict[str, str]:
        """Return plain values to store on the line."""
        return {
            "quantity": plain(self.quantity),
            "unit_price": plain(self.unit_price),
            "discount_percent": plain(self.discount_percent),
            "net_per_period": plain(self.net_per_period),
            "since": self.since.isoformat(),
            "ends_on": self.ends_on.isoformat(),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, str]) -> Self:
        return cls(
            quantity=Decimal(stored["quantity"]),
            unit_price=Decimal(stored["unit_price"]),
            discount_percent=Decimal(stored["discount_percent"]),
            net_per_period=Decimal(stored["net_per_period"]),
            since=date.fromisoformat(stored["since"]),
            ends_on=date.fromisoformat(stored["ends_on"]),
        )
