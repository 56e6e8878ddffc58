from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from billing.rules.states import PAYMENT_LIFECYCLE, PaymentState

AMOUNT: dict[str, Any] = {"max_digits": 19, "decimal_places": 4}


class PaymentMethod(models.Model):
    """A way to charge a customer without them: a card saved at Stripe, or a bank transfer note."""

    CARD, BANK_TRANSFER, DIRECT_DEBIT, CHECK = "card", "bank_transfer", "direct_debit", "check"

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    kind = models.CharField(
        max_length=13,
        choices=[
            (CARD, "Card"),
            (BANK_TRANSFER, "Bank transfer"),
            (DIRECT_DEBIT, "Direct debit"),
            (CHECK, "Check"),
        ],
    )
    stripe_customer = models.CharField(max_length=60, blank=True, default="")
    stripe_id = models.CharField(max_length=60, null=True, unique=True)  # noqa: DJ001
    brand = models.CharField(max_length=20, blank=True, default="")
    last4 = models.CharField(max_length=4, blank=True, default="")
    exp_month = models.PositiveSmallIntegerField(null=True)
    exp_year = models.PositiveSmallIntegerField(null=True)
    is_default = models.BooleanField(default=False)
    removed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(is_default=True, removed_at=None),
                name="one_default_payment_method",
            )
        ]

    def __str__(self) -> str:
        return f"{self.brand or self.kind} {self.last4}".strip()


class Payment(models.Model):
    """Money received, or an attempt to receive it. Its intent is committed before Stripe is asked."""

    CARD, BANK_TRANSFER, OTHER = "card", "bank_transfer", "other"

    number = models.CharField(max_length=20, null=True)  # noqa: DJ001
    state = models.CharField(
        max_length=15,
        choices=[(s.value, s.value.replace("_", " ")) for s in PaymentState],
        default=PAYMENT_LIFECYCLE.start.value,
    )
    kind = models.CharField(
        max_length=13,
        choices=[(CARD, "Card"), (BANK_TRANSFER, "Bank transfer"), (OTHER, "Other")],
    )
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    legal_entity = models.ForeignKey("customers.LegalEntity", models.PROTECT, related_name="+")
    invoice = models.ForeignKey(  # what it was meant to pay; allocations say what it did pay
        "billing.Invoice", models.PROTECT, null=True, related_name="payment_attempts"
    )
    method = models.ForeignKey(PaymentMethod, models.PROTECT, null=True, related_name="+")
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(**AMOUNT)
    allocated = models.DecimalField(**AMOUNT, default=0)
    refunded = models.DecimalField(**AMOUNT, default=0)
    received_on = models.DateField(null=True)
    reference = models.CharField(max_length=140, blank=True, default="")
    idempotency_key = models.CharField(max_length=120, unique=True)
    is_automatic = models.BooleanField(default=False)
    stripe_intent = models.CharField(max_length=60, null=True, unique=True)  # noqa: DJ001
    stripe_session = models.CharField(max_length=80, blank=True, default="")
    redirect_url = models.TextField(blank=True, default="")
    failure_code = models.CharField(max_length=60, blank=True, default="")
    failure_message = models.CharField(max_length=300, blank=True, default="")
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["legal_entity", "number"], name="one_payment_per_number"
            ),
            models.CheckConstraint(name="payment_is_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="never_apply_more_than_received",
                condition=Q(allocated__gte=0)
                & Q(refunded__gte=0)
                & Q(allocated__lte=F("amount") - F("refunded")),
            ),
            models.CheckConstraint(
                name="payment_is_dated_and_numbered_iff_received",
                condition=Q(state="succeeded", received_on__isnull=False, number__isnull=False)
                | (~Q(state="succeeded") & Q(received_on__isnull=True, allocated=0)),
            ),
            models.UniqueConstraint(
                fields=["invoice"],
                condition=Q(state__in=["pending", "requires_action"]),
                name="one_open_payment_attempt_per_invoice",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="payment_newest"),
            models.Index(fields=["customer", "-id"], name="payment_of_customer"),
        ]

    def __str__(self) -> str:
        return self.number or f"Attempt {self.pk}"


class Allocation(models.Model):
    """What part of a payment, or of a credit note, settles which invoice.

    A row of a lost dispute is negative: it takes back what the payment had settled.
    """

    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="allocations")
    credit_note = models.ForeignKey(
        "billing.Invoice", models.PROTECT, null=True, related_name="allocations_out"
    )
    invoice = models.ForeignKey("billing.Invoice", models.PROTECT, related_name="allocations")
    dispute = models.ForeignKey(
        "billing.Dispute", models.PROTECT, null=True, related_name="taken_back", db_index=False
    )
    amount = models.DecimalField(**AMOUNT)
    applied_on = models.DateField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="allocation_is_negative_iff_a_dispute_takes_it_back",
                condition=Q(amount__gt=0, dispute__isnull=True)
                | Q(amount__lt=0, dispute__isnull=False, payment__isnull=False),
            ),
            models.CheckConstraint(
                name="allocation_comes_from_payment_or_credit_note",
                condition=Q(payment__isnull=False, credit_note__isnull=True)
                | Q(payment__isnull=True, credit_note__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["payment", "invoice"],
                condition=Q(payment__isnull=False, dispute__isnull=True),
                name="one_application_per_payment_and_invoice",
            ),
            models.UniqueConstraint(
                fields=["dispute", "invoice"],
                condition=Q(dispute__isnull=False),
                name="a_dispute_takes_back_once_an_invoice",
            ),
            models.UniqueConstraint(
                fields=["credit_note", "invoice"],
                condition=Q(credit_note__isnull=False),
                name="one_allocation_per_credit_note_and_invoice",
            ),
        ]
        # What was owed on a past day is what is owed now and what was settled since.
        indexes = [models.Index(fields=["applied_on"], name="allocation_by_day")]

    def __str__(self) -> str:
        return f"{self.amount} to {self.invoice_id}"

    @property
    def given_back(self) -> Decimal:
        """What a lost dispute took from the invoice, as a positive amount."""
        return -self.amount


class Refund(models.Model):
    """Money given back from a payment, never more than it brought."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    amount = models.DecimalField(**AMOUNT)
    reason = models.CharField(max_length=300)
    stripe_id = models.CharField(max_length=60, null=True, unique=True)  # noqa: DJ001
    idempotency_key = models.CharField(max_length=120, unique=True)
    refunded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    refunded_on = models.DateField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(name="refund_is_positive", condition=Q(amount__gt=0))]

    def __str__(self) -> str:
        return f"{self.amount} of {self.payment_id}"
