from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import F, Q

from billing.rules.states import INVOICE_LIFECYCLE, InvoiceState
from q2c.kernel.tax import TaxRounding

AMOUNT: dict[str, Any] = {"max_digits": 19, "decimal_places": 4}


class Invoice(models.Model):
    """An invoice or credit note. Once posted the database refuses any change but what is settled.

    Amounts of a credit note are positive; its kind says which way they count. Parties are copies.
    """

    INVOICE, CREDIT_NOTE = "invoice", "credit_note"

    number = models.CharField(max_length=20, null=True)  # noqa: DJ001
    kind = models.CharField(
        max_length=11,
        choices=[(INVOICE, "Invoice"), (CREDIT_NOTE, "Credit note")],
        default=INVOICE,
    )
    state = models.CharField(
        max_length=6,
        choices=[(s.value, s.value) for s in InvoiceState],
        default=INVOICE_LIFECYCLE.start.value,
    )
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="+", db_index=False
    )
    legal_entity = models.ForeignKey(
        "customers.LegalEntity", models.PROTECT, related_name="+", db_index=False
    )
    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="credit_notes")
    run = models.ForeignKey(
        "billing.BillingRun", models.PROTECT, null=True, related_name="+", db_index=False
    )
    contract_id = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3)
    issued_on = models.DateField()
    due_on = models.DateField()
    net = models.DecimalField(**AMOUNT)
    tax = models.DecimalField(**AMOUNT)
    total = models.DecimalField(**AMOUNT)
    settled = models.DecimalField(**AMOUNT, default=0)  # paid, credited or used as credit
    seller = models.JSONField()
    buyer = models.JSONField()
    note = models.TextField(blank=True, default="")
    reason = models.TextField(blank=True, default="")
    posted_at = models.DateTimeField(null=True)
    document = models.ForeignKey(
        "infra.Blob", models.PROTECT, null=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField()

    # Where its tax was rounded, by the legal entity's policy of that day.
    tax_rounding = models.CharField(
        max_length=8, default=TaxRounding.DOCUMENT.value, db_default=TaxRounding.DOCUMENT.value
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["legal_entity", "number"], name="one_document_per_number"
            ),
            models.CheckConstraint(
                name="posted_iff_numbered",
                condition=Q(state="posted", number__isnull=False, posted_at__isnull=False)
                | Q(state="draft", number__isnull=True, posted_at__isnull=True),
            ),
            models.CheckConstraint(
                name="invoice_total_is_net_plus_tax", condition=Q(total=F("net") + F("tax"))
            ),
            models.CheckConstraint(name="invoice_total_not_negative", condition=Q(total__gte=0)),
            models.CheckConstraint(
                name="never_settled_beyond_total",
                condition=Q(settled__gte=0) & Q(settled__lte=F("total")),
            ),
            models.CheckConstraint(
                name="due_not_before_issue", condition=Q(due_on__gte=F("issued_on"))
            ),
            models.CheckConstraint(
                name="credit_note_names_what_it_corrects",
                condition=Q(kind="invoice") | Q(corrects__isnull=False),
            ),
        ]
        # A foreign key that one of these begins with, or nobody searches by, has none of its own:
        # each costs a billing run.
        indexes = [
            models.Index(fields=["-issued_on", "-id"], name="invoice_newest"),
            models.Index(fields=["customer", "-issued_on", "-id"], name="invoice_of_customer"),
            models.Index(
                fields=["due_on", "id"],
                name="invoice_open",
                condition=Q(state="posted", kind="invoice", settled__lt=F("total")),
            ),
            models.Index(
                fields=["-issued_on", "-id"],
                name="invoice_paid",
                condition=Q(state="posted", kind="invoice", settled=F("total")),
            ),
            models.Index(
                fields=["-issued_on", "-id"], name="invoice_draft", condition=Q(state="draft")
            ),
            models.Index(
                fields=["-issued_on", "-id"],
                name="invoice_credit_note",
                condition=Q(kind="credit_note"),
            ),
            models.Index(fields=["run"], name="invoice_of_run"),
        ]

    def __str__(self) -> str:
        return self.number or f"Draft {self.pk}"

    @property
    def open(self) -> Decimal:
        """What is not paid, credited or used yet."""
        return self.total - self.settled


class InvoiceLine(models.Model):
    """One charged thing and the period it covers; no charge is billed twice for a period."""

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    charge = models.ForeignKey(
        "billing.Charge", models.PROTECT, null=True, related_name="+", db_index=False
    )
    credits_line = models.ForeignKey("self", models.PROTECT, null=True, related_name="credited_by")
    product = models.ForeignKey("catalog.Product", models.PROTECT, related_name="+", db_index=False)
    contract_id = models.BigIntegerField(null=True)
    description = models.CharField(max_length=300)
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    unit = models.CharField(max_length=20)
    unit_price = models.DecimalField(max_digits=18, decimal_places=8)
    discount_percent = models.DecimalField(max_digits=7, decimal_places=4, default=0)
    period_start = models.DateField()
    period_end = models.DateField()  # the day after the last
    net = models.DecimalField(**AMOUNT)
    tax_class = models.CharField(max_length=10)
    tax_category = models.CharField(max_length=2)
    tax_country = models.CharField(max_length=2, blank=True, default="", db_default="")
    tax_percent = models.DecimalField(max_digits=7, decimal_places=4)
    revenue_pattern = models.CharField(max_length=14)
    trace = models.JSONField(default=list)
    revision = models.PositiveSmallIntegerField(  # 1 and on adjust the period for late usage
        default=0, db_default=0
    )

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["charge", "period_start", "revision"],
                condition=Q(charge__isnull=False),
                name="one_charge_per_period",
            ),
            models.CheckConstraint(
                name="invoice_line_period_not_empty", condition=Q(period_end__gt=F("period_start"))
            ),
        ]

    def __str__(self) -> str:
        return self.description

    @property
    def last_day(self) -> date:
        """The inclusive end, as paper shows it."""
        return self.period_end - timedelta(days=1)


class InvoiceTax(models.Model):
    """The tax of one category and rate (EN 16931 BG-23), rounded as the invoice says."""

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="taxes", db_index=False)
    category = models.CharField(max_length=2)
    country = models.CharField(max_length=2, blank=True, default="")
    percent = models.DecimalField(max_digits=7, decimal_places=4)
    taxable = models.DecimalField(**AMOUNT)
    tax = models.DecimalField(**AMOUNT)
    note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["invoice", "category", "country", "percent"], name="one_row_per_tax_rate"
            )
        ]

    def __str__(self) -> str:
        return f"{self.category} {self.percent}%"
