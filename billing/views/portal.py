"""What the customer sees of billing: an invoice to pay, and their account."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from billing.actions.cards import pay_by_card, reconcile, remove_card, set_autopay
from billing.documents import invoice_pdf
from billing.gateways.stripe import UnknownOutcome
from billing.models import Invoice
from billing.queries.payments import cards_of, open_invoices
from q2c.customers.models import Customer, PortalLink
from q2c.customers.portal_session import opened_link, private
from q2c.infra.clock import day_in
from q2c.kernel.errors import Refused

_WAIT = "Our payment service does not answer. Nothing was charged; please try again in a minute."


@private
@require_GET
def invoice(request: HttpRequest, invoice_id: int) -> HttpResponse:
    opened_link(request, PortalLink.INVOICE, invoice_id)
    document = get_object_or_404(
        Invoice.objects.select_related("customer", "legal_entity"), pk=invoice_id, state="posted"
    )
    attempt = document.payment_attempts.order_by("-pk").first()
    context = {
        "invoice": document,
        "legal_entity": document.legal_entity,
        "open": document.total - document.settled,
        "is_credit": document.kind == Invoice.CREDIT_NOTE,
        "is_overdue": document.due_on < day_in(document.legal_entity.time_zone, timezone.now()),
        "lines": document.lines.order_by("position"),
        "taxes": document.taxes.order_by("pk"),
        "payments": document.allocations.select_related("payment").order_by("pk"),
        "cards": cards_of(document.customer_id),
        "attempt": attempt,
    }
    return render(request, "billing/portal_invoice.html", context)


@private
@require_GET
def invoice_document(request: HttpRequest, invoice_id: int) -> HttpResponse:
    opened_link(request, PortalLink.INVOICE, invoice_id)
    document = get_object_or_404(Invoice, pk=invoice_id, state="posted")
    blob = invoice_pdf(document, at=timezone.now())
    response = HttpResponse(bytes(blob.content), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{document.number}.pdf"'
    return response


@private
@require_POST
def pay(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """Go to the hosted page; a second click leads to the same one."""
    link = opened_link(request, PortalLink.INVOICE, invoice_id)
    back = settings.PUBLIC_URL + reverse("billing:portal_paid", args=[invoice_id])
    try:
        url = pay_by_card(
            invoice_id,
            save_card=bool(request.POST.get("save_card")),
            success_url=back,
            cancel_url=settings.PUBLIC_URL + reverse("billing:portal_invoice", args=[invoice_id]),
            label=link.contact.name if link.contact else "Customer",
            at=timezone.now(),
        )
    except UnknownOutcome:
        messages.error(request, _WAIT)
        return redirect("billing:portal_invoice", invoice_id)
    return redirect(url)


@private
@require_GET
def paid(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """Come back from the hosted page: ask Stripe how it went, whatever the address says."""
    opened_link(request, PortalLink.INVOICE, invoice_id)
    document = get_object_or_404(Invoice, pk=invoice_id, state="posted")
    attempt = document.payment_attempts.filter(is_automatic=False).order_by("-pk").first()
    try:
        payment = reconcile(attempt.pk, at=timezone.now()) if attempt else None
    except UnknownOutcome:
        payment = None
    except Refused:
        payment = attempt  # finance sees the mismatch on the payment; the payer need not
    if payment and payment.state == "succeeded":
        messages.success(request, "Thank you. Your payment has arrived.")
    else:
        messages.info(request, "Your payment is being confirmed. This page will show it.")
    return redirect("billing:portal_invoice", invoice_id)


@private
@require_GET
def account(request: HttpRequest, customer_id: int) -> HttpResponse:
    opened_link(request, PortalLink.ACCOUNT, customer_id)
    customer = get_object_or_404(Customer.objects.select_related("legal_entity"), pk=customer_id)
    settled = Invoice.objects.filter(customer=customer, state="posted").order_by(
        "-issued_on", "-pk"
    )
    context = {
        "customer": customer,
        "legal_entity": customer.legal_entity,
        "open_invoices": open_invoices(customer_id),
        "documents": settled[:100],
        "cards": cards_of(customer_id),
    }
    return render(request, "billing/portal_account.html", context)


@private
@require_POST
def forget_card(request: HttpRequest, invoice_id: int, method_id: int) -> HttpResponse:
    link = opened_link(request, PortalLink.INVOICE, invoice_id)
    remove_card(link.customer_id, method_id, at=timezone.now())
    messages.success(request, "The card is removed.")
    return redirect("billing:portal_invoice", invoice_id)


@private
@require_POST
def autopay(request: HttpRequest, invoice_id: int) -> HttpResponse:
    link = opened_link(request, PortalLink.INVOICE, invoice_id)
    is_on = request.POST.get("autopay") == "on"
    set_autopay(link.customer_id, is_on=is_on)
    words = "will be" if is_on else "will no longer be"
    messages.success(request, f"Your card {words} charged automatically.")
    return redirect("billing:portal_invoice", invoice_id)
