from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy


class ClosingReason(models.TextChoices):
    """Why something ordered is not delivered any more; the customer reads it."""

    UNWANTED = "unwanted", gettext_lazy("No longer wanted")
    UNAVAILABLE = "unavailable", gettext_lazy("Cannot be delivered")
    REPLACED = "replaced", gettext_lazy("Replaced by something else")
    MISTAKE = "mistake", gettext_lazy("Ordered by mistake")
    OTHER = "other", gettext_lazy("Another reason")


class Closing(models.Model):
    """What of an order was given up at once, and why. It never changes."""

    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="closings")
    reason = models.CharField(max_length=12, choices=ClosingReason)
    words = models.TextField(blank=True, default="")  # the customer reads them
    closed_on = models.DateField()  # in the legal entity's time zone
    closed_at = models.DateTimeField()
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="closing_says_why",
                condition=Q(reason__in=ClosingReason.values) & ~Q(reason="other", words=""),
            )
        ]
        indexes = [models.Index(fields=["-closed_at", "-id"], name="closing_newest")]

    def __str__(self) -> str:
        return (
            f"{self.get_reason_display()}: {self.words}"
            if self.words
            else self.get_reason_display()
        )


class ClosedLine(models.Model):
    """How many of an ordered thing a closing gave up."""

    closing = models.ForeignKey(Closing, models.PROTECT, related_name="lines")
    order_line = models.ForeignKey("orders.OrderLine", models.PROTECT, related_name="closed")
    quantity = models.DecimalField(max_digits=18, decimal_places=6)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(name="closed_quantity_is_positive", condition=Q(quantity__gt=0)),
            models.UniqueConstraint(fields=["closing", "order_line"], name="line_once_per_closing"),
        ]

    def __str__(self) -> str:
        return f"{self.closing_id}: {self.quantity}"
