from django.db import models
from django.db.models import Q

from q2c.kernel.rating import ChargeKind, ChargeModel


class PriceBook(models.Model):
    """List prices in one currency."""

    name = models.CharField(max_length=100, unique=True)
    currency = models.CharField(max_length=3)
    # How quotes from this book price parts of periods: a kernel ProrationPolicy as JSON.
    proration = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class Price(models.Model):
    """What a product lists at in a price book, for one cadence, between dates."""

    price_book = models.ForeignKey(PriceBook, models.CASCADE, related_name="prices")
    product = models.ForeignKey("catalog.Product", models.PROTECT, related_name="+")
    charge_kind = models.CharField(
        max_length=10, choices=[(k.value, k.value.replace("_", " ")) for k in ChargeKind]
    )
    months = models.PositiveSmallIntegerField(
        default=0, help_text="Billing period: 0 once, 1 monthly, 3 quarterly, 12 yearly"
    )
    weeks = models.PositiveSmallIntegerField(
        default=0, help_text="Billing period in weeks, instead of months"
    )
    charge_model = models.CharField(
        max_length=12, choices=[(m.value, m.label) for m in ChargeModel]
    )
    unit_price = models.DecimalField(max_digits=18, decimal_places=8, default=0)
    tiers = models.JSONField(
        default=list, blank=True, help_text='[{"up_to": "10", "unit_price": "7", "flat_fee": "0"}]'
    )
    in_advance = models.BooleanField(default=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["price_book", "product", "months", "weeks", "starts_on"],
                name="one_price_per_product_cadence_and_start",
            ),
            models.CheckConstraint(
                name="price_is_once_or_every_so_many_months",
                condition=Q(charge_kind="one_time", months=0, weeks=0)
                | Q(~Q(charge_kind="one_time"), months__gt=0, weeks=0)
                | Q(~Q(charge_kind="one_time"), months=0, weeks__gt=0),
            ),
            models.CheckConstraint(name="price_not_negative", condition=Q(unit_price__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.unit_price}"
