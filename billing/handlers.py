"""What this app does about facts, and its jobs."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation

from billing.actions import cards, charges, closing, runs, webhooks
from billing.actions.deliveries import DELIVERY_JOB, enqueue_deliveries
from billing.actions.deliveries import deliver_invoice as deliver
from billing.gateways import stripe
from billing.models import BillingShard, Dispute, DunningLevel, Invoice, Payment
from billing.rules.declines import advise
from orders.events import (
    GoodsShipped,
    LinesClosedShort,
    OrderCancelled,
    OrderPlaced,
    SubscriptionCancelled,
    SubscriptionRevived,
)
from q2c.customers.models import PortalLink
from q2c.customers.portal import make_link, primary_contact
from q2c.identity.models import User
from q2c.identity.roles import Role
from q2c.infra.jobs import TryLater, enqueue, register
from q2c.infra.mail import compose


def schedule_charges(fact: OrderPlaced) -> None:
    charges.schedule_charges(fact.order_id, at=fact.at)


def charge_shipped_goods(fact: GoodsShipped) -> None:
    charges.charge_shipped_goods(fact.shipment_id, at=fact.at)


def stop_charges(fact: SubscriptionCancelled) -> None:
    charges.stop_charges(fact.subscription_id, at=fact.at)


def resume_charges(fact: SubscriptionRevived) -> None:
    charges.resume_charges(fact.subscription_id, ended_on=fact.ended_on)


def drop_charges(fact: OrderCancelled) -> None:
    charges.drop_charges(fact.order_id, at=fact.at)


def drop_given_up(fact: LinesClosedShort) -> None:
    closing.drop_given_up(fact.closing_id, at=fact.at)


def deliver_invoices(fact: dict[str, Any]) -> None:
    enqueue_deliveries(fact["invoice_ids"], at=timezone.now())


def deliver_invoice(payload: dict[str, Any]) -> None:
    """Mail one document with its PDF, then ask the saved card where the customer wants that."""
    deliver(payload["invoice_id"], at=timezone.now())
    charge_automatically(payload["invoice_id"])


def charge_automatically(invoice_id: int) -> None:
    """Ask for the payment of an invoice by the customer's saved card, in a job of its own."""
    enqueue(
        cards.AUTOPAY_JOB,
        key=str(invoice_id),
        payload={"invoice_id": invoice_id},
        at=timezone.now(),
        queue="money",
    )


def charge_card(payload: dict[str, Any]) -> None:
    """Charge a saved card; an unknown outcome is asked for again with the same key."""
    try:
        cards.charge_saved_card(payload["invoice_id"], at=timezone.now())
    except stripe.UnknownOutcome as unknown:
        raise TryLater(f"Stripe did not answer: {unknown}", seconds=60) from unknown


def retry_card(payload: dict[str, Any]) -> None:
    """Make a planned try after a decline."""
    try:
        cards.retry_payment(payload["retry_id"], at=timezone.now())
    except stripe.UnknownOutcome as unknown:
        raise TryLater(f"Stripe did not answer: {unknown}", seconds=60) from unknown


def reconcile_payment(payload: dict[str, Any]) -> None:
    """Find out how an attempt ended that was left lying."""
    try:
        cards.reconcile(payload["payment_id"], at=timezone.now())
    except stripe.UnknownOutcome as unknown:
        raise TryLater(f"Stripe did not answer: {unknown}", seconds=300) from unknown


def act_on_stripe_event(payload: dict[str, Any]) -> None:
    """Act on a stored webhook."""
    try:
        webhooks.act_on(payload["event_id"], payload["intent_id"], at=timezone.now())
    except stripe.UnknownOutcome as unknown:
        raise TryLater(f"Stripe did not answer: {unknown}", seconds=30) from unknown


