"""Posted documents as frozen rows, for the ledger."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.models import Invoice, InvoiceLine, Payment


@dataclass(frozen=True, slots=True)
class PostedLine:
    """A line as revenue needs it; `period_end` is the day after the last."""

    id: int
    product_id: int
    contract_id: int | None
    net: Decimal
    period_start: date
    period_end: date
    revenue_pattern: str
    credits_line_id: int | None


@dataclass(frozen=True, slots=True)
class PostedDocument:
    """An invoice or credit note; amounts of a credit note are positive."""

    id: int
    number: str
    kind: str
    customer_id: int
    legal_entity_id: int
    currency: str
    issued_on: date
    net: Decimal
    tax: Decimal
    total: Decimal
    contract_id: int | None
    lines: tuple[PostedLine, ...]


def posted_documents(invoice_ids: Collection[int]) -> list[PostedDocument]:
    """Return posted documents with their lines, in the order of their ids; two queries."""
    lines: dict[int, list[PostedLine]] = defaultdict(list)
    rows = (
        InvoiceLine.objects.filter(invoice_id__in=invoice_ids)
        .order_by("invoice_id", "position")
        .values_list(
            "invoice_id", "id", "product_id", "contract_id", "net", "period_start", "period_end",
            "revenue_pattern", "credits_line_id",
        )
    )  # fmt: skip
    for invoice_id, *values in rows:
        lines[invoice_id].append(PostedLine(*values))  # type: ignore[arg-type]
    documents = (
        Invoice.objects.filter(pk__in=invoice_ids, state="posted")
        .order_by("pk")
        .values_list(
            "id", "number", "kind", "customer_id", "legal_entity_id", "currency", "issued_on",
            "net", "tax", "total", "contract_id",
        )
    )  # fmt: skip
    return [PostedDocument(*row, tuple(lines[row[0]])) for row in documents]  # type: ignore[arg-type]


def ids_numbered(number: str) -> dict[str, list[int]]:
    """Return the ids of invoices, credit notes and payments of this number, by what they are."""
    return {
        "invoice": list(Invoice.objects.filter(number=number).values_list("pk", flat=True)),
        "payment": list(Payment.objects.filter(number=number).values_list("pk", flat=True)),
    }
