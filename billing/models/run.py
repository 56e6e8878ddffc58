from django.conf import settings
from django.db import models
from django.db.models import F, Q


class BillingRun(models.Model):
    """One pass over all customers for what is due by a date; its shards are the queue."""

    on = models.DateField()
    legal_entity = models.ForeignKey(  # None: all of them
        "customers.LegalEntity", models.PROTECT, null=True, related_name="+"
    )
    post = models.BooleanField(default=True)
    deliver = models.BooleanField(default=True, db_default=True)
    is_daily = models.BooleanField(default=False, db_default=False)  # started by the clock
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-started_at"], name="run_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["legal_entity", "on"],
                condition=Q(is_daily=True),
                name="one_daily_run_per_entity_and_date",
            )
        ]

    def __str__(self) -> str:
        return f"Run {self.pk} for {self.on}"


class BillingShard(models.Model):
    """A range of customers within a run; done in one transaction, by one worker."""

    run = models.ForeignKey(BillingRun, models.CASCADE, related_name="shards")
    first_customer_id = models.BigIntegerField()
    last_customer_id = models.BigIntegerField()
    customer_count = models.PositiveIntegerField()
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    invoice_count = models.PositiveIntegerField(default=0)
    parked_count = models.PositiveIntegerField(default=0)
    totals = models.JSONField(  # by currency: {"EUR": {"count": 3, "net": "9.00", "tax": "1.71"}}
        default=dict, db_default=models.Value({}, models.JSONField())
    )
    error = models.TextField(blank=True, default="", db_default="")  # of the last try that failed

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "first_customer_id"], name="customer_in_one_shard_per_run"
            ),
            models.CheckConstraint(
                name="shard_range_is_ordered",
                condition=Q(last_customer_id__gte=F("first_customer_id")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.first_customer_id}..{self.last_customer_id}"


class RunOutcome(models.Model):
    """A customer that a run could not bill, and why; nobody is skipped in silence."""

    run = models.ForeignKey(BillingRun, models.CASCADE, related_name="outcomes")
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    reason = models.TextField()
    at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "customer"], name="one_outcome_per_run_customer")
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.reason[:60]}"
