"""Disputes of card payments: noted, and when the bank decides against us, the money goes back."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Sum

from billing.events import (
    DisputeLost,
    DisputeWon,
    PaymentDisputed,
    PaymentRefunded,
    PaymentTakenBack,
)
from billing.gateways import stripe
from billing.models import Allocation, Dispute, Invoice, Payment, PaymentRetry, Refund
from billing.rules.states import DISPUTE_LIFECYCLE, DisputeState, PaymentState
from q2c.infra.bus import publish
from q2c.infra.clock import day_in
from q2c.infra.locks import locked, locked_many
from q2c.kernel.errors import Refused
from q2c.kernel.money import Money

_VERBS = {"won": "win", "lost": "lose"}


@transaction.atomic
def settle_dispute(payment_id: int, contest: stripe.Contest, *, at: datetime) -> Dispute:
    """Bring a dispute in line with what Stripe says; the same word twice changes nothing.

    A lost one takes back what the payment settled, so that its invoices are open again, and gives
    the money back. Refuses what does not fit our own record.
    """
    payment = _with_invoices(payment_id)
    _check(payment, contest)
    dispute, is_new = Dispute.objects.get_or_create(
        stripe_id=contest.id,
        defaults={
            "payment": payment,
            "amount": contest.amount.amount,
            "reason": contest.reason[:60],
            "answer_by": contest.answer_by,
            "opened_at": at,
        },
    )
    if is_new:
        fact = PaymentDisputed(at=at, payment_id=payment.pk, dispute_id=dispute.pk)
        _publish(fact, payment, f"{contest.amount}, {_words(dispute)}")
    if contest.state in (DisputeState.OPEN, dispute.state):
        return dispute
    _decide(dispute, payment, _VERBS[contest.state], at=at)
    return dispute


def _decide(dispute: Dispute, payment: Payment, verb: str, *, at: datetime) -> None:
    state = DISPUTE_LIFECYCLE.after(DisputeState(dispute.state), verb)
    dispute.state, dispute.closed_at = state.value, at
    dispute.save(update_fields=["state", "closed_at"])
    if state == DisputeState.WON:
        _publish(DisputeWon(at=at, payment_id=payment.pk, dispute_id=dispute.pk), payment)
    else:
        _publish(DisputeLost(at=at, payment_id=payment.pk, dispute_id=dispute.pk), payment)
        _give_back(dispute, payment, at=at)


def _give_back(dispute: Dispute, payment: Payment, *, at: datetime) -> None:
    """Reverse the payment by the disputed amount: first what settles nothing, then the newest."""
    amount = min(dispute.amount, payment.amount - payment.refunded)
    missing = amount - (payment.amount - payment.allocated - payment.refunded)
    if amount <= 0:
        return  # all of it was refunded before
    settled = payment.allocations.values_list("invoice_id").annotate(Sum("amount"))
    for invoice_id, part in settled.order_by("-invoice_id"):
        if missing > 0 and part > 0:
            _take_back(dispute, payment, invoice_id, min(part, missing), at=at)
            missing -= part
    Payment.objects.filter(pk=payment.pk).update(refunded=F("refunded") + amount)
    refund = Refund.objects.create(
        payment=payment,
        amount=amount,
        reason=f"The dispute was lost: {_words(dispute)}",
        stripe_id=dispute.stripe_id,
        idempotency_key=f"dispute:{dispute.stripe_id}",
        refunded_on=day_in(payment.legal_entity.time_zone, at),
        at=at,
    )
    fact = PaymentRefunded(at=at, payment_id=payment.pk, refund_id=refund.pk)
    _publish(fact, payment, refund.reason)


def _take_back(
    dispute: Dispute, payment: Payment, invoice_id: int, amount: Decimal, *, at: datetime
) -> None:
    """Open an invoice again by what the payment had settled; its card is not tried again."""
    invoice = Invoice.objects.select_related("legal_entity").get(pk=invoice_id)
    applied = payment.allocations.filter(invoice=invoice).latest("applied_on")
    row = Allocation.objects.create(
        payment=payment,
        invoice=invoice,
        dispute=dispute,
        amount=-amount,
        applied_on=max(day_in(invoice.legal_entity.time_zone, at), applied.applied_on),
        at=at,
    )
    Invoice.objects.filter(pk=invoice_id).update(settled=F("settled") - amount)
    Payment.objects.filter(pk=payment.pk).update(allocated=F("allocated") - amount)
    waiting = PaymentRetry.objects.filter(invoice=invoice, done_at=None, cancelled_at=None)
    waiting.update(cancelled_at=at)
    settled = [invoice.settled, invoice.settled - amount]
    publish(
        PaymentTakenBack(at=at, invoice_id=invoice_id, allocation_id=row.pk),
        by=None,
        label="Dispute",
        customer_id=invoice.customer_id,
        changes={"settled": [str(Money.rounded(part, invoice.currency)) for part in settled]},
        reason=f"The dispute of {payment} was lost.",
    )


def _with_invoices(payment_id: int) -> Payment:
    """Return the payment, locked after the invoices that it settles: that is the order of locks."""
    settled = Allocation.objects.filter(payment_id=payment_id)
    locked_many(Invoice, set(settled.values_list("invoice_id", flat=True)))
    return locked(Payment, payment_id)


def _check(payment: Payment, contest: stripe.Contest) -> None:
    if payment.state != PaymentState.SUCCEEDED.value:
        raise Refused(f"{contest.id} disputes a payment that never came through.")
    ours = (payment.stripe_intent, payment.currency)
    if (contest.intent_id, contest.amount.currency) != ours or contest.amount.amount <= 0:
        raise Refused(f"{contest.id} over {contest.amount} does not fit {payment}.")


def _words(dispute: Dispute) -> str:
    return (dispute.reason or "no reason given").replace("_", " ")


def _publish(
    fact: PaymentDisputed | DisputeWon | DisputeLost | PaymentRefunded,
    payment: Payment,
    reason: str = "",
) -> None:
    publish(fact, by=None, label="Dispute", customer_id=payment.customer_id, reason=reason)
