from django.conf import settings
from django.db import models
from django.db.models import Q


class CloseReason(models.Model):
    """A reason why quotes are won or lost, as an administrator words it."""

    WON, LOST = "won", "lost"

    kind = models.CharField(max_length=4, choices=[(WON, "Won"), (LOST, "Lost")])
    name = models.CharField(max_length=100)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, db_default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "name"], name="one_close_reason_per_name"),
            models.CheckConstraint(name="close_reason_has_a_name", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name


class QuoteOutcome(models.Model):
    """Why a quote was won or lost, as its owner or the customer said."""

    quote = models.OneToOneField("quotes.Quote", models.CASCADE, related_name="outcome")
    reason = models.ForeignKey(CloseReason, models.PROTECT, related_name="+")
    competitor = models.CharField(max_length=100, blank=True, default="")
    note = models.TextField(blank=True, default="")
    said_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    said_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["reason"], name="outcome_by_reason")]

    def __str__(self) -> str:
        return f"{self.quote_id}: {self.reason_id}"


class ExpiryReminder(models.Model):
    """That the customer and the owner were told that an offer runs out in so many days."""

    quote = models.ForeignKey("quotes.Quote", models.CASCADE, related_name="expiry_reminders")
    days_before = models.PositiveSmallIntegerField()
    sent_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["quote", "days_before"], name="one_expiry_reminder_per_stage"
            )
        ]

    def __str__(self) -> str:
        return f"{self.quote_id}: {self.days_before} days"
