"""Payments, collections and what the portal shows."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, F, Min, OuterRef, Q, QuerySet, Subquery, Sum

from billing.models import DunningLetter, Invoice, Payment, PaymentMethod

# The highest level that any open invoice of the customer has reached.
_LAST_LEVEL = (
    DunningLetter.objects.filter(
        invoice__customer_id=OuterRef("customer_id"), invoice__settled__lt=F("invoice__total")
    )
    .order_by("-level")
    .values("level")[:1]
)
TABS = {
    "all": Q(),
    "received": Q(state="succeeded"),
    "unapplied": Q(state="succeeded", allocated__lt=F("amount") - F("refunded")),
    "open": Q(state__in=["pending", "requires_action"]),
    "failed": Q(state="failed"),
}


@dataclass(frozen=True, slots=True)
class Overdue:
    """A customer's overdue invoices in one currency."""

    customer_id: int
    customer: str
    currency: str
    amount: Decimal
    invoice_count: int
    oldest_due_on: date
    days: int
    last_level: int | None


def payments() -> QuerySet[Payment]:
    return Payment.objects.select_related("customer", "invoice")


def open_invoices(customer_id: int) -> QuerySet[Invoice]:
    """Return a customer's invoices with something open, oldest due first."""
    rows = Invoice.objects.filter(
        customer_id=customer_id, kind=Invoice.INVOICE, state="posted", settled__lt=F("total")
    )
    return rows.order_by("due_on", "pk")


def overdue_customers(*, on: date) -> list[Overdue]:
    """Return customers with overdue invoices, the largest sums first; one query."""
    rows = (
        Invoice.objects.filter(
            kind=Invoice.INVOICE, state="posted", settled__lt=F("total"), due_on__lt=on
        )
        .values_list("customer_id", "customer__legal_name", "currency")
        .annotate(
            amount=Sum(F("total") - F("settled")),
            number=Count("id", distinct=True),
            oldest=Min("due_on"),
            level=Subquery(_LAST_LEVEL),
        )
        .order_by("-amount")
    )
    return [
        Overdue(pk, name, currency, amount, number, oldest, (on - oldest).days, level)
        for pk, name, currency, amount, number, oldest, level in rows[:500]
    ]


def unapplied(payment: Payment) -> Decimal:
    """Return what of a received payment settles nothing yet."""
    return payment.amount - payment.allocated - payment.refunded


def cards_of(customer_id: int) -> QuerySet[PaymentMethod]:
    """Return a customer's kept cards, the default first."""
    methods = PaymentMethod.objects.filter(customer_id=customer_id, removed_at=None)
    return methods.exclude(stripe_id=None).order_by("-is_default", "-pk")
