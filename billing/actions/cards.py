"""Card payments: commit the intent, ask Stripe with its key, commit the outcome."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from billing.actions.settling import fail, succeed
from billing.events import PaymentStarted
from billing.gateways import stripe
from billing.models import Invoice, Payment, PaymentMethod, PaymentRetry, StripeCustomer
from billing.queries.disputes import is_disputed, paid_by_disputed
from billing.rules.states import PAYMENT_LIFECYCLE, PaymentState
from q2c.customers.models import Customer
from q2c.infra.bus import publish
from q2c.infra.locks import locked
from q2c.kernel.errors import Refused
from q2c.kernel.money import Money

AUTOPAY_JOB = "billing.autopay"
RETRY_JOB = "billing.retry_payment"
RECONCILE_JOB = "billing.reconcile_payment"
OPEN = (PaymentState.PENDING.value, PaymentState.REQUIRES_ACTION.value)
STALE = timedelta(hours=24)  # how long Stripe keeps a hosted page open


def pay_by_card(
    invoice_id: int, *, save_card: bool, success_url: str, cancel_url: str, label: str, at: datetime
) -> str:
    """Return the hosted page on which an invoice's open amount is paid.

    Clicking twice leads to the same page. An attempt over another amount is closed first, so that
    an invoice is never open for payment twice.
    """
    payment = _attempt(invoice_id, is_automatic=False, method=None, label=label, at=at)
    if payment.redirect_url:
        return payment.redirect_url
    invoice = Invoice.objects.get(pk=invoice_id)
    session = stripe.open_session(
        amount=Money(payment.amount, payment.currency),
        customer=stripe_customer(invoice.customer_id),
        invoice_id=invoice.pk,
        description=_("Invoice %(number)s") % {"number": invoice.number},
        save_card=save_card,
        language=get_language() or "auto",
        success_url=success_url,
        cancel_url=cancel_url,
        key=f"{payment.idempotency_key}:{int(save_card)}",
    )
    Payment.objects.filter(pk=payment.pk).update(
        stripe_session=session.id, stripe_intent=session.intent_id, redirect_url=session.url
    )
    return session.url


def charge_saved_card(invoice_id: int, *, at: datetime) -> Payment | None:
    """Charge the customer's default card for what is open, if they agreed to that.

    None when there is nothing to do. Refused by nothing: a decline becomes a failed payment with
    its plan. An unknown outcome raises, and the next call asks with the same key.
    """
    invoice = Invoice.objects.select_related("customer").get(pk=invoice_id)
    method = default_card(invoice.customer)
    if method is None or invoice.kind != Invoice.INVOICE or invoice.settled == invoice.total:
        return None
    if is_disputed(invoice_id):
        return None  # the payer's bank is about to say whether their card was theirs to charge
    payment = _attempt(invoice_id, is_automatic=True, method=method, label="Autopay", at=at)
    if not payment.is_automatic:
        return payment  # the customer is paying on the hosted page at this moment
    outcome = stripe.charge_saved_card(
        amount=Money(payment.amount, payment.currency),
        customer=method.stripe_customer,
        method_id=method.stripe_id or "",
        invoice_id=invoice.pk,
        description=f"Invoice {invoice.number}",
        key=payment.idempotency_key,
    )
    Payment.objects.filter(pk=payment.pk, stripe_intent=None).update(
        stripe_intent=outcome.intent_id
    )
    return settle(payment.pk, outcome, at=at)


def settle(payment_id: int, outcome: stripe.Outcome, *, at: datetime) -> Payment:
    """Bring a payment in line with what Stripe says; the same word twice changes nothing.

    What does not fit our own record (another amount, currency or invoice) is refused, not applied.
    """
    payment = Payment.objects.get(pk=payment_id)
    expected = (Money(payment.amount, payment.currency), str(payment.invoice_id or ""))
    if (outcome.amount, outcome.invoice_id) != expected:
        raise Refused(
            f"Stripe's payment {outcome.intent_id} over {outcome.amount} for invoice "
            f"{outcome.invoice_id or 'none'} is not the one we asked for ({expected[0]}, "
            f"invoice {expected[1]})."
        )
    match outcome.state:
        case "succeeded":
            payment = succeed(payment.pk, at=at)
            _keep_card(payment, outcome, at=at)
        case "failed" if payment.is_automatic:
            payment = fail(payment.pk, code=outcome.code, message=outcome.message, at=at)
        case "failed":
            # On the hosted page the payer may try another card; the attempt stays open.
            Payment.objects.filter(pk=payment.pk, state__in=OPEN).update(
                failure_code=outcome.code[:60], failure_message=outcome.message[:300]
            )
        case "cancelled":
            _cancel(payment.pk)
        case _:
            pass  # still under way
    return Payment.objects.get(pk=payment_id)


def reconcile(payment_id: int, *, at: datetime) -> Payment:
    """Ask Stripe how an attempt ended whose answer we did not get, or that was left lying."""
    payment = Payment.objects.get(pk=payment_id)
    if payment.state not in OPEN:
        return payment
    if payment.stripe_intent:
        outcome = stripe.look_up(payment.stripe_intent)
        if outcome.state in ("open", "failed") and payment.stripe_session:
            stripe.close_session(payment.stripe_session)
            outcome = stripe.look_up(payment.stripe_intent)
        return settle(payment.pk, outcome, at=at)
    if payment.is_automatic and payment.invoice_id:
        return charge_saved_card(payment.invoice_id, at=at) or payment
    _cancel(payment.pk)  # the page was never opened: the payer's next click makes a new attempt
    return payment


def default_card(customer: Customer) -> PaymentMethod | None:
    """Return the card to charge without asking; None without consent or without a card."""
    if not customer.autopay:
        return None
    methods = PaymentMethod.objects.filter(
        customer=customer, kind=PaymentMethod.CARD, removed_at=None, is_default=True
    )
    return methods.exclude(stripe_id=None).first()


def stripe_customer(customer_id: int) -> str:
    """Return Stripe's id for a customer of ours, made on first use."""
    found = StripeCustomer.objects.filter(customer_id=customer_id).first()
    if found:
        return found.stripe_id
    customer = Customer.objects.get(pk=customer_id)
    made = stripe.create_customer(
        customer_id=customer_id, name=customer.legal_name, email=customer.email
    )
    kept, _is_new = StripeCustomer.objects.get_or_create(
        customer_id=customer_id, defaults={"stripe_id": made}
    )
    return kept.stripe_id


