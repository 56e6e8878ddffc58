"""Invoices written by hand: a form, and its buttons on the document's page."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from billing.actions.invoices import change_draft, discard_draft, draft_invoice, post_invoice
from billing.forms import DraftForm, DraftLines, line_drafts
from billing.models import Invoice
from q2c.customers.models import Customer
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.kernel.errors import Refused
from q2c.kernel.rating import plain


@require_http_methods(["GET", "POST"])
@requires(Permission.RUN_BILLING)
def new(request: HttpRequest) -> HttpResponse:
    customer_id = request.GET.get("customer", "")
    numbers = Customer.objects.values_list("number", flat=True)
    number = numbers.filter(pk=int(customer_id)).first() if customer_id.isdigit() else ""
    form = DraftForm(request.POST or None, initial={"customer": number})
    lines = DraftLines(request.POST or None, prefix="lines")
    return _form(request, form, lines, invoice=None)


@require_http_methods(["GET", "POST"])
@requires(Permission.RUN_BILLING)
def edit(request: HttpRequest, invoice_id: int) -> HttpResponse:
    invoice = get_object_or_404(Invoice, pk=invoice_id, state="draft")
    form = DraftForm(
        request.POST or None, initial={"customer": invoice.customer.number, "note": invoice.note}
    )
    form.fields["customer"].disabled = True
    rows = [
        {
            "product": line.product_id,
            "description": line.description,
            "quantity": plain(line.quantity),
            "unit_price": plain(line.unit_price),
        }
        for line in invoice.lines.order_by("position")
    ]
    lines = DraftLines(request.POST or None, prefix="lines", initial=rows)
    return _form(request, form, lines, invoice=invoice)


@require_POST
@requires(Permission.RUN_BILLING)
def post(request: HttpRequest, invoice_id: int) -> HttpResponse:
    invoice = post_invoice(invoice_id, by=request.user, at=timezone.now())  # type: ignore[arg-type]
    messages.success(request, f"{invoice.number} is posted and on its way.")
    return redirect("billing:invoice", invoice_id)


@require_POST
@requires(Permission.RUN_BILLING)
def discard(request: HttpRequest, invoice_id: int) -> HttpResponse:
    discard_draft(invoice_id, by=request.user, at=timezone.now())  # type: ignore[arg-type]
    messages.success(request, "The draft is discarded.")
    return redirect("billing:invoices")


def _form(request: HttpRequest, form: Any, lines: Any, *, invoice: Invoice | None) -> HttpResponse:
    valid = request.method == "POST" and all([form.is_valid(), lines.is_valid()])
    if valid:
        try:
            saved = _save(request, form, lines, invoice)
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            return redirect("billing:invoice", saved.pk)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "lines": lines, "invoice": invoice}
    return render(request, "billing/invoice_form.html", context, status=status)


def _save(request: HttpRequest, form: Any, lines: Any, invoice: Invoice | None) -> Invoice:
    given: dict[str, Any] = {
        "lines": line_drafts(lines),
        "note": form.cleaned_data["note"],
        "by": request.user,
        "at": timezone.now(),
    }
    if invoice:
        return change_draft(invoice.pk, **given)
    return draft_invoice(form.cleaned_data["customer"].pk, **given)
