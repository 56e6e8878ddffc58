"""Payments, applications and refunds as frozen rows, for the ledger."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.models import Allocation, Payment, Refund


@dataclass(frozen=True, slots=True)
class ReceivedPayment:
    """Money that arrived."""

    id: int
    number: str
    customer_id: int
    legal_entity_id: int
    currency: str
    amount: Decimal
    received_on: date
    kind: str


@dataclass(frozen=True, slots=True)
class Application:
    """What part of a payment or of a credit note settled which invoice."""

    id: int
    invoice_id: int
    payment_id: int | None
    credit_note_id: int | None
    customer_id: int
    legal_entity_id: int
    currency: str
    amount: Decimal
    applied_on: date


@dataclass(frozen=True, slots=True)
class RefundRow:
    """Money that was given back."""

    id: int
    payment_id: int
    customer_id: int
    legal_entity_id: int
    currency: str
    amount: Decimal
    refunded_on: date


def received_payment(payment_id: int) -> ReceivedPayment:
    """Return a payment that succeeded."""
    row = Payment.objects.values_list(
        "id", "number", "customer_id", "legal_entity_id", "currency", "amount", "received_on",
        "kind",
    ).get(pk=payment_id, state="succeeded")  # fmt: skip
    return ReceivedPayment(*row)  # type: ignore[arg-type]


def application(allocation_id: int) -> Application:
    """Return one application of cash or credit to an invoice."""
    row = Allocation.objects.values_list(
        "id", "invoice_id", "payment_id", "credit_note_id", "invoice__customer_id",
        "invoice__legal_entity_id", "invoice__currency", "amount", "applied_on",
    ).get(pk=allocation_id)  # fmt: skip
    return Application(*row)


def refund(refund_id: int) -> RefundRow:
    """Return one refund."""
    row = Refund.objects.values_list(
        "id", "payment_id", "payment__customer_id", "payment__legal_entity_id",
        "payment__currency", "amount", "refunded_on",
    ).get(pk=refund_id)  # fmt: skip
    return RefundRow(*row)


def application_ids(invoice_id: int) -> list[int]:
    """Return the ids of what was applied to an invoice."""
    return list(Allocation.objects.filter(invoice_id=invoice_id).values_list("pk", flat=True))
