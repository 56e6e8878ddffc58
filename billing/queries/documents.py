"""Posted documents as frozen rows, for the ledger and for ageing."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection

from billing.models import Invoice, InvoiceLine
from q2c.kernel.money import Money


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


@dataclass(frozen=True, slots=True)
class OpenDocument:
    """What of a posted document was not settled on a day; negative for a credit note."""

    id: int
    number: str
    kind: str
    customer_id: int
    customer_name: str
    legal_entity_id: int
    currency: str
    issued_on: date
    due_on: date
    total: Decimal
    open: Decimal


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


_OPEN = """
SELECT i.id, i.number, i.kind, i.customer_id, c.legal_name, i.legal_entity_id, i.currency,
       i.issued_on, i.due_on, i.total,
       CASE i.kind WHEN 'invoice' THEN 1 ELSE -1 END * (i.total - coalesce(s.amount, 0)) AS open
FROM billing_invoice i
JOIN customers_customer c ON c.id = i.customer_id
LEFT JOIN LATERAL (
  SELECT sum(a.amount) AS amount FROM billing_allocation a
  WHERE a.applied_on <= %(on)s AND (a.invoice_id = i.id OR a.credit_note_id = i.id)
) s ON true
WHERE i.state = 'posted' AND i.issued_on <= %(on)s
  AND (%(entity)s::bigint IS NULL OR i.legal_entity_id = %(entity)s)
  AND i.total <> coalesce(s.amount, 0)
ORDER BY i.due_on, i.id
"""


def open_documents(legal_entity_id: int | None, on: date) -> Sequence[OpenDocument]:
    """Return every posted document not settled as of the end of a day, oldest due first.

    Only what was issued and applied by then counts, so past dates come out as they were.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, {"on": on, "entity": legal_entity_id})
        return [OpenDocument(*row) for row in cursor.fetchall()]


def receivables_total(on: date, currency: str, *, legal_entity_id: int | None = None) -> Money:
    """Return what all customers owe in a currency at the end of a day, credit notes deducted."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT coalesce(sum(CASE kind WHEN 'invoice' THEN total ELSE -total END), 0)
               FROM billing_invoice
               WHERE state = 'posted' AND issued_on <= %(on)s AND currency = %(currency)s
                 AND (%(entity)s::bigint IS NULL OR legal_entity_id = %(entity)s)""",
            {"on": on, "currency": currency, "entity": legal_entity_id},
        )
        billed = cursor.fetchone()[0]
        # A credit note applied to an invoice moves nothing: both are receivables.
        cursor.execute(
            """SELECT coalesce(sum(a.amount), 0)
               FROM billing_allocation a JOIN billing_invoice i ON i.id = a.invoice_id
               WHERE a.payment_id IS NOT NULL AND a.applied_on <= %(on)s
                 AND i.currency = %(currency)s
                 AND (%(entity)s::bigint IS NULL OR i.legal_entity_id = %(entity)s)""",
            {"on": on, "currency": currency, "entity": legal_entity_id},
        )
        paid = cursor.fetchone()[0]
    return Money(billed - paid, currency)
