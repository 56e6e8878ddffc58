from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q

AMOUNT: dict[str, Any] = {"max_digits": 19, "decimal_places": 4}


class JournalEntry(models.Model):
    """A balanced posting, made once for its cause, final from birth."""

    number = models.CharField(max_length=20)
    legal_entity = models.ForeignKey(
        "customers.LegalEntity", models.PROTECT, related_name="+", db_index=False
    )
    period = models.ForeignKey("revenue.Period", models.PROTECT, related_name="+", db_index=False)
    entry_on = models.DateField()
    source = models.CharField(max_length=20)  # invoice, payment, allocation, refund, recognition
    source_id = models.BigIntegerField()
    memo = models.CharField(max_length=200)
    posted_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "journal entries"
        constraints = [
            models.UniqueConstraint(
                fields=["legal_entity", "number"], name="one_entry_per_entity_and_number"
            ),
            models.UniqueConstraint(
                fields=["source", "source_id", "entry_on"], name="one_entry_per_cause"
            ),
        ]
        indexes = [models.Index(fields=["-entry_on", "-id"], name="entry_newest")]

    def __str__(self) -> str:
        return self.number


class JournalLine(models.Model):
    """A debit (positive) or credit (negative) on an account, in one currency."""

    entry = models.ForeignKey(JournalEntry, models.PROTECT, related_name="lines")
    account = models.ForeignKey("revenue.Account", models.PROTECT, related_name="+", db_index=False)
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(**AMOUNT)  # debit positive, credit negative
    customer_id = models.BigIntegerField(null=True)
    contract_id = models.BigIntegerField(null=True)
    document = models.CharField(max_length=20)
    document_id = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(name="journal_line_not_zero", condition=~Q(amount=0))]
        indexes = [
            models.Index(fields=["account", "customer_id"], name="line_of_account"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.amount} {self.currency}"

    @property
    def credit(self) -> Decimal:
        """The amount as a credit, positive."""
        return -self.amount
