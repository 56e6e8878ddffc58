"""What was agreed, beside what was invoiced of it: the parity of a contract."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db.models import Min, OuterRef, Subquery, Sum

from billing.models import AgreedCharge, Invoice, InvoiceLine
from billing.rules.invoicing import price_of_part
from orders.queries.deliveries import OrderedGoods, goods_of
from q2c.kernel.rating import ChargeKind

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class AgreedDay:
    """What falls due on a day, or without one as goods are shipped: agreed, invoiced (None: nothing yet), credited of it, released; net.

    What was released after it had been invoiced is released as far as it was credited; a period
    that is cut short is open until its days are invoiced, and the rest released then.

    `state` is open, invoiced, released (by what `reason` says) or differs.
    """

    due_on: date | None
    charges: str
    agreed: Decimal
    invoiced: Decimal | None
    credited: Decimal
    released: Decimal
    invoice_id: int | None
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Parity:
    """All that was agreed of a contract by the day it falls due, goods last, and its sums, net."""

    days: list[AgreedDay]
    agreed: Decimal
    invoiced: Decimal
    credited: Decimal
    released: Decimal
    currency: str


def parity(contract_id: int) -> Parity | None:
    """Return a contract's agreed charges and goods beside its invoices; None when it has neither.

    Of usage the agreed fee counts; what was used beyond it is not in the schedule.
    """
    billed = InvoiceLine.objects.filter(
        charge_id=OuterRef("charge_id"),
        period_start=OuterRef("period_start"),
        invoice__kind=Invoice.INVOICE,
        revision=0,
    )
    credits = (
        InvoiceLine.objects.filter(
            credits_line__charge_id=OuterRef("charge_id"),
            credits_line__period_start=OuterRef("period_start"),
            credits_line__revision=0,
        )
        .order_by()
        .values("credits_line_id")
        .annotate(credited=Sum("net"))
    )
    rows = (
        AgreedCharge.objects.filter(charge__contract_id=contract_id)
        .annotate(
            billed_net=Subquery(billed.values("net")[:1]),
            billed_in=Subquery(billed.values("invoice_id")[:1]),
            credited=Subquery(credits.values("credited")[:1]),
        )
        .order_by("due_on", "released_on", "charge_id")
        .values(
            "due_on", "net", "period_start", "released_on", "release_reason", "billed_net", "billed_in", "credited",
            "charge__description", "charge__currency", "charge__charge_kind",
        )
    )  # fmt: skip
    goods = goods_of(contract_id)
    if not rows and not goods:
        return None
    days = [
        # What an amendment released stands apart from what it agreed for the same day.
        _day(due_on, list(map(dict, group)))
        for (due_on, _), group in groupby(rows, key=lambda row: (row["due_on"], row["released_on"]))
    ] + _shipped(goods)
    return Parity(
        days,
        agreed=sum((day.agreed for day in days), ZERO),
        invoiced=sum((day.invoiced or ZERO for day in days), ZERO),
        credited=sum((day.credited for day in days), ZERO),
        released=sum((day.released for day in days), ZERO),
        currency=goods[0].currency if goods else rows[0]["charge__currency"],
    )


def _day(due_on: date, rows: Sequence[dict[str, Any]]) -> AgreedDay:
    for row in rows:
        if row["charge__charge_kind"] == ChargeKind.USAGE and row["billed_net"] is not None:
            row["billed_net"] = min(row["billed_net"], row["net"])
    released = [row for row in rows if row["released_on"] is not None]
    billed = [row for row in rows if row["billed_net"] is not None]
    is_other = any(row["billed_net"] != row["net"] for row in billed if row not in released)
    if is_other:
        state = "differs"
    elif any(not _is_cut(row) or row["billed_net"] is not None for row in released):
        state = "released"
    else:
        state = "invoiced" if len(billed) == len(rows) else "open"
    return AgreedDay(
        due_on=due_on,
        charges=", ".join(dict.fromkeys(row["charge__description"] for row in rows)),
        agreed=sum((row["net"] for row in rows), ZERO),
        invoiced=sum((row["billed_net"] for row in billed), ZERO) if billed else None,
        credited=sum((row["credited"] or ZERO for row in rows), ZERO),
        released=sum((_released(row) for row in released), ZERO),
        invoice_id=next((row["billed_in"] for row in billed), None),
        state=state,
        reason=next((row["release_reason"] for row in released), ""),
    )


def _shipped(goods: Sequence[OrderedGoods]) -> list[AgreedDay]:
    """Hold what shipments were invoiced for to the price of what was ordered and not given up."""
    lines = InvoiceLine.objects.filter(
        charge__order_line_id__in=[row.order_line_id for row in goods],
        charge__shipment_id__isnull=False,
        invoice__kind=Invoice.INVOICE,
    )
    credits = InvoiceLine.objects.filter(credits_line=OuterRef("pk")).order_by()
    credited = credits.values("credits_line").annotate(credited=Sum("net")).values("credited")
    sums = lines.values_list("charge__order_line_id").annotate(
        Sum("net"), given_back=Sum(Subquery(credited)), first=Min("invoice_id")
    )
    billed = {order_line_id: rest for order_line_id, *rest in sums}
    return [_goods(row, *billed.get(row.order_line_id, (None, None, None))) for row in goods]


def _goods(
    row: OrderedGoods, net: Decimal | None, credited: Decimal | None, invoice_id: int | None
) -> AgreedDay:
    kept = price_of_part(row.net, row.kept, of=row.quantity, currency=row.currency)
    if net is not None and net > kept:
        state = "differs"
    elif (net or ZERO) < kept:
        state = "open"
    else:
        state = "released" if kept < row.net else "invoiced"
    return AgreedDay(
        due_on=None,
        charges=row.description,
        agreed=row.net,
        invoiced=net,
        credited=credited or ZERO,
        released=row.net - kept,
        invoice_id=invoice_id,
        state=state,
        reason="Given up." if kept < row.net else "",
    )


def _released(row: dict[str, Any]) -> Decimal:
    net: Decimal = row["net"]
    if row["billed_net"] is not None:
        return net - row["billed_net"] + (row["credited"] or ZERO)
    # Of a period that is cut short the days before are owed yet; their invoice says how much.
    return ZERO if _is_cut(row) else net


def _is_cut(row: dict[str, Any]) -> bool:
    return row["released_on"] is not None and row["period_start"] < row["released_on"]
