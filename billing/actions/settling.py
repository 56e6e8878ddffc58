"""Money meets invoices: a payment succeeds or fails, is applied, or given back."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F

from billing.events import PaymentApplied, PaymentFailed, PaymentReceived, PaymentRefunded
from billing.gateways import stripe
from billing.models import Allocation, Invoice, Payment, PaymentRetry, Refund
from billing.rules.declines import advise
from billing.rules.states import PAYMENT_LIFECYCLE, DisputeState, PaymentState
from q2c.customers.models import Customer
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.clock import day_in
from q2c.infra.locks import locked
from q2c.infra.numbers import next_number
from q2c.kernel.errors import NotAllowed, Refused
from q2c.kernel.money import Money, round_amount

SERIES = "PAY"


@transaction.atomic
def record_transfer(  # noqa: PLR0913  what a bank statement line says
    customer_id: int,
    amount: Decimal,
    *,
    received_on: date,
    reference: str,
    key: str,
    by: User,
    at: datetime,
    to_invoices: Mapping[int, Decimal] | None = None,
) -> Payment:
    """Record money that arrived by bank transfer, in the customer's currency.

    `to_invoices` says what it settles; what is left stays unapplied. The same `key` again returns
    the payment it made before.
    """
    require(by, Permission.RECORD_PAYMENTS)
    found = Payment.objects.filter(idempotency_key=key).first()
    if found:
        return found
    customer = Customer.objects.select_related("legal_entity").filter(pk=customer_id).first()
    if customer is None:
        raise Refused("There is no such customer.", field="customer")
    if amount <= 0 or amount != round_amount(amount, customer.currency):
        raise Refused(f"Give an amount in {customer.currency} above zero.", field="amount")
    if received_on > day_in(customer.legal_entity.time_zone, at):
        raise Refused("Money cannot have arrived in the future.", field="received_on")
    payment = Payment.objects.create(
        kind=Payment.BANK_TRANSFER,
        customer=customer,
        legal_entity=customer.legal_entity,
        currency=customer.currency,
        amount=amount,
        reference=reference[:140],
        idempotency_key=key,
        recorded_by=by,
        created_at=at,
    )
    receive(payment, received_on=received_on, by=by, at=at)
    for invoice_id, part in sorted((to_invoices or {}).items()):
        apply_payment(payment.pk, invoice_id, part, by=by, at=at)
    return Payment.objects.get(pk=payment.pk)


def receive(payment: Payment, *, received_on: date, by: User | None, at: datetime) -> None:
    """Mark a payment as received and number it, within the caller's transaction."""
    state = PAYMENT_LIFECYCLE.after(PaymentState(payment.state), "succeed")
    payment.number = next_number(SERIES, entity_id=payment.legal_entity_id, year=received_on.year)
    payment.state, payment.received_on, payment.settled_at = state.value, received_on, at
    payment.failure_code = payment.failure_message = ""
    payment.save()
    publish(PaymentReceived(at=at, payment_id=payment.pk), by=by, customer_id=payment.customer_id)


@transaction.atomic
def apply_payment(
    payment_id: int, invoice_id: int, amount: Decimal, *, by: User | None, at: datetime
) -> Allocation:
    """Settle an invoice with part of a payment; never beyond what is open or left, whoever races."""
    require(by, Permission.RECORD_PAYMENTS)
    invoice, payment = locked(Invoice, invoice_id), locked(Payment, payment_id)
    if invoice.kind != Invoice.INVOICE or invoice.state != "posted":
        raise Refused("Only a posted invoice can be paid.", field="invoice")
    if (invoice.customer_id, invoice.currency) != (payment.customer_id, payment.currency):
        raise Refused("The invoice belongs to another customer or currency.", field="invoice")
    if amount <= 0 or amount != round_amount(amount, payment.currency):
        raise Refused(f"Give an amount in {payment.currency} above zero.", field="amount")
    if Allocation.objects.filter(payment=payment, invoice=invoice).exists():
        raise Refused("This payment settles a part of that invoice already.", field="invoice")
    _refuse_if_disputed(payment)
    settled = Invoice.objects.filter(pk=invoice.pk, settled__lte=F("total") - amount)
    if not settled.update(settled=F("settled") + amount):
        left = Money(invoice.total - invoice.settled, invoice.currency)
        raise Refused(f"Only {left} of {invoice} is open.", field="amount")
    left_over = Payment.objects.filter(
        pk=payment.pk, allocated__lte=F("amount") - F("refunded") - amount
    )
    if not left_over.update(allocated=F("allocated") + amount):
        raise Refused("The payment has less than that left.", field="amount")
    zone = invoice.legal_entity.time_zone
    allocation = Allocation.objects.create(
        payment=payment,
        invoice=invoice,
        amount=amount,
        applied_on=max(day_in(zone, at), invoice.issued_on),
        at=at,
    )
    publish(
        PaymentApplied(at=at, invoice_id=invoice.pk, allocation_id=allocation.pk),
        by=by,
        label="" if by else "Payment",
        customer_id=invoice.customer_id,
        changes={
            "settled": [
                str(Money.rounded(part, invoice.currency))
                for part in (invoice.settled, invoice.settled + amount)
            ]
        },
    )
    if invoice.settled + amount == invoice.total:
        PaymentRetry.objects.filter(invoice=invoice, done_at=None, cancelled_at=None).update(
            cancelled_at=at
        )
    return allocation


