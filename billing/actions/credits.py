"""Credit notes: give back part or all of an invoice, and settle what is open with it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Sum

from billing.events import InvoicesPosted, PaymentApplied
from billing.models import Allocation, Invoice, InvoiceLine, InvoiceTax
from billing.queries.lists import SERIES
from billing.rules.crediting import CreditableLine, CreditedTax, lines_to_credit, taxes_to_credit
from billing.rules.invoicing import ZERO, TaxGroup
from billing.rules.states import InvoiceState
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.clock import day_in
from q2c.infra.locks import locked, locked_many
from q2c.infra.numbers import next_number
from q2c.kernel.errors import Refused
from q2c.kernel.money import Money


@transaction.atomic
def credit_invoice(
    invoice_id: int,
    *,
    lines: Mapping[int, Decimal] | None = None,
    reason: str,
    by: User | None,
    at: datetime,
) -> Invoice:
    """Credit an invoice by line id and net amount, or all that is left of it; returns the note.

    Tax goes back with the net, by running totals in each category, so that credits of everything
    leave exactly 0.00. What of the credit the invoice's open amount can take settles it at once;
    the rest stays on the note. Refuses more than was invoiced.
    """
    require(by, Permission.ISSUE_CREDITS)
    if not reason.strip():
        raise Refused("Say why, for the customer and the auditor.", field="reason")
    return _credit(invoice_id, lines, reason=reason.strip(), from_day=None, by=by, at=at)


@transaction.atomic
def credit_from(
    invoice_id: int, amounts: Mapping[int, Decimal], *, from_day: date, reason: str, at: datetime
) -> Invoice | None:
    """Credit what lines charged for the days from `from_day`, as far as it is not credited yet.

    The system calls this when a subscription ends; None when all was credited before.
    """
    invoice = locked(Invoice, invoice_id)
    left = {line.id: line.left for line in creditable_lines(invoice)}
    chosen = {
        pk: min(net, left[pk]) if net > 0 else max(net, left[pk])
        for pk, net in amounts.items()
        if left[pk] and (left[pk] > 0) == (net > 0)
    }
    if sum(chosen.values(), ZERO) <= 0:
        return None  # a negotiated deduction outweighs what is unused: nothing to give back
    return _credit(invoice_id, chosen, reason=reason, from_day=from_day, by=None, at=at)


@transaction.atomic
def apply_credit(
    credit_note_id: int, invoice_id: int, *, by: User | None, at: datetime
) -> Allocation:
    """Settle another open invoice of the same customer with what a credit note still holds."""
    require(by, Permission.ISSUE_CREDITS)
    rows = {row.pk: row for row in locked_many(Invoice, [credit_note_id, invoice_id])}
    note, invoice = rows.get(credit_note_id), rows.get(invoice_id)
    if note is None or note.kind != Invoice.CREDIT_NOTE:
        raise Refused("That is not a credit note.", field="credit_note")
    if invoice is None or invoice.kind != Invoice.INVOICE or invoice.state != InvoiceState.POSTED:
        raise Refused("Choose a posted invoice to settle.", field="invoice")
    if _parties(note) != _parties(invoice):
        raise Refused(
            "A credit settles only invoices of the same customer, company and currency.",
            field="invoice",
        )
    if Allocation.objects.filter(credit_note=note, invoice=invoice).exists():
        raise Refused("This credit note settles that invoice already.", field="invoice")
    allocation = _settle(note, invoice, by=by, at=at)
    if allocation is None:
        raise Refused("Nothing is left of the credit, or nothing of the invoice is open.")
    return allocation


def _credit(
    invoice_id: int,
    wanted: Mapping[int, Decimal] | None,
    *,
    reason: str,
    from_day: date | None,
    by: User | None,
    at: datetime,
) -> Invoice:
    invoice = locked(Invoice, invoice_id)
    if invoice.kind != Invoice.INVOICE or invoice.state != InvoiceState.POSTED:
        raise Refused("Only a posted invoice can be credited.")
    lines = creditable_lines(invoice)
    chosen = lines_to_credit(lines, wanted, currency=invoice.currency)
    taxes = taxes_to_credit(lines, chosen, _credited_taxes(invoice), currency=invoice.currency)
    note = _write(invoice, chosen, taxes, reason=reason, from_day=from_day, at=at)
    publish(
        InvoicesPosted(at=at, invoice_ids=(note.pk,)),
        by=by,
        customer_id=note.customer_id,
        reason=reason,
    )
    invoice.refresh_from_db(fields=["settled"])
    _settle(note, invoice, by=by, at=at)
    return note


def creditable_lines(invoice: Invoice) -> list[CreditableLine]:
    """Return an invoice's lines and how much earlier credit notes gave back of each."""
    credited = dict(
        InvoiceLine.objects.filter(credits_line__invoice=invoice)
        .values_list("credits_line_id")
        .annotate(Sum("net"))
    )
    return [
        CreditableLine(pk, *fields, credited.get(pk, ZERO))  # type: ignore[arg-type, call-arg]
        for pk, *fields in invoice.lines.order_by("position").values_list(
            "pk", "description", "tax_category", "tax_country", "tax_percent", "net"
        )
    ]


