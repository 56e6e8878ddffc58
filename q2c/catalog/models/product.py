from django.db import models
from django.db.models import F, Q

from q2c.catalog.models.tax_rate import TaxClass


class ProductKind(models.TextChoices):
    """What is sold, and so what happens after the order."""

    GOODS = "goods", "Goods"
    SERVICE = "service", "Service"
    SUBSCRIPTION = "subscription", "Subscription"
    USAGE = "usage", "Usage"
    BUNDLE = "bundle", "Bundle"


class RevenuePattern(models.TextChoices):
    """When the price is earned."""

    POINT_IN_TIME = "point_in_time", "At a point in time"
    OVER_TIME = "over_time", "Over time, by day"
    AS_INVOICED = "as_invoiced", "As invoiced"


class Product(models.Model):
    """Something we sell. Prices stand in price books; documents copy what they sold."""

    sku = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, default="")
    kind = models.CharField(max_length=12, choices=ProductKind)
    category = models.CharField(max_length=100, blank=True, default="", db_default="")
    unit = models.CharField(max_length=20, default="piece")
    tax_class = models.CharField(max_length=10, choices=TaxClass, default=TaxClass.STANDARD)
    revenue_pattern = models.CharField(max_length=14, choices=RevenuePattern)
    # [{"name": "Speed", "value": "250 Mbit/s"}], in the order in which they are shown
    attributes = models.JSONField(default=list, db_default=[], blank=True)
    # {"de": {"name": …, "description": …}}; what is missing is shown as it stands above
    translations = models.JSONField(default=dict, db_default={}, blank=True)
    min_margin_percent = models.DecimalField(max_digits=7, decimal_places=4, null=True)
    starts_on = models.DateField(null=True)  # the first day on which it is sold; None: ever
    ends_on = models.DateField(null=True)  # the first day on which it no longer is
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="product_is_sold_for_a_day_at_least",
                condition=Q(starts_on=None) | Q(ends_on=None) | Q(ends_on__gt=F("starts_on")),
            ),
            models.CheckConstraint(
                name="product_margin_floor_is_a_percentage",
                condition=Q(min_margin_percent=None)
                | Q(min_margin_percent__gte=0, min_margin_percent__lte=100),
            ),
        ]
        indexes = [models.Index(fields=["category", "sku"], name="product_by_category")]

    def __str__(self) -> str:
        return f"{self.sku} {self.name}"
