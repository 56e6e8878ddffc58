from typing import Any

from django.db import models
from django.db.models import Q

from billing.rules.states import DISPUTE_LIFECYCLE, DisputeState

AMOUNT: dict[str, Any] = {"max_digits": 19, "decimal_places": 4}


class Dispute(models.Model):
    """A payer told their bank that a card payment was wrong; the bank decides whose money it is."""

    OPEN, WON, LOST = (state.value for state in DisputeState)

    payment = models.ForeignKey("billing.Payment", models.PROTECT, related_name="disputes")
    stripe_id = models.CharField(max_length=60, unique=True)
    state = models.CharField(
        max_length=5,
        choices=[(s.value, s.value) for s in DisputeState],
        default=DISPUTE_LIFECYCLE.start.value,
    )
    amount = models.DecimalField(**AMOUNT)
    reason = models.CharField(max_length=60, blank=True, default="")
    answer_by = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="dispute_is_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="dispute_is_closed_iff_decided",
                condition=Q(state="open", closed_at__isnull=True)
                | (~Q(state="open") & Q(closed_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return self.stripe_id
