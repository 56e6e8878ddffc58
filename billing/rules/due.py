"""What a billing run reads of a charge, and what it finds due of it."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from q2c.kernel.periods import Period


class DueCharge(NamedTuple):
    """A charge as a billing run reads it; a tuple, because a run reads very many."""

    id: int
    customer_id: int
    legal_entity_id: int
    contract_id: int
    item_id: int | None
    shipment_id: int | None
    product_id: int
    description: str
    charge_kind: str
    months: int
    weeks: int
    price_months: int
    in_advance: bool
    charge_model: str
    tiers: list[dict[str, Any]]
    unit: str
    tax_class: str
    revenue_pattern: str
    currency: str
    quantity: Decimal
    unit_price: Decimal
    discount_percent: Decimal
    net_per_period: Decimal
    is_adjustment: bool
    payment_terms_days: int
    anchor_on: date
    proration: Mapping[str, Any]
    starts_on: date
    ends_on: date | None
    billed_through: date
    billed_usage: Decimal


class Part(NamedTuple):
    """The days to bill, and the whole billing period they lie in."""

    whole: Period
    period: Period


class Slice(NamedTuple):
    """One line to invoice: a charge for a period. Later revisions adjust the first."""

    charge: DueCharge
    start: date
    end: date
    quantity: Decimal
    net: Decimal
    trace: tuple[str, ...]
    revision: int = 0


class Billed(NamedTuple):
    """What all lines of a charge for one period have billed so far."""

    quantity: Decimal
    net: Decimal
    lines: int


Usage = Mapping[tuple[int, date, date], Decimal]
