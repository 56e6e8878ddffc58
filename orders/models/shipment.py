from django.conf import settings
from django.db import models
from django.db.models import Q


class Shipment(models.Model):
    """Goods that left the house on a day."""

    number = models.CharField(max_length=20, unique=True)
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="shipments")
    shipped_on = models.DateField()
    carrier = models.CharField(max_length=100, blank=True, default="")
    tracking = models.CharField(max_length=100, blank=True, default="")
    shipped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    def __str__(self) -> str:
        return self.number


class ShipmentLine(models.Model):
    """How many of an ordered thing went with a shipment."""

    shipment = models.ForeignKey(Shipment, models.PROTECT, related_name="lines")
    order_line = models.ForeignKey("orders.OrderLine", models.PROTECT, related_name="shipped")
    quantity = models.DecimalField(max_digits=18, decimal_places=6)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="shipped_quantity_is_positive", condition=Q(quantity__gt=0)
            ),
            models.UniqueConstraint(
                fields=["shipment", "order_line"], name="line_once_per_shipment"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shipment_id}: {self.quantity}"
