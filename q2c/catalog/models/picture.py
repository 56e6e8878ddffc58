from django.db import models

from q2c.catalog.models.product import Product


class ProductPicture(models.Model):
    """A picture of a product; the description is read to those who cannot see it."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="pictures")
    blob = models.ForeignKey("infra.Blob", models.PROTECT, related_name="+")
    description = models.CharField(max_length=200)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "blob"], name="picture_once_per_product")
        ]

    def __str__(self) -> str:
        return self.description
