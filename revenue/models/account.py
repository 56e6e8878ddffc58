from django.db import models
from django.db.models import F, Q


class Account(models.Model):
    """One account of the chart, shared by all legal entities."""

    KINDS = ("asset", "liability", "equity", "revenue", "expense")

    code = models.CharField(max_length=10, unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=9, choices=[(k, k.capitalize()) for k in KINDS])
    # What postings it serves: receivable, cash, clearing, deferred, revenue, tax, unapplied, …
    role = models.CharField(max_length=20, unique=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Period(models.Model):
    """A month of one legal entity's books; a closed one takes no entries."""

    OPEN, CLOSED = "open", "closed"

    legal_entity = models.ForeignKey("customers.LegalEntity", models.PROTECT, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField()
    state = models.CharField(
        max_length=6, choices=[(OPEN, "Open"), (CLOSED, "Closed")], default=OPEN
    )
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["legal_entity", "starts_on"], name="one_period_per_entity_and_month"
            ),
            models.CheckConstraint(
                name="period_is_closed_iff_dated",
                condition=Q(state="closed", closed_at__isnull=False)
                | Q(state="open", closed_at__isnull=True),
            ),
            models.CheckConstraint(
                name="ledger_period_not_empty", condition=Q(ends_on__gt=F("starts_on"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_on:%B %Y}"
