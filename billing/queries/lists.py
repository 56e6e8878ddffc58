"""Invoices as the staff pages list them: tabs, search, counts that stay quick when there are many."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Sum, Value, When

from billing.models import Allocation, Charge, Invoice, InvoiceLine, Payment
from orders.queries import ordered_lines
from q2c.customers.models import Customer
from q2c.infra.models import Mail, NumberSeries
from q2c.infra.numbers import document_number
from q2c.kernel.money import Money

MOST_COUNTED = 10_000  # beyond it a tab says "10,000+", so that no page counts a million rows
MOST_CUSTOMERS = 200
SERIES = {Invoice.INVOICE: "INV", Invoice.CREDIT_NOTE: "CN"}
_OPEN = Q(state="posted", kind=Invoice.INVOICE, settled__lt=F("total"))
TABS = ("all", "draft", "open", "overdue", "paid", "credits")


@dataclass(frozen=True, slots=True)
class TabSum:
    """How many documents a tab holds, and what is open of them by currency."""

    count: str
    amounts: tuple[Money, ...]

    def __str__(self) -> str:
        shown = [f"{money.amount:,} {money.currency}" for money in self.amounts[:2]]
        return " · ".join(shown) + (" …" if len(self.amounts) > 2 else "")


def invoices() -> QuerySet[Invoice]:
    """Return all documents with what lists show."""
    return Invoice.objects.select_related("customer").defer("seller", "buyer")


def with_status(rows: QuerySet[Invoice], *, on: date) -> QuerySet[Invoice]:
    """Add `status`, the word that people use: draft, open, partly_paid, overdue, paid, …"""
    return rows.annotate(
        status=Case(
            When(state="draft", then=Value("draft")),
            When(kind=Invoice.CREDIT_NOTE, then=Value("credit_note")),
            When(settled=F("total"), then=Value("paid")),
            When(due_on__lt=on, then=Value("overdue")),
            When(settled__gt=0, then=Value("partly_paid")),
            default=Value("open"),
            output_field=CharField(),
        )
    )


def in_tab(rows: QuerySet[Invoice], tab: str, *, on: date) -> QuerySet[Invoice]:
    """Keep the documents of a tab."""
    match tab:
        case "draft":
            return rows.filter(state="draft")
        case "open":
            return rows.filter(_OPEN)
        case "overdue":
            return rows.filter(_OPEN, due_on__lt=on)
        case "paid":
            return rows.filter(state="posted", kind=Invoice.INVOICE, settled=F("total"))
        case "credits":
            return rows.filter(kind=Invoice.CREDIT_NOTE)
        case _:
            return rows


def matching(rows: QuerySet[Invoice], text: str) -> QuerySet[Invoice]:
    """Keep documents with that number (whole, or its last digits) or of such a customer."""
    text = text.strip()
    if not text:
        return rows
    if text.isdigit():
        return rows.filter(number__in=_numbers_ending(int(text)))
    customers = Customer.objects.filter(
        Q(legal_name__icontains=text) | Q(number__iexact=text)
    ).values_list("pk", flat=True)[:MOST_CUSTOMERS]
    return rows.filter(Q(customer_id__in=list(customers)) | Q(number=text.upper()))


def _numbers_ending(number: int) -> list[str]:
    series = NumberSeries.objects.filter(kind__in=SERIES.values(), next__gt=number)
    return [
        document_number(kind, year, number)
        for kind, year in series.values_list("kind", "year").distinct()
    ]


def narrowed(rows: QuerySet[Invoice], wanted: Mapping[str, str]) -> QuerySet[Invoice]:
    """Keep what a list's filters ask for: `q`, `customer`, `run`, `contract` ids."""
    for name, field in (("customer", "customer_id"), ("run", "run_id")):
        value = wanted.get(name, "")
        if value.isdigit():
            rows = rows.filter(**{field: int(value)})
    if (contract := wanted.get("contract", "")).isdigit():
        rows = of_contract(rows, int(contract))
    return matching(rows, wanted.get("q", ""))


