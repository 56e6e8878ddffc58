"""Post what billing states: documents, payments, applications, refunds."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from billing.queries import (
    PostedDocument,
    PostedLine,
    application,
    posted_documents,
    received_payment,
    refund,
)
from q2c.infra.copy import copy_rows
from q2c.kernel.money import Money
from q2c.kernel.periods import Period
from q2c.kernel.proration import earned
from revenue.actions.journal import Entry, Line, post_entries
from revenue.actions.sums import Progress, add_to_progress
from revenue.models import RevenueSchedule
from revenue.rules.posting import (
    DEFERRED_PATTERN,
    Posting,
    for_application,
    for_credit_note,
    for_invoice,
    for_payment,
    for_refund,
)

CREDIT_NOTE = "credit_note"
_SCHEDULE = (
    "invoice_line_id",
    "invoice_id",
    "legal_entity_id",
    "customer_id",
    "contract_id",
    "product_id",
    "pattern",
    "currency",
    "amount",
    "starts_on",
    "ends_on",
    "recognised",
    "recognised_through",
)


def post_documents(invoice_ids: Collection[int], *, at: datetime) -> None:
    """Post a set of invoices and credit notes, and schedule what is earned over time."""
    documents = posted_documents(invoice_ids)
    credited = [
        line.credits_line_id
        for document in documents
        if document.kind == CREDIT_NOTE
        for line in document.lines
        if line.credits_line_id
    ]
    through = dict(
        RevenueSchedule.objects.filter(invoice_line_id__in=credited).values_list(
            "invoice_line_id", "recognised_through"
        )
        if credited
        else ()
    )
    entries, schedules = [], []
    for document in documents:
        postings, rows = _post(document, through)
        entries.append(_entry(document, postings))
        schedules += rows
    post_entries(entries, at=at)
    copy_rows(RevenueSchedule._meta.db_table, _SCHEDULE, schedules)
    add_to_progress(map(_progress, schedules))


def post_payment(payment_id: int, *, at: datetime) -> None:
    """Post money received."""
    payment = received_payment(payment_id)
    _single(
        legal_entity_id=payment.legal_entity_id,
        on=payment.received_on,
        source="payment",
        source_id=payment.id,
        memo=f"Payment {payment.number}",
        currency=payment.currency,
        postings=for_payment(payment.kind, payment.amount),
        customer_id=payment.customer_id,
        document=("payment", payment.id),
        at=at,
    )


def post_application(allocation_id: int, *, at: datetime) -> None:
    """Post what a payment settles, or no longer settles; a credit note settles within the receivables: no entry."""
    applied = application(allocation_id)
    if applied.payment_id is None:
        return
    _single(
        legal_entity_id=applied.legal_entity_id,
        on=applied.applied_on,
        source="allocation",
        source_id=applied.id,
        memo="Payment applied" if applied.amount > 0 else "Payment taken back",
        currency=applied.currency,
        postings=for_application(applied.amount),
        customer_id=applied.customer_id,
        document=("invoice", applied.invoice_id),
        at=at,
    )


def post_refund(refund_id: int, *, at: datetime) -> None:
    """Post money given back."""
    given = refund(refund_id)
    kind = received_payment(given.payment_id).kind
    _single(
        legal_entity_id=given.legal_entity_id,
        on=given.refunded_on,
        source="refund",
        source_id=given.id,
        memo="Refund",
        currency=given.currency,
        postings=for_refund(kind, given.amount),
        customer_id=given.customer_id,
        document=("payment", given.payment_id),
        at=at,
    )


def _post(
    document: PostedDocument, through: dict[int, date]
) -> tuple[list[Posting], list[tuple[object, ...]]]:
    """Return a document's postings and its schedule rows."""
    is_credit = document.kind == CREDIT_NOTE
    rows, parts = [], []
    for line in document.lines:
        recognised = Decimal(0)
        if line.revenue_pattern == DEFERRED_PATTERN and line.net:
            until = through.get(line.credits_line_id or 0, line.period_start)
            recognised = _earned(line, document.currency, until)
            rows.append(_schedule(document, line, is_credit, recognised, until))
        parts.append((line.revenue_pattern, line.net, recognised))
    if is_credit:
        return for_credit_note(total=document.total, tax=document.tax, lines=parts), rows
    pairs = [(pattern, net) for pattern, net, _ in parts]
    return for_invoice(total=document.total, tax=document.tax, lines=pairs), rows


def _earned(line: PostedLine, currency: str, until: date) -> Decimal:
    if until <= line.period_start:
        return Decimal(0)
    over = Period(line.period_start, line.period_end)
    return earned(Money(line.net, currency), over=over, by=until).amount


def _schedule(
    document: PostedDocument,
    line: PostedLine,
    is_credit: bool,  # noqa: FBT001  positional for speed: once for every invoiced line
    recognised: Decimal,
    until: date,
) -> tuple[object, ...]:
    sign = -1 if is_credit else 1
    return (
        line.id,
        document.id,
        document.legal_entity_id,
        document.customer_id,
        line.contract_id,
        line.product_id,
        line.revenue_pattern,
        document.currency,
        sign * line.net,
        line.period_start,
        line.period_end,
        sign * recognised,
        min(max(until, line.period_start), line.period_end),
    )


def _progress(row: Sequence[Any]) -> tuple[Progress, tuple[int, Decimal, Decimal]]:
    entity_id, currency, amount, starts_on, ends_on, recognised, through = row[2], *row[7:]
    return (entity_id, starts_on, ends_on, through, currency), (1, amount, recognised)


def _entry(document: PostedDocument, postings: list[Posting]) -> Entry:
    word = "Credit note" if document.kind == CREDIT_NOTE else "Invoice"
    return Entry(
        legal_entity_id=document.legal_entity_id,
        entry_on=document.issued_on,
        source="invoice",
        source_id=document.id,
        memo=f"{word} {document.number}",
        currency=document.currency,
        lines=[
            Line(posting, document.customer_id, document.contract_id, "invoice", document.id)
            for posting in postings
        ],
    )


def _single(  # noqa: PLR0913  one name for each column of the entry
    *,
    legal_entity_id: int,
    on: date,
    source: str,
    source_id: int,
    memo: str,
    currency: str,
    postings: list[Posting],
    customer_id: int,
    document: tuple[str, int],
    at: datetime,
) -> None:
    lines = [Line(posting, customer_id, None, *document) for posting in postings]
    entry = Entry(legal_entity_id, on, source, source_id, memo, currency, lines)
    post_entries([entry], at=at)
