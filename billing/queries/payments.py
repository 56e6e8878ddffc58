"""Payments, collections and what the portal shows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum

from billing.models import DunningLetter, Invoice, Payment, PaymentMethod
from q2c.customers.models import Customer

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


def overdue_customers(
    *, on: date, name: str = "", after: tuple[Decimal, int, str] | None = None, size: int
) -> list[Overdue]:
    """Return at most `size` customers with overdue invoices, the largest sums first; three queries.

    `after` is the sum, id and currency of the last one that was shown.
    """
    found = Invoice.objects.filter(
        kind=Invoice.INVOICE, state="posted", settled__lt=F("total"), due_on__lt=on
    )
    if name:
        found = found.filter(customer__legal_name__icontains=name)
    sums = found.values_list("customer_id", "currency").annotate(
        amount=Sum(F("total") - F("settled")), number=Count("pk"), oldest=Min("due_on")
    )
    if after:
        amount, customer_id, currency = after
        beyond = Q(customer_id__gt=customer_id) | Q(customer_id=customer_id, currency__gt=currency)
        sums = sums.filter(Q(amount__lt=amount) | Q(beyond, amount=amount))
    rows = list(sums.order_by("-amount", "customer_id", "currency")[:size])
    ids = {row[0] for row in rows}
    names = dict(Customer.objects.filter(pk__in=ids).values_list("pk", "legal_name"))
    levels = _last_levels(ids)
    return [
        Overdue(pk, names[pk], currency, amount, number, oldest, (on - oldest).days, levels.get(pk))
        for pk, currency, amount, number, oldest in rows
    ]


def _last_levels(customer_ids: Collection[int]) -> dict[int, int]:
    """Return the highest level that any open invoice of these customers has reached."""
    letters = DunningLetter.objects.filter(
        invoice__customer_id__in=customer_ids, invoice__settled__lt=F("invoice__total")
    )
    return dict(letters.values_list("invoice__customer_id").annotate(level=Max("level")))


def unapplied(payment: Payment) -> Decimal:
    """Return what of a received payment settles nothing yet."""
    return payment.amount - payment.allocated - payment.refunded


def cards_of(customer_id: int) -> QuerySet[PaymentMethod]:
    """Return a customer's kept cards, the default first."""
    methods = PaymentMethod.objects.filter(customer_id=customer_id, removed_at=None)
    return methods.exclude(stripe_id=None).order_by("-is_default", "-pk")
