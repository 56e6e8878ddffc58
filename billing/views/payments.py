"""Payments: the list, one of them, recording a transfer, applying, refunding."""

from decimal import Decimal, InvalidOperation

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing.actions.settling import apply_payment, record_transfer, refund_payment
from billing.forms import RefundForm, TransferForm
from billing.gateways.stripe import UnknownOutcome
from billing.models import Dispute, Payment
from billing.queries.disputes import DISPUTED, dispute_of, with_dispute
from billing.queries.payments import TABS, open_invoices, payments, unapplied
from q2c.customers.models import Customer
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.infra.bus import history
from q2c.kernel.errors import Refused
from q2c.web.registry import panels_for
from q2c.web.shortcuts import page_of

_LABELS = {
    "all": "All",
    "received": "Received",
    "unapplied": "Unapplied",
    "open": "Under way",
    "failed": "Failed",
    "disputed": "Disputed",
}
_TABS = {**TABS, "disputed": DISPUTED}


@require_GET
@requires(Permission.VIEW_INVOICES)
def list_(request: HttpRequest) -> HttpResponse:
    tab, text = request.GET.get("tab", "all"), request.GET.get("q", "").strip()
    rows = with_dispute(payments())
    if text:
        by_name = rows.filter(customer__legal_name__icontains=text)
        rows = by_name | rows.filter(number__iexact=text) | rows.filter(reference__icontains=text)
    tabs = [
        {
            "label": label,
            "url": f"?tab={name}",
            "current": name == tab,
            "count": rows.filter(_TABS[name]).count(),
            "total": "",
        }
        for name, label in _LABELS.items()
    ]
    page = page_of(rows.filter(_TABS.get(tab, _TABS["all"])), request)
    context = {
        "page": page,
        "tabs": tabs,
        "query": text,
        "keep": {"tab": tab},
        "is_filtered": bool(text) or tab != "all",
    }
    return render(request, "billing/payments.html", context)


@require_GET
@requires(Permission.VIEW_INVOICES)
def detail(request: HttpRequest, payment_id: int) -> HttpResponse:
    return _page(request, get_object_or_404(payments(), pk=payment_id))


@require_http_methods(["GET", "POST"])
@requires(Permission.RECORD_PAYMENTS)
def record(request: HttpRequest, customer_id: int) -> HttpResponse:
    customer = get_object_or_404(Customer, pk=customer_id)
    invoices = list(open_invoices(customer_id)[:50])
    form = TransferForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            payment = record_transfer(
                customer_id,
                form.cleaned_data["amount"],
                received_on=form.cleaned_data["received_on"],
                reference=form.cleaned_data["reference"],
                key=f"transfer:{form.cleaned_data['key']}",
                by=request.user,  # type: ignore[arg-type]
                at=timezone.now(),
                to_invoices=_parts(request, [invoice.pk for invoice in invoices]),
            )
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            messages.success(request, f"{payment.number} is recorded.")
            return redirect("billing:payment", payment.pk)
    context = {"customer": customer, "invoices": invoices, "form": form}
    return render(request, "billing/payment_record.html", context, status=_status(form))


@require_POST
@requires(Permission.RECORD_PAYMENTS)
def apply(request: HttpRequest, payment_id: int) -> HttpResponse:
    payment = get_object_or_404(payments(), pk=payment_id)
    parts = _parts(request, [int(pk) for pk in request.POST.getlist("invoice") if pk.isdigit()])
    for invoice_id, amount in sorted(parts.items()):
        apply_payment(payment.pk, invoice_id, amount, by=request.user, at=timezone.now())  # type: ignore[arg-type]
    if parts:
        messages.success(request, "The payment was applied.")
    return redirect("billing:payment", payment_id)


@require_POST
@requires(Permission.REFUND_PAYMENTS)
def refund(request: HttpRequest, payment_id: int) -> HttpResponse:
    payment = get_object_or_404(payments(), pk=payment_id)
    form = RefundForm(request.POST)
    if form.is_valid():
        try:
            refund_payment(
                payment_id,
                form.cleaned_data["amount"],
                reason=form.cleaned_data["reason"],
                key=form.cleaned_data["key"],
                by=request.user,  # type: ignore[arg-type]
                at=timezone.now(),
            )
        except UnknownOutcome:
            form.add_error(None, "Stripe did not answer. Send it again: it is given back once.")
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            messages.success(request, "The money is on its way back.")
            return redirect("billing:payment", payment_id)
    return _page(request, payment, form)


def _page(request: HttpRequest, payment: Payment, form: RefundForm | None = None) -> HttpResponse:
    left = unapplied(payment) if payment.state == "succeeded" else Decimal(0)
    dispute = dispute_of(payment)
    is_free = left and not (dispute and dispute.state == Dispute.OPEN)
    context = {
        "payment": payment,
        "dispute": dispute,
        "left": left,
        "is_free": is_free,
        "allocations": payment.allocations.select_related("invoice").order_by("pk"),
        "refunds": payment.refunds.select_related("refunded_by").order_by("pk"),
        "to_settle": open_invoices(payment.customer_id)[:20] if is_free else [],
        "refund_form": form or RefundForm(initial={"amount": left}),
        "panels": panels_for(request.user, "payment"),  # type: ignore[arg-type]
        "events": history("payment", payment.pk)[:50],
    }
    status = _status(form) if form else 200
    return render(request, "billing/payment.html", context, status=status)


def _parts(request: HttpRequest, invoice_ids: list[int]) -> dict[int, Decimal]:
    """Read the amounts typed beside invoices; empty ones settle nothing."""
    parts = {}
    for pk in invoice_ids:
        if text := request.POST.get(f"invoice-{pk}", "").strip():
            try:
                parts[pk] = Decimal(text)
            except InvalidOperation:
                raise Refused(f"“{text}” is not an amount such as 120.50.") from None
    return parts


def _status(form: TransferForm | RefundForm) -> int:
    return 422 if form.errors else 200
