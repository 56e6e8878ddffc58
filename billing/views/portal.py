"""What the customer sees of billing: an invoice to pay, and their account."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from billing.actions.cards import pay_by_card, reconcile, remove_card, set_autopay
from billing.documents import invoice_pdf
from billing.gateways.stripe import UnknownOutcome
from billing.models import Invoice, Payment
from billing.queries.payments import cards_of, open_invoices
from billing.rules.declines import advise
from orders.queries.credits import has_credits
from orders.queries.deliveries import orders_of
from q2c.customers.models import Customer, PortalLink
from q2c.customers.portal_session import opened_link, private
from q2c.infra.clock import day_in
from q2c.kernel.errors import Refused
from q2c.web.retelling import retold

_WAIT = gettext_lazy(
    "Our payment service does not answer. Nothing was charged; please try again in a minute."
)


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
        "declined": _declined(attempt),
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
            label=link.contact.name if link.contact else _("Customer"),
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
        messages.success(request, _("Thank you. Your payment has arrived."))
    else:
        messages.info(request, _("Your payment is being confirmed. This page will show it."))
    return redirect("billing:portal_invoice", invoice_id)


@private
@require_GET
def account(request: HttpRequest, customer_id: int) -> HttpResponse:
    opened_link(request, PortalLink.ACCOUNT, customer_id)
    customer = get_object_or_404(Customer.objects.select_related("legal_entity"), pk=customer_id)
    on = day_in(customer.legal_entity.time_zone, timezone.now())
    settled = Invoice.objects.filter(customer=customer, state="posted").order_by(
        "-issued_on", "-pk"
    )
    context = {
        "customer": customer,
        "legal_entity": customer.legal_entity,
        "open_invoices": open_invoices(customer_id),
        "documents": settled[:100],
        "has_orders": orders_of(customer_id).exists(),
        "has_credits": has_credits(customer_id, on=on),
        "cards": cards_of(customer_id),
    }
    return render(request, "billing/portal_account.html", context)


@private
@require_POST
def forget_card(request: HttpRequest, invoice_id: int, method_id: int) -> HttpResponse:
    link = opened_link(request, PortalLink.INVOICE, invoice_id)
    remove_card(link.customer_id, method_id, at=timezone.now())
    messages.success(request, _("The card is removed."))
    return redirect("billing:portal_invoice", invoice_id)


@private
@require_POST
def autopay(request: HttpRequest, invoice_id: int) -> HttpResponse:
    link = opened_link(request, PortalLink.INVOICE, invoice_id)
    is_on = request.POST.get("autopay") == "on"
    set_autopay(link.customer_id, is_on=is_on)
    if is_on:
        messages.success(request, _("Your card will be charged automatically."))
    else:
        messages.success(request, _("Your card will no longer be charged automatically."))
    return redirect("billing:portal_invoice", invoice_id)


def _declined(attempt: Payment | None) -> str:
    """Return what a payer reads of a card that was declined: never the bank's own words."""
    if attempt is None or not attempt.failure_code:
        return ""
    return retold(advise(attempt.failure_code, failed_tries=1).words)
