"""The quote as the customer sees it, and as PDF."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from q2c.customers.models import Address
from q2c.infra.pdf import render_pdf
from quotes.models import Quote, QuoteLine

_CADENCES = {1: "Monthly", 3: "Quarterly", 12: "Yearly"}


@dataclass(frozen=True)
class LineGroup:
    """Lines that are charged at the same beat."""

    title: str
    amount_label: str
    is_usage: bool
    lines: Sequence[Any]


def grouped(lines: Sequence[Any]) -> list[LineGroup]:
    """Return lines (stored or accepted ones) by cadence: once, monthly …, usage last.

    A bundle's own line carries no price and is left out; its options name it by their order.
    """
    groups: dict[tuple[int, int], list[Any]] = {}
    for line in lines:
        if line.kind == "bundle":
            continue
        rank = {"one_time": 0, "recurring": 1, "usage": 2}[line.charge_kind]
        groups.setdefault((rank, line.months), []).append(line)
    return [_group(rank, months, groups[rank, months]) for rank, months in sorted(groups)]


def _group(rank: int, months: int, lines: list[Any]) -> LineGroup:
    beat = _CADENCES.get(months, f"Every {months} months")
    if rank == 0:
        return LineGroup("Once", "Amount", is_usage=False, lines=lines)
    if rank == 1:
        return LineGroup(beat, f"{beat}, net", is_usage=False, lines=lines)
    return LineGroup(f"Usage, invoiced {beat.lower()}", "Amount", is_usage=True, lines=lines)


def quote_pdf(quote: Quote, lines: list[QuoteLine], *, at: datetime) -> bytes:
    """Render the quote as the customer will read it."""
    context = {
        "quote": quote,
        "currency": quote.currency,
        "groups": grouped(lines),
        "seller": quote.legal_entity,
        "customer": quote.customer,
        "contact": quote.contact,
        "owner": quote.owner,
        "address": Address.objects.filter(
            customer_id=quote.customer_id, kind=Address.BILLING
        ).first(),
    }
    return render_pdf("documents/quote.html", context, at=at)