def bill_shard(payload: dict[str, Any]) -> None:
    """Bill one shard of a run as a job; once, however often it is called."""
    shard = BillingShard.objects.filter(pk=payload["shard_id"], done_at=None).first()
    if shard is None:
        return
    at, run_id = timezone.now(), shard.run_id
    if not runs.bill_shard(shard.pk, at=at):
        raise TryLater("Another worker has this shard.", seconds=20)
    transaction.on_commit(lambda: runs.finish_run(run_id, at=at), robust=True)


def mail_dunning_letter(fact: dict[str, Any]) -> None:
    """Write the letter of a dunning level, with a link to pay; none to who paid in the meantime."""
    invoice = _invoice(fact["invoice_id"])
    if not invoice.open:
        return
    level = DunningLevel.objects.get(level=fact["level"])
    _to_payer(level.template, invoice, f"dunning:{invoice.pk}:{level.level}")


def mail_failed_payment(fact: dict[str, Any]) -> None:
    """Tell the payer at the first decline, with what happens next and a link to act."""
    payment = Payment.objects.select_related("invoice").get(pk=fact["payment_id"])
    if payment.invoice_id is None:
        return
    invoice = _invoice(payment.invoice_id)
    retry = invoice.payment_retries.filter(done_at=None, cancelled_at=None).first()
    advice = advise(payment.failure_code, failed_tries=1)
    extra = {"payment": payment, "retry": retry, "words": advice.words}
    _to_payer("payment_failed", invoice, f"payment_failed:{payment.pk}", extra)


def mail_receipt(fact: dict[str, Any]) -> None:
    """Confirm money received."""
    payment = Payment.objects.select_related("customer", "legal_entity", "invoice").get(
        pk=fact["payment_id"]
    )
    with translation.override(payment.customer.language):
        compose(
            "payment_receipt",
            {"payment": payment},
            cause=f"payment_receipt:{payment.pk}",
            to=payment.customer.email,
            to_name=payment.customer.legal_name,
            at=timezone.now(),
            document="payment",
            document_id=payment.pk,
            customer_id=payment.customer_id,
        )


def mail_dispute(fact: dict[str, Any]) -> None:
    """Tell everybody in finance that a payment is disputed, or how that ended."""
    dispute = Dispute.objects.select_related("payment__customer").get(pk=fact["dispute_id"])
    payment = dispute.payment
    url = settings.PUBLIC_URL + reverse("billing:payment", args=[payment.pk])
    desks = [Role.FINANCE.value, Role.FINANCE_MANAGER.value]
    for person in User.objects.filter(role__in=desks, is_active=True):
        compose(
            "payment_disputed",
            {"person": person, "dispute": dispute, "payment": payment, "url": url},
            cause=f"dispute:{dispute.pk}:{fact['at']}:{person.pk}",
            to=person.email,
            to_name=person.full_name,
            at=timezone.now(),
            document="payment",
            document_id=payment.pk,
            customer_id=payment.customer_id,
        )


def _invoice(invoice_id: int) -> Invoice:
    return Invoice.objects.select_related("customer", "legal_entity").get(pk=invoice_id)


def _to_payer(
    template: str, invoice: Invoice, cause: str, extra: dict[str, Any] | None = None
) -> None:
    now, customer = timezone.now(), invoice.customer
    url = make_link(
        PortalLink.INVOICE,
        customer_id=customer.pk,
        document_id=invoice.pk,
        contact=primary_contact(customer),
        by=None,
        at=now,
        expires_at=now + timedelta(days=30),
    )
    open_amount = invoice.total - invoice.settled
    with translation.override(customer.language):
        compose(
            template,
            {"invoice": invoice, "open": open_amount, "url": url, **(extra or {})},
            cause=cause,
            to=customer.email,
            to_name=customer.legal_name,
            at=now,
            document="invoice",
            document_id=invoice.pk,
            customer_id=customer.pk,
        )


register(DELIVERY_JOB, deliver_invoice)
register(runs.SHARD_JOB, bill_shard)
register(cards.AUTOPAY_JOB, charge_card)
register(cards.RETRY_JOB, retry_card)
register(cards.RECONCILE_JOB, reconcile_payment)
register(webhooks.JOB, act_on_stripe_event)
