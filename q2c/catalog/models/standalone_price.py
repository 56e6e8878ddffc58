from django.db import models

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
