"""Write finished invoices in bulk: numbers as late as possible, rows by COPY, the fact once."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from billing.events import InvoicesPosted
from billing.models import Invoice
from billing.queries.lists import SERIES
from billing.queries.parties import Buyer, Seller
from billing.rules.invoicing import Draft
from billing.rules.states import InvoiceState
from q2c.identity.models import User
from q2c.infra.bus import publish
from q2c.infra.copy import copy_rows, take_ids
from q2c.infra.numbers import document_number, take_numbers

_INVOICES = "billing_invoice"
_INVOICE = (
    "id", "number", "kind", "state", "customer_id", "legal_entity_id", "run_id", "contract_id",
    "currency", "issued_on", "due_on", "net", "tax", "total", "settled", "seller", "buyer",
    "note", "reason", "posted_at", "created_at", "tax_rounding",
)  # fmt: skip
_LINE = (
    "invoice_id", "position", "charge_id", "product_id", "contract_id", "description", "quantity",
    "unit", "unit_price", "discount_percent", "period_start", "period_end", "net", "tax_class",
    "tax_category", "tax_country", "tax_percent", "revenue_pattern", "trace", "revision",
)  # fmt: skip
_TAX = ("invoice_id", "category", "country", "percent", "taxable", "tax", "note")

Row = tuple[Any, ...]


def post_drafts(
    drafts: Sequence[Draft],
    *,
    sellers: Mapping[int, Seller],
    buyers: Mapping[int, Buyer],
    run_id: int | None,
    by: User | None,
    at: datetime,
) -> list[int]:
    """Number, write and post the drafts within the caller's transaction; returns their ids.

    A handler of the fact may refuse (closed books), and then nothing was numbered.
    """
    if not drafts:
        return []
    ids = list(take_ids(_INVOICES, len(drafts)))
    copy_rows("billing_invoiceline", _LINE, _line_rows(drafts, ids))
    copy_rows(
        "billing_invoicetax",
        _TAX,
        [(pk, *tax) for pk, draft in zip(ids, drafts, strict=True) for tax in draft.taxes],
    )
    invoices = list(_invoice_rows(drafts, ids, sellers, buyers, run_id, at))
    # Everything below holds the counters' locks.
    numbers = _numbers(drafts)
    numbered = ((row[0], number, *row[1:]) for row, number in zip(invoices, numbers, strict=True))
    copy_rows(_INVOICES, _INVOICE, numbered)
    publish(InvoicesPosted(at=at, invoice_ids=tuple(ids)), by=by)
    return ids


def _numbers(drafts: Sequence[Draft]) -> list[str]:
    wanted: dict[tuple[int, int], list[int]] = defaultdict(list)
    for index, draft in enumerate(drafts):
        wanted[draft.legal_entity_id, draft.issued_on.year].append(index)
    numbers = [""] * len(drafts)
    kind = SERIES[Invoice.INVOICE]
    # In the order of the counters, so that two shards cannot wait for each other.
    for (entity_id, year), indexes in sorted(wanted.items()):
        taken = take_numbers(entity_id=entity_id, kind=kind, year=year, count=len(indexes))
        for index, number in zip(indexes, taken, strict=True):
            numbers[index] = document_number(kind, year, number)
    return numbers


def _invoice_rows(
    drafts: Sequence[Draft],
    ids: Sequence[int],
    sellers: Mapping[int, Seller],
    buyers: Mapping[int, Buyer],
    run_id: int | None,
    at: datetime,
) -> Iterator[Row]:
    seller_texts = {
        pk: json.dumps(seller.snapshot, ensure_ascii=False) for pk, seller in sellers.items()
    }
    posted = InvoiceState.POSTED.value
    for pk, draft in zip(ids, drafts, strict=True):
        yield (
            pk,
            Invoice.INVOICE,
            posted,
            draft.customer_id,
            draft.legal_entity_id,
            run_id,
            draft.contract_id,
            draft.currency,
            draft.issued_on,
            draft.due_on,
            draft.net,
            draft.tax,
            draft.total,
            0,
            seller_texts[draft.legal_entity_id],
            json.dumps(buyers[draft.customer_id].snapshot, ensure_ascii=False),
            "",
            "",
            at,
            at,
            sellers[draft.legal_entity_id].tax_rounding.value,
        )


def _line_rows(drafts: Sequence[Draft], ids: Sequence[int]) -> Iterator[Row]:
    for pk, draft in zip(ids, drafts, strict=True):
        for position, (found, tax) in enumerate(draft.lines, start=1):
            charge = found.charge
            yield (
                pk,
                position,
                charge.id,
                charge.product_id,
                charge.contract_id,
                charge.description,
                found.quantity,
                charge.unit,
                charge.unit_price,
                charge.discount_percent,
                found.start,
                found.end,
                found.net,
                charge.tax_class,
                tax.category,
                tax.country,
                tax.percent,
                charge.revenue_pattern,
                json.dumps(found.trace, ensure_ascii=False),
                found.revision,
            )