def _credited_taxes(invoice: Invoice) -> list[CreditedTax]:
    before = {
        (category, country, percent): (taxable, tax)
        for category, country, percent, taxable, tax in InvoiceTax.objects.filter(
            invoice__corrects=invoice
        )
        .values_list("category", "country", "percent")
        .annotate(Sum("taxable"), Sum("tax"))
    }
    groups = [
        TaxGroup(*row)
        for row in invoice.taxes.order_by("id").values_list(
            "category", "country", "percent", "taxable", "tax", "note"
        )
    ]
    return [CreditedTax(group, *before.get(group[:3], (ZERO, ZERO))) for group in groups]


def _write(
    invoice: Invoice,
    chosen: Mapping[int, Decimal],
    taxes: Sequence[TaxGroup],
    *,
    reason: str,
    from_day: date | None,
    at: datetime,
) -> Invoice:
    net, tax = sum(chosen.values(), ZERO), sum((row.tax for row in taxes), ZERO)
    _check_left(invoice, net + tax)
    issued_on = max(day_in(invoice.legal_entity.time_zone, at), invoice.issued_on)
    kind = Invoice.CREDIT_NOTE
    note = Invoice.objects.create(
        kind=kind,
        state=InvoiceState.POSTED.value,
        number=next_number(SERIES[kind], entity_id=invoice.legal_entity_id, year=issued_on.year),
        customer_id=invoice.customer_id,
        legal_entity_id=invoice.legal_entity_id,
        corrects=invoice,
        contract_id=invoice.contract_id,
        currency=invoice.currency,
        issued_on=issued_on,
        due_on=issued_on,
        net=net,
        tax=tax,
        total=net + tax,
        tax_rounding=invoice.tax_rounding,
        seller=invoice.seller,
        buyer=invoice.buyer,
        reason=reason,
        posted_at=at,
        created_at=at,
    )
    InvoiceLine.objects.bulk_create(_credit_lines(note, invoice, chosen, from_day=from_day))
    InvoiceTax.objects.bulk_create(InvoiceTax(invoice=note, **row._asdict()) for row in taxes)
    return note


def _check_left(invoice: Invoice, total: Decimal) -> None:
    credited = invoice.credit_notes.aggregate(Sum("total"))["total__sum"] or ZERO
    left = Money.rounded(invoice.total - credited, invoice.currency)
    if not 0 <= total <= left.amount:
        raise Refused(
            f"{invoice.number} has {left} left to credit, not {total}. "
            "Credit its deductions along with its charges.",
            field="lines",
        )


def _credit_lines(
    note: Invoice, invoice: Invoice, chosen: Mapping[int, Decimal], *, from_day: date | None
) -> list[InvoiceLine]:
    found = []
    for position, line in enumerate(invoice.lines.filter(pk__in=chosen).order_by("position"), 1):
        amount = chosen[line.pk]
        part = "all" if amount == line.net else f"{amount} of {line.net} {invoice.currency}"
        trace = [f"credits {part} of line {line.position}, {invoice.number}", *line.trace]
        line.credits_line_id, line.pk, line.charge_id = line.pk, None, None
        line.invoice, line.position, line.net, line.trace = note, position, amount, trace
        if from_day:
            line.period_start = max(line.period_start, from_day)
        found.append(line)
    return found


def _settle(note: Invoice, invoice: Invoice, *, by: User | None, at: datetime) -> Allocation | None:
    """Apply what the note still holds to what the invoice still owes; None when either is zero."""
    owed = invoice.open
    amount = min(note.open, owed)
    if amount <= 0:
        return None
    allocation = Allocation.objects.create(
        credit_note=note,
        invoice=invoice,
        amount=amount,
        applied_on=max(
            day_in(invoice.legal_entity.time_zone, at), invoice.issued_on, note.issued_on
        ),
        at=at,
    )
    # Guarded, so that a payment applied at the same moment cannot settle the same amount.
    settled = Invoice.objects.filter(
        pk__in=[note.pk, invoice.pk], settled__lte=F("total") - amount
    ).update(settled=F("settled") + amount)
    if settled != 2:
        raise Refused("The invoice was paid a moment ago. Reload and look again.")
    note.settled, invoice.settled = note.settled + amount, invoice.settled + amount
    publish(
        PaymentApplied(at=at, invoice_id=invoice.pk, allocation_id=allocation.pk),
        by=by,
        customer_id=invoice.customer_id,
        changes={
            "open": [str(Money.rounded(rest, invoice.currency)) for rest in (owed, owed - amount)]
        },
        reason=f"Credit note {note.number}",
    )
    return allocation


def _parties(document: Invoice) -> tuple[int, int, str]:
    return document.customer_id, document.legal_entity_id, document.currency
