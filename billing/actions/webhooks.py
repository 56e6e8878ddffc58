"""Stripe's webhooks: verified, stored once, acted on by a job, in any order."""

from datetime import datetime

from django.db import transaction

from billing.actions.cards import settle
from billing.actions.disputes import settle_dispute
from billing.gateways import stripe
from billing.models import Payment, StripeEvent
from q2c.infra.jobs import enqueue
from q2c.kernel.errors import Refused

JOB = "billing.stripe_event"


@transaction.atomic
def take_in(body: bytes, signature: str, *, at: datetime) -> StripeEvent:
    """Store a verified event once and ask for it to be acted on; refuses a wrong signature."""
    notice = stripe.read_webhook(body, signature)
    event, is_new = StripeEvent.objects.get_or_create(
        event_id=notice.id,
        defaults={"type": notice.type, "payload": notice.payload, "received_at": at},
    )
    if is_new:
        payload = {"event_id": event.pk, "intent_id": notice.intent_id}
        enqueue(JOB, key=notice.id, payload=payload, at=at, queue="money")
    return event


def act_on(event_id: int, intent_id: str, *, at: datetime) -> str:
    """Bring the payment that an event is about in line with what Stripe says now.

    The event is only a hint: its order and its content do not matter. Returns what came of it.
    """
    event = StripeEvent.objects.get(pk=event_id)
    payment = Payment.objects.filter(stripe_intent=intent_id).first() if intent_id else None
    if payment is None:
        outcome = "It is about no payment of ours."
    else:
        try:
            payment = settle(payment.pk, stripe.look_up(intent_id), at=at)
            outcome = f"Payment is {payment.state}."
            if dispute_id := _dispute_of(event):
                dispute = settle_dispute(payment.pk, stripe.look_up_dispute(dispute_id), at=at)
                outcome = f"Dispute is {dispute.state}."
        except Refused as refusal:
            outcome = refusal.message
    StripeEvent.objects.filter(pk=event_id).update(processed_at=at, outcome=outcome[:200])
    return outcome


def _dispute_of(event: StripeEvent) -> str:
    """Return the id of the dispute that an event is about, if it is about one."""
    if not event.type.startswith("charge.dispute."):
        return ""
    return str(event.payload.get("data", {}).get("object", {}).get("id", ""))
