"""What this app does about facts: each is posted in the transaction that states it."""

from billing.events import (
    InvoicesPosted,
    PaymentApplied,
    PaymentReceived,
    PaymentRefunded,
    PaymentTakenBack,
)
from revenue import actions


def post_invoices(fact: InvoicesPosted) -> None:
    actions.post_documents(fact.invoice_ids, at=fact.at)


def post_payment(fact: PaymentReceived) -> None:
    actions.post_payment(fact.payment_id, at=fact.at)


def post_application(fact: PaymentApplied | PaymentTakenBack) -> None:
    actions.post_application(fact.allocation_id, at=fact.at)


def post_refund(fact: PaymentRefunded) -> None:
    actions.post_refund(fact.refund_id, at=fact.at)