def of_contract(rows: QuerySet[Invoice], contract_id: int) -> QuerySet[Invoice]:
    """Keep the documents that charge or credit a contract, be it one of several on them."""
    charged = InvoiceLine.objects.filter(charge__contract_id=contract_id)
    credited = InvoiceLine.objects.filter(credits_line__charge__contract_id=contract_id)
    # Found by indexes first: a condition across the lines would read every invoice.
    ids = {*charged.values_list("invoice_id", flat=True)}
    ids |= {*credited.values_list("invoice_id", flat=True)}
    return rows.filter(Q(contract_id=contract_id) | Q(pk__in=ids))


def of_amendment(rows: QuerySet[Invoice], contract_id: int) -> QuerySet[Invoice]:
    """Keep the documents that charge what an amendment brought; they are those of the contract
    that it changed, where its charges stand.
    """
    lines = ordered_lines(contract_id)
    charged = InvoiceLine.objects.filter(charge__order_line_id__in=lines)
    ids = {*charged.values_list("invoice_id", flat=True)}
    return rows.filter(pk__in=ids)


def tab_sum(rows: QuerySet[Invoice], tab: str, *, on: date) -> TabSum:
    """Count a tab's documents; of open and overdue ones also add up what is open."""
    found = in_tab(rows.select_related(None), tab, on=on).order_by()
    some = found.values("pk")[: MOST_COUNTED + 1]
    count = some.count()
    if count > MOST_COUNTED:
        return TabSum(f"{MOST_COUNTED:,}+", ())
    if not count or tab not in {"open", "overdue"}:
        return TabSum(f"{count:,}", ())
    sums = (
        found.values_list("currency")
        .annotate(how_many=Count("pk"), amount=Sum(F("total") - F("settled")))
        .order_by("-how_many")
    )
    return TabSum(f"{count:,}", tuple(Money.rounded(row[2], row[0]) for row in sums))


def applications_of(invoice: Invoice) -> QuerySet[Allocation]:
    """Return what settled an invoice, or what a credit note settled, oldest first."""
    which = Q(credit_note=invoice) if invoice.kind == Invoice.CREDIT_NOTE else Q(invoice=invoice)
    return (
        Allocation.objects.filter(which)
        .select_related("payment", "credit_note", "invoice")
        .order_by("at", "id")
    )


def attempts_of(invoice: Invoice) -> QuerySet[Payment]:
    """Return the attempts to pay an invoice that brought no money."""
    tries = Payment.objects.filter(invoice=invoice).exclude(state="succeeded")
    return tries.order_by("-created_at")


def mails_of(invoice_id: int) -> QuerySet[Mail]:
    """Return every e-mail about a document, newest first."""
    return Mail.objects.filter(document="invoice", document_id=invoice_id).order_by("-id")


def invoices_to_settle(note: Invoice) -> QuerySet[Invoice]:
    """Return the open invoices that a credit note may settle, oldest due first."""
    return (
        Invoice.objects.filter(
            _OPEN,
            customer_id=note.customer_id,
            legal_entity_id=note.legal_entity_id,
            currency=note.currency,
        )
        .exclude(allocations__credit_note=note)
        .order_by("due_on", "id")
    )


def charges_of(subscription_id: int) -> QuerySet[Charge]:
    """Return a subscription's charges in the order of its items."""
    return Charge.objects.filter(subscription_id=subscription_id).order_by("order_line_id")


def invoices_of_subscription(subscription_id: int, *, limit: int) -> list[Invoice]:
    """Return the newest documents that billed a subscription's charges."""
    lines = InvoiceLine.objects.filter(charge__subscription_id=subscription_id)
    ids = lines.order_by("-invoice_id").values_list("invoice_id", flat=True).distinct()[:limit]
    return list(invoices().filter(pk__in=list(ids)).order_by("-issued_on", "-id"))


def open_of_customer(customer_id: int) -> list[Any]:
    """Return what a customer owes by currency, credit notes deducted, and how much is overdue."""
    rows = (
        Invoice.objects.filter(customer_id=customer_id, state="posted", settled__lt=F("total"))
        .values("currency")
        .annotate(
            owed=Sum(F("total") - F("settled"), filter=Q(kind=Invoice.INVOICE), default=Decimal(0)),
            credit=Sum(
                F("total") - F("settled"), filter=Q(kind=Invoice.CREDIT_NOTE), default=Decimal(0)
            ),
        )
        .order_by("currency")
    )
    return list(rows)