@transaction.atomic
def succeed(payment_id: int, *, at: datetime) -> Payment:
    """A card payment came through: number it and settle its invoice; once, however often told.

    What the invoice cannot take any more stays unapplied for finance to refund or use.
    """
    payment = _with_invoice(payment_id)
    if payment.state == PaymentState.SUCCEEDED.value:
        return payment
    on = day_in(payment.legal_entity.time_zone, at)
    receive(payment, received_on=on, by=None, at=at)
    invoice = payment.invoice
    if invoice and (part := min(payment.amount, invoice.total - invoice.settled)) > 0:
        apply_payment(payment.pk, invoice.pk, part, by=None, at=at)
    return Payment.objects.get(pk=payment.pk)


@transaction.atomic
def fail(payment_id: int, *, code: str, message: str, at: datetime) -> Payment:
    """An automatic charge was declined: plan the next try, or leave it to the customer."""
    payment = _with_invoice(payment_id)
    if payment.state not in (PaymentState.PENDING.value, PaymentState.REQUIRES_ACTION.value):
        return payment
    payment.state = PAYMENT_LIFECYCLE.after(PaymentState(payment.state), "fail").value
    payment.failure_code, payment.failure_message = code[:60], message[:300]
    payment.save(update_fields=["state", "failure_code", "failure_message"])
    if payment.is_automatic and payment.invoice:
        tries = payment.invoice.payment_attempts.filter(is_automatic=True, state="failed").count()
        advice = advise(code, failed_tries=tries)
        if advice.retry_after:
            PaymentRetry.objects.get_or_create(
                invoice=payment.invoice,
                attempt=tries + 1,
                defaults={"due_at": at + advice.retry_after, "after_payment": payment},
            )
    publish(
        PaymentFailed(at=at, payment_id=payment.pk),
        by=None,
        customer_id=payment.customer_id,
        reason=message,
    )
    return payment


def refund_payment(
    payment_id: int, amount: Decimal, *, reason: str, key: str, by: User, at: datetime
) -> Refund:
    """Give unapplied money back: the intent is committed, then Stripe is asked, then it is posted.

    Refused to the person who recorded the payment. The same `key` gives back once.
    """
    require(by, Permission.REFUND_PAYMENTS)
    if not reason.strip():
        raise Refused("Say why the money goes back.", field="reason")
    with transaction.atomic():
        found = Refund.objects.filter(idempotency_key=key).first()
        if found:
            return found
        payment = locked(Payment, payment_id)
        if payment.recorded_by_id == by.pk:
            raise NotAllowed("Whoever recorded a payment cannot refund it.")
        _refuse_if_disputed(payment)
        _take_back(payment, amount)
        refund = Refund.objects.create(
            payment=payment,
            amount=amount,
            reason=reason[:300],
            idempotency_key=key,
            refunded_by=by,
            refunded_on=day_in(payment.legal_entity.time_zone, at),
            at=at,
        )
        if payment.stripe_intent:
            # Asked before the commit: a refusal undoes everything. An unknown outcome does too,
            # and the next try carries the same key.
            refund.stripe_id = stripe.refund(
                intent_id=payment.stripe_intent,
                amount=Money(amount, payment.currency),
                key=f"refund:{key}",
            )
            refund.save(update_fields=["stripe_id"])
        publish(
            PaymentRefunded(at=at, payment_id=payment.pk, refund_id=refund.pk),
            by=by,
            customer_id=payment.customer_id,
            reason=reason,
        )
    return refund


def _refuse_if_disputed(payment: Payment) -> None:
    if payment.disputes.filter(state=DisputeState.OPEN.value).exists():
        raise Refused("This payment is disputed. Wait until the bank has decided.")


def _take_back(payment: Payment, amount: Decimal) -> None:
    if amount <= 0 or amount != round_amount(amount, payment.currency):
        raise Refused(f"Give an amount in {payment.currency} above zero.", field="amount")
    left = Payment.objects.filter(
        pk=payment.pk, state="succeeded", refunded__lte=F("amount") - F("allocated") - amount
    )
    if not left.update(refunded=F("refunded") + amount):
        raise Refused(
            "Only unapplied money can be given back. Credit the invoice first.", field="amount"
        )


def _with_invoice(payment_id: int) -> Payment:
    """Return the payment, its invoice locked first: that is the order of locks."""
    invoice_id = Payment.objects.values_list("invoice_id", flat=True).get(pk=payment_id)
    invoice = locked(Invoice, invoice_id) if invoice_id else None
    payment = locked(Payment, payment_id)
    payment.invoice = invoice
    return payment
