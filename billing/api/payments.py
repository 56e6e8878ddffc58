"""Payments for programs: transfers recorded, applied, refunded."""

from typing import Any

from django.db.models import Q, QuerySet
from rest_framework import serializers

from billing.actions.settling import apply_payment, record_transfer, refund_payment
from billing.models import Allocation, Payment, Refund
from billing.rules.states import PaymentState
from q2c.api.fields import Amount, Id, Input
from q2c.api.filters import days, instants, number, one_of, search, text
from q2c.api.idempotency import natural_key
from q2c.api.resources import Resource, verb
from q2c.identity.roles import Permission
from q2c.kernel.errors import Refused

_FIELDS = [
    "id", "number", "kind", "state", "customer_id", "legal_entity_id", "invoice_id", "currency",
    "amount", "allocated", "refunded", "received_on", "reference", "is_automatic", "failure_code",
    "failure_message", "created_at", "settled_at",
]  # fmt: skip


class PaymentSummarySerializer(serializers.ModelSerializer):
    """Money received, or an attempt to receive it for `invoice_id`."""

    customer_id = serializers.IntegerField()
    legal_entity_id = serializers.IntegerField()
    invoice_id = serializers.IntegerField(allow_null=True)
    amount = Amount()
    allocated = Amount()
    refunded = Amount()

    class Meta:
        model = Payment
        fields = _FIELDS
        read_only_fields = fields


class AllocationSerializer(serializers.ModelSerializer):
    """What part of the payment settles which invoice."""

    invoice_id = serializers.IntegerField()
    amount = Amount(currency="payment.currency")

    class Meta:
        model = Allocation
        fields = ["invoice_id", "amount", "applied_on"]
        read_only_fields = fields


class RefundSerializer(serializers.ModelSerializer):
    amount = Amount(currency="payment.currency")

    class Meta:
        model = Refund
        fields = ["id", "amount", "reason", "refunded_on"]
        read_only_fields = fields


class PaymentSerializer(PaymentSummarySerializer):
    """A payment with what it settles and what was given back."""

    allocations = AllocationSerializer(many=True)
    refunds = RefundSerializer(many=True)

    class Meta(PaymentSummarySerializer.Meta):
        fields = [*_FIELDS, "allocations", "refunds"]
        read_only_fields = fields


class ApplyInput(Input):
    invoice_id = Id()
    amount = serializers.DecimalField(max_digits=19, decimal_places=4)


class TransferInput(Input):
    """A bank transfer in the customer's currency; what `invoices` leaves stays unapplied."""

    customer_id = Id()
    amount = serializers.DecimalField(max_digits=19, decimal_places=4)
    received_on = serializers.DateField()
    reference = serializers.CharField(max_length=140, required=False, allow_blank=True)
    invoices = ApplyInput(many=True, required=False)


class RefundInput(Input):
    amount = serializers.DecimalField(max_digits=19, decimal_places=4)
    reason = serializers.CharField(max_length=300)


def _matching(rows: QuerySet[Payment], words: str) -> QuerySet[Payment]:
    for word in words.split():
        rows = rows.filter(
            Q(number__icontains=word)
            | Q(reference__icontains=word)
            | Q(customer__legal_name__icontains=word)
        )
    return rows


class Payments(Resource):
    """Money received and attempts to receive it."""

    scope = "payments"
    permission = Permission.VIEW_INVOICES
    serializer_class = PaymentSerializer
    summary_class = PaymentSummarySerializer
    filters = {
        "q": search(_matching),
        "number": text("number"),
        "kind": one_of("kind", [Payment.CARD, Payment.BANK_TRANSFER, Payment.OTHER]),
        "state": one_of("state", [state.value for state in PaymentState]),
        "customer_id": number("customer_id"),
        "invoice_id": number("invoice_id"),
        "received_on": days("received_on"),
        "created": instants("created_at"),
    }

    def rows(self) -> QuerySet[Payment]:
        return Payment.objects.all()

    def whole(self, rows: QuerySet[Payment]) -> QuerySet[Payment]:
        return rows.prefetch_related("allocations", "refunds")

    @verb("payments:write", takes=TransferInput, status=201, is_about_one=False)
    def create(self, data: dict[str, Any]) -> int:
        """Record a bank transfer and apply it to invoices."""
        now, parts = self.at, data.pop("invoices", [])
        reference = data.pop("reference", "")
        payment = record_transfer(
            **data, reference=reference, key=natural_key(self.request), by=self.by, at=now
        )
        for place, part in enumerate(parts):
            try:
                apply_payment(payment.pk, **part, by=self.by, at=now)
            except Refused as refusal:
                field = f"invoices.{place}.{_sent_as(refusal.field)}".rstrip(".")
                raise type(refusal)(refusal.message, field=field) from refusal
        return payment.pk

    @verb("payments:write", takes=ApplyInput)
    def apply(self, payment: Payment, data: dict[str, Any]) -> None:
        """Settle an invoice with part of what is left of a payment."""
        apply_payment(payment.pk, **data, by=self.by, at=self.at)

    @verb("payments:refund", takes=RefundInput)
    def refund(self, payment: Payment, data: dict[str, Any]) -> None:
        """Give unapplied money back; never by whoever recorded it."""
        refund_payment(payment.pk, **data, key=natural_key(self.request), by=self.by, at=self.at)


def _sent_as(field: str) -> str:
    return "invoice_id" if field == "invoice" else field
