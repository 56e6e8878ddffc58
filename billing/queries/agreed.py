"""What was agreed, beside what was invoiced of it: the parity of a contract."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import OuterRef, Q, Subquery, Sum

from billing.models import AgreedCharge, InvoiceLine
from billing.models.invoice import Invoice

MOST_SHOWN = 36


@dataclass(frozen=True, slots=True)
class AgreedRow:
    """A charge and period: what was agreed, what its invoice says, and what became of it.

    `state` is open, invoiced, released (in part or in whole, with the reason) or differs; money
    is net, in the contract's currency.
    """

    description: str
    start: date
    last_day: date
    due_on: date
    currency: str
    agreed: Decimal
    invoiced: Decimal | None
    invoice_id: int | None
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Parity:
    """All that was agreed of a contract, and its sums."""

    rows: list[AgreedRow]
    count: int
    agreed: Decimal
    released: Decimal
    invoiced: Decimal
    currency: str


def parity(contract_id: int) -> Parity | None:
    """Return a contract's agreed charges beside its invoices; None when it has no schedule."""
    rows = AgreedCharge.objects.filter(charge__contract_id=contract_id)
    count = rows.count()
    if not count:
        return None
    billed = InvoiceLine.objects.filter(
        charge_id=OuterRef("charge_id"),
        period_start=OuterRef("period_start"),
        invoice__kind=Invoice.INVOICE,
        revision=0,
    )
    marked = rows.select_related("charge").annotate(
        billed_net=Subquery(billed.values("net")[:1]),
        billed_in=Subquery(billed.values("invoice_id")[:1]),
    )
    sums = marked.aggregate(
        agreed=Sum("net"),
        released=Sum("net", filter=Q(released_on__isnull=False)),
        invoiced=Sum("billed_net"),
    )
    shown = [_row(row) for row in marked.order_by("due_on", "charge_id")[:MOST_SHOWN]]
    return Parity(
        shown,
        count,
        sums["agreed"],
        sums["released"] or Decimal(0),
        sums["invoiced"] or Decimal(0),
        shown[0].currency,
    )


def _row(row: AgreedCharge) -> AgreedRow:
    invoiced: Decimal | None = getattr(row, "billed_net", None)
    if row.released_on is not None:
        state = "released"
    elif invoiced is None:
        state = "open"
    else:
        state = "invoiced" if invoiced == row.net else "differs"
    return AgreedRow(
        description=row.charge.description,
        start=row.period_start,
        last_day=row.period_end - timedelta(days=1),
        due_on=row.due_on,
        currency=row.charge.currency,
        agreed=row.net,
        invoiced=invoiced,
        invoice_id=getattr(row, "billed_in", None),
        state=state,
        reason=row.release_reason,
    )