@transaction.atomic
def remove_card(customer_id: int, method_id: int, *, at: datetime) -> None:
    """Forget a saved card; without one there is no autopay."""
    method = PaymentMethod.objects.filter(
        pk=method_id, customer_id=customer_id, removed_at=None
    ).first()
    if method is None:
        return
    method.removed_at, method.is_default = at, False
    method.save(update_fields=["removed_at", "is_default"])
    others = PaymentMethod.objects.filter(customer_id=customer_id, removed_at=None)
    if (other := others.exclude(stripe_id=None).order_by("-pk").first()) is not None:
        other.is_default = True
        other.save(update_fields=["is_default"])
    else:
        Customer.objects.filter(pk=customer_id).update(autopay=False)
    if method.stripe_id:
        stripe.forget_card(method.stripe_id)


def set_autopay(customer_id: int, *, is_on: bool) -> None:
    """Turn automatic charging of the default card on or off."""
    Customer.objects.filter(pk=customer_id).update(autopay=is_on)


def due_retries(*, at: datetime, limit: int = 500) -> list[int]:
    """Return the planned tries whose time has come; those of disputed invoices wait."""
    waiting = PaymentRetry.objects.filter(
        ~paid_by_disputed("invoice"), due_at__lte=at, done_at=None, cancelled_at=None
    )
    return list(waiting.order_by("due_at").values_list("pk", flat=True)[:limit])


def stale_attempts(*, at: datetime, limit: int = 500) -> list[int]:
    """Return open attempts that should have ended by now."""
    waiting = Payment.objects.filter(state__in=OPEN, created_at__lte=at - STALE)
    return list(waiting.order_by("pk").values_list("pk", flat=True)[:limit])


def retry_payment(retry_id: int, *, at: datetime) -> None:
    """Make a planned try; nothing when it was made, cancelled, or the invoice is settled."""
    retry = PaymentRetry.objects.filter(pk=retry_id, done_at=None, cancelled_at=None).first()
    if retry is None or is_disputed(retry.invoice_id):
        return
    charge_saved_card(retry.invoice_id, at=at)
    PaymentRetry.objects.filter(pk=retry_id).update(done_at=at)


@transaction.atomic
def _attempt(
    invoice_id: int, *, is_automatic: bool, method: PaymentMethod | None, label: str, at: datetime
) -> Payment:
    """Return the open attempt on an invoice, or commit a new one; one at a time."""
    invoice = locked(Invoice, invoice_id)
    open_amount = invoice.total - invoice.settled
    if invoice.kind != Invoice.INVOICE or invoice.state != "posted" or not open_amount:
        raise Refused(_("There is nothing to pay on this document."))
    found = invoice.payment_attempts.filter(state__in=OPEN).first()
    if found and (found.is_automatic or found.amount == open_amount):
        return found
    if found:
        if found.stripe_session:
            stripe.close_session(found.stripe_session)
        _cancel(found.pk)
    number = invoice.payment_attempts.aggregate(n=Count("id"))["n"] + 1
    payment = Payment.objects.create(
        kind=Payment.CARD,
        customer_id=invoice.customer_id,
        legal_entity_id=invoice.legal_entity_id,
        invoice=invoice,
        method=method,
        currency=invoice.currency,
        amount=open_amount,
        idempotency_key=f"inv:{invoice.pk}:attempt:{number}",
        is_automatic=is_automatic,
        created_at=at,
    )
    publish(
        PaymentStarted(at=at, payment_id=payment.pk),
        by=None,
        label=label,
        customer_id=invoice.customer_id,
    )
    return payment


def _cancel(payment_id: int) -> None:
    with transaction.atomic():
        payment = locked(Payment, payment_id)
        state = PaymentState(payment.state)
        if PAYMENT_LIFECYCLE.allows(state, "cancel"):
            payment.state = PAYMENT_LIFECYCLE.after(state, "cancel").value
            payment.save(update_fields=["state"])


def _keep_card(payment: Payment, outcome: stripe.Outcome, *, at: datetime) -> None:
    """Remember a card that Stripe attached to the customer, with their consent to autopay."""
    if not outcome.method_id or payment.is_automatic:
        return
    owner = StripeCustomer.objects.filter(customer_id=payment.customer_id).first()
    card = stripe.saved_card(outcome.method_id)
    if owner is None or card.customer != owner.stripe_id:
        return
    with transaction.atomic():
        customer = locked(Customer, payment.customer_id)
        methods = PaymentMethod.objects.filter(customer=customer)
        if methods.filter(stripe_id=card.id).exists():
            return
        methods.filter(is_default=True).update(is_default=False)
        PaymentMethod.objects.create(
            customer=customer,
            kind=PaymentMethod.CARD,
            stripe_customer=owner.stripe_id,
            stripe_id=card.id,
            brand=card.brand,
            last4=card.last4,
            exp_month=card.exp_month,
            exp_year=card.exp_year,
            is_default=True,
            created_at=at,
        )
        customer.autopay = True
        customer.save(update_fields=["autopay"])
