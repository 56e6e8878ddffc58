from django.db import models
from django.db.models import Q


class DunningLevel(models.Model):
    """A letter that goes out so many days after the due date."""

    level = models.PositiveSmallIntegerField(unique=True)
    days_overdue = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=60)
    template = models.CharField(max_length=40)

    class Meta:
        ordering = ["level"]

    def __str__(self) -> str:
        return self.name


class DunningLetter(models.Model):
    """That a level's letter went out for an invoice; once."""

    invoice = models.ForeignKey("billing.Invoice", models.PROTECT, related_name="dunning_letters")
    level = models.PositiveSmallIntegerField()
    open_amount = models.DecimalField(max_digits=19, decimal_places=4)
    sent_on = models.DateField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["invoice", "level"], name="one_letter_per_level")
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id} level {self.level}"


class PaymentRetry(models.Model):
    """A further try at a declined card, on its own day; none follows a hard decline."""

    invoice = models.ForeignKey("billing.Invoice", models.PROTECT, related_name="payment_retries")
    attempt = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField()
    after_payment = models.ForeignKey("billing.Payment", models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "payment retries"
        constraints = [
            models.UniqueConstraint(fields=["invoice", "attempt"], name="one_retry_per_attempt")
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="retry_waiting",
                condition=Q(done_at=None, cancelled_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id} attempt {self.attempt}"
