from typing import Any

from django.db import models
from django.db.models import F, Q

AMOUNT: dict[str, Any] = {"max_digits": 19, "decimal_places": 4}


class RevenueSchedule(models.Model):
    """How one invoiced line is earned: its amount over its days, and how much is recognised."""

    invoice_line_id = models.BigIntegerField(unique=True)
    invoice_id = models.BigIntegerField()
    legal_entity = models.ForeignKey(
        "customers.LegalEntity", models.PROTECT, related_name="+", db_index=False
    )
    customer_id = models.BigIntegerField()
    contract_id = models.BigIntegerField(null=True)
    product_id = models.BigIntegerField()
    pattern = models.CharField(max_length=14)
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(**AMOUNT)  # negative for credits
    starts_on = models.DateField()
    ends_on = models.DateField()
    recognised = models.DecimalField(**AMOUNT, default=0)
    recognised_through = models.DateField()  # the first day not recognised yet

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="schedule_not_empty", condition=Q(ends_on__gt=F("starts_on"))
            ),
            models.CheckConstraint(
                name="never_recognise_beyond_amount",
                condition=(Q(amount__gte=0) & Q(recognised__gte=0) & Q(recognised__lte=F("amount")))
                | (Q(amount__lt=0) & Q(recognised__lte=0) & Q(recognised__gte=F("amount"))),
            ),
        ]
        indexes = [
            models.Index(
                fields=["legal_entity", "id"],
                name="schedule_unfinished",
                condition=Q(recognised_through__lt=F("ends_on")),
            ),
            models.Index(fields=["invoice_id"], name="schedule_of_invoice"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} {self.starts_on}..{self.ends_on}"


class RecognitionRun(models.Model):
    """One month's recognition for one legal entity."""

    legal_entity = models.ForeignKey("customers.LegalEntity", models.PROTECT, related_name="+")
    through = models.DateField()  # the last day recognised, inclusive
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    line_count = models.PositiveIntegerField(default=0)
    amount = models.DecimalField(**AMOUNT, default=0)

    def __str__(self) -> str:
        return f"through {self.through}"
