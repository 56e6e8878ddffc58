"""Invoices and credit notes: the list, the document, credits, sending again."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing.actions.credits import apply_credit, credit_invoice
from billing.actions.deliveries import send_again
from billing.documents import invoice_pdf, render_invoice
from billing.forms import CreditForm
from billing.models import Invoice
from billing.queries import lists
from billing.queries.disputes import is_disputed
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.infra.bus import history
from q2c.kernel.errors import Refused
from q2c.kernel.money import Money
from q2c.web.registry import panels_for
from q2c.web.shortcuts import csv_response, page_of

_LABELS = {
    "all": "All",
    "draft": "Draft",
    "open": "Open",
    "overdue": "Overdue",
    "paid": "Paid",
    "credits": "Credit notes",
}
_CSV = [
    "number", "kind", "status", "customer_number", "customer", "issued_on", "due_on", "currency",
    "net", "tax", "total", "open",
]  # fmt: skip
_FILTERS = ("q", "tab", "customer", "run", "contract")


@require_GET
@requires(Permission.VIEW_INVOICES)
def list_(request: HttpRequest) -> HttpResponse:
    on, tab = timezone.localdate(), request.GET.get("tab", "all")
    wanted = {name: request.GET[name] for name in _FILTERS if request.GET.get(name)}
    rows = lists.narrowed(lists.invoices(), wanted)
    found = lists.with_status(lists.in_tab(rows, tab, on=on), on=on)
    context = {
        "page": page_of(found, request, order=("-issued_on", "-id")),
        "query": request.GET.get("q", ""),
        "keep": {name: value for name, value in wanted.items() if name != "q"},
        "is_filtered": bool(wanted),
        "tabs": [_tab(request, name, rows, tab, on) for name in lists.TABS],
    }
    return render(request, "billing/invoices.html", context)


def _tab(request: HttpRequest, name: str, rows: Any, current: str, on: date) -> dict[str, Any]:
    query = request.GET.copy()
    query.pop("after", None)
    query["tab"] = name
    found = lists.tab_sum(rows, name, on=on)
    return {
        "label": _LABELS[name],
        "url": f"?{query.urlencode()}",
        "current": name == current,
        "count": found.count,
        "total": str(found),
    }


@require_GET
@requires(Permission.VIEW_INVOICES)
def export(request: HttpRequest) -> HttpResponseBase:
    on = timezone.localdate()
    rows = lists.narrowed(lists.invoices(), request.GET.dict())
    rows = lists.with_status(lists.in_tab(rows, request.GET.get("tab", "all"), on=on), on=on)
    found = rows.order_by("-issued_on", "-id").iterator(chunk_size=2000)
    return csv_response("invoices.csv", _CSV, (_csv_row(row) for row in found))


def _csv_row(row: Any) -> list[object]:
    return [
        row.number, row.kind, row.status, row.customer.number, row.customer.legal_name,
        row.issued_on, row.due_on, row.currency, row.net, row.tax, row.total, row.open,
    ]  # fmt: skip


@require_GET
@requires(Permission.VIEW_INVOICES)
def detail(request: HttpRequest, invoice_id: int) -> HttpResponse:
    on = timezone.localdate()
    documents = Invoice.objects.select_related("customer", "legal_entity", "corrects", "run")
    invoice = get_object_or_404(lists.with_status(documents, on=on), pk=invoice_id)
    is_credit = invoice.kind == Invoice.CREDIT_NOTE
    context = {
        "invoice": invoice,
        "is_credit": is_credit,
        "lines": invoice.lines.order_by("position").select_related("product"),
        "taxes": invoice.taxes.order_by("id"),
        "applications": lists.applications_of(invoice),
        "is_disputed": is_disputed(invoice_id),
        "attempts": lists.attempts_of(invoice),
        "credit_notes": invoice.credit_notes.order_by("id"),
        "to_settle": lists.invoices_to_settle(invoice)[:20] if is_credit and invoice.open else [],
        "mails": lists.mails_of(invoice_id),
        "panels": panels_for(request.user, "invoice"),  # type: ignore[arg-type]
        "events": history("invoice", invoice_id)[:50],
        "facts": _facts(invoice),
        "late": _days_late(invoice.due_on, on),
    }
    return render(request, "billing/invoice.html", context)


def _facts(invoice: Any) -> list[tuple[str, Any]]:
    facts = [
        ("Billed by", invoice.legal_entity.name),
        ("Tax ID of the customer", invoice.buyer.get("tax_id")),
        ("Address", _address(invoice.buyer)),
        ("Payment terms", f"{(invoice.due_on - invoice.issued_on).days} days"),
    ]
    return facts[:3] if invoice.kind == Invoice.CREDIT_NOTE else facts


def _days_late(due_on: date, on: date) -> str:
    days = (on - due_on).days
    return f"{days} day{'' if days == 1 else 's'} late"


def _address(party: dict[str, Any]) -> str:
    town = f"{party.get('postal_code', '')} {party.get('city', '')}".strip()
    parts = [party.get("street"), party.get("street2"), town, party.get("country")]
    return ", ".join(part for part in parts if part)


@require_GET
@requires(Permission.VIEW_INVOICES)
def pdf(request: HttpRequest, invoice_id: int) -> HttpResponse:
    invoice = get_object_or_404(Invoice, pk=invoice_id)
    if invoice.number:
        content = bytes(invoice_pdf(invoice, at=timezone.now()).content)
    else:
        content = render_invoice(invoice)
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{invoice}.pdf"'
    return response


@require_http_methods(["GET", "POST"])
@requires(Permission.ISSUE_CREDITS)
def credit(request: HttpRequest, invoice_id: int) -> HttpResponse:
    invoice = get_object_or_404(Invoice.objects.select_related("customer"), pk=invoice_id)
    form = CreditForm(request.POST or None, invoice=invoice)
    if request.method == "POST" and form.is_valid():
        try:
            note = credit_invoice(
                invoice_id,
                lines=form.amounts(),
                reason=form.cleaned_data["reason"],
                by=request.user,  # type: ignore[arg-type]
                at=timezone.now(),
            )
        except Refused as refusal:
            field = refusal.field if refusal.field in form.fields else None
            form.add_error(field, refusal.message)
        else:
            messages.success(
                request, f"{note.number} credits {Money.rounded(note.total, note.currency)}."
            )
            return redirect("billing:invoice", note.pk)
    status = 422 if request.method == "POST" else 200
    context = {"invoice": invoice, "form": form, "rows": form.rows()}
    return render(request, "billing/invoice_credit.html", context, status=status)


@require_POST
@requires(Permission.ISSUE_CREDITS)
def apply(request: HttpRequest, invoice_id: int) -> HttpResponse:
    target = request.POST.get("invoice", "")
    if not target.isdigit():
        raise Refused("Choose the invoice to settle.", field="invoice")
    allocation = apply_credit(
        invoice_id,
        int(target),
        by=request.user,  # type: ignore[arg-type]
        at=timezone.now(),
    )
    amount = Money.rounded(allocation.amount, allocation.invoice.currency)
    text = f"{amount} settles {allocation.invoice.number}."
    messages.success(request, text)
    return redirect("billing:invoice", invoice_id)


@require_POST
@requires(Permission.RUN_BILLING)
def resend(request: HttpRequest, invoice_id: int) -> HttpResponse:
    mail = send_again(invoice_id, by=request.user, at=timezone.now())  # type: ignore[arg-type]
    messages.success(request, f"It is on its way to {mail.to}, with a fresh link.")
    return redirect(reverse("billing:invoice", args=[invoice_id]) + "#deliveries")
