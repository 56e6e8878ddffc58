from django.db import models
from django.db.models import Q

from q2c.catalog.models.product import Product


class StandalonePrice(models.Model):
    """The standalone selling price of a product from a date, per unit and month or once."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="standalone_prices")
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=18, decimal_places=8)
    starts_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "currency", "starts_on"], name="one_standalone_price_per_start"
            )
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.amount} {self.currency}"


class ProductCost(models.Model):
    """What a unit of a product costs us from a date, per month where it recurs."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="costs")
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=18, decimal_places=8)
    starts_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "currency", "starts_on"], name="one_cost_per_start"
            ),
            models.CheckConstraint(name="cost_not_negative", condition=Q(amount__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.amount} {self.currency}"
