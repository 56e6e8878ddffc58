"""What a negotiated amount looks like as a line of its own."""

from decimal import Decimal
from typing import Any

from quotes.models import QuoteLine


def adjustment_like(like: Any, *, amount: Decimal, description: str) -> QuoteLine:
    """Return an unsaved line of a signed amount a period, billed and taxed like another line."""
    return QuoteLine(
        product_id=like.product_id,
        product_version=like.product_version,
        description=description.strip()[:300] or "Negotiated adjustment",
        kind=like.kind,
        charge_kind=like.charge_kind,
        months=like.months,
        weeks=like.weeks,
        price_months=like.price_months,
        in_advance=like.in_advance,
        charge_model="per_unit",
        unit="adjustment",
        tax_class=like.tax_class,
        revenue_pattern=like.revenue_pattern,
        quantity=Decimal(1),
        list_unit_price=amount,
        discount_percent=Decimal(0),
        is_adjustment=True,
    )
