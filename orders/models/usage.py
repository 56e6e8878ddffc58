from django.db import models
from django.db.models import Q


class UsageEvent(models.Model):
    """Something used, measured once: the key makes sending it twice harmless."""

    item = models.ForeignKey(  # the constraint's index serves it
        "orders.SubscriptionItem", models.PROTECT, related_name="usage", db_index=False
    )
    key = models.CharField(max_length=100)
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    used_at = models.DateTimeField()
    used_on = models.DateField()  # in the legal entity's time zone
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "key"], name="one_usage_event_per_key"),
            models.CheckConstraint(name="usage_not_negative", condition=Q(quantity__gte=0)),
        ]
        indexes = [models.Index(fields=["item", "used_on"], name="usage_of_item_by_day")]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.quantity}"
