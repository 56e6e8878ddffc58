"""The hash of a stored quote's content."""

from decimal import Decimal
from typing import Any

from q2c.kernel.rating import plain
from quotes.models import Quote, QuoteLine
from quotes.rules.content import content_hash

_HEADER = (
    "number",
    "version",
    "customer_id",
    "legal_entity_id",
    "title",
    "currency",
    "term_months",
    "starts_on",
    "payment_terms_days",
    "discount_percent",
    "auto_renew",
    "notes",
    "contract_total",
)
_LINE = (
    "position",
    "product_id",
    "description",
    "charge_kind",
    "months",
    "charge_model",
    "tiers",
    "quantity",
    "list_unit_price",
    "discount_percent",
    "is_adjustment",
    "net_per_period",
    "contract_total",
)


def seal_of(quote: Quote, lines: list[QuoteLine] | None = None) -> str:
    """Return the SHA-256 of everything the customer would agree to."""
    lines = list(quote.lines.order_by("position")) if lines is None else lines
    return content_hash(
        {name: _canonical(getattr(quote, name)) for name in _HEADER},
        [{name: _canonical(getattr(line, name)) for name in _LINE} for line in lines],
    )


def _canonical(value: Any) -> Any:
    # 5, 5.0 and 5.0000 say the same; the database returns another of them than was typed.
    return plain(value) if isinstance(value, Decimal) else value
