from django.db import models
from django.db.models import F, Q


class AgreedCharge(models.Model):
    """What the accepted quote's billing schedule says of one charge and period.

    The invoice line of that period must say the same. What a termination or an amendment takes out
    of the schedule is released from a day on, with the reason; it is never changed or deleted.
    """

    charge = models.ForeignKey("billing.Charge", models.PROTECT, related_name="agreed")
    quote_id = models.BigIntegerField()
    period_start = models.DateField()
    period_end = models.DateField()
    due_on = models.DateField()
    net = models.DecimalField(max_digits=19, decimal_places=4)
    released_on = models.DateField(null=True)  # the first day that is not owed any more
    released_at = models.DateTimeField(null=True)
    release_reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["charge", "period_start"], name="agreed_once_per_charge_and_period"
            ),
            models.CheckConstraint(
                name="agreed_period_ends_after_start",
                condition=Q(period_end__gt=F("period_start")),
            ),
            models.CheckConstraint(
                name="agreed_charge_is_released_with_a_reason",
                condition=Q(released_on=None, released_at=None, release_reason="")
                | (Q(released_on__isnull=False, released_at__isnull=False) & ~Q(release_reason="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.charge_id} {self.period_start} {self.net}"
