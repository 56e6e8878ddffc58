"""Disputed payments, and the invoices they paid."""

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from billing.models import Dispute, Invoice, Payment
from billing.rules.states import DisputeState

OPEN = DisputeState.OPEN.value
DISPUTED = Q(Exists(Dispute.objects.filter(payment=OuterRef("pk"), state=OPEN)))


def open_disputes() -> QuerySet[Dispute]:
    """Return the disputes that are not decided, the most urgent answer first."""
    found = Dispute.objects.filter(state=OPEN).select_related("payment__customer")
    return found.order_by("answer_by", "pk")


def dispute_of(payment: Payment) -> Dispute | None:
    """Return a payment's newest dispute."""
    return payment.disputes.order_by("-pk").first()


def with_dispute(payments: QuerySet[Payment]) -> QuerySet[Payment]:
    """Add the state of each payment's newest dispute, as `dispute_state`."""
    newest = Dispute.objects.filter(payment=OuterRef("pk")).order_by("-pk").values("state")[:1]
    return payments.annotate(dispute_state=Subquery(newest))


def paid_by_disputed(invoice: str = "pk") -> Exists:
    """Return the condition that a disputed payment paid the invoice, or part of it."""
    disputes = Dispute.objects.filter(state=OPEN, payment__allocations__invoice=OuterRef(invoice))
    return Exists(disputes)


def is_disputed(invoice_id: int) -> bool:
    """Return whether a payment of the invoice is disputed at this moment."""
    return Invoice.objects.filter(paid_by_disputed(), pk=invoice_id).exists()
