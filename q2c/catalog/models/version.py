from django.conf import settings
from django.db import models

from q2c.catalog.models.product import Product


class ProductVersion(models.Model):
    """A product as it stood after a change. The database refuses to change it."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    content = models.JSONField()
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["product", "version"], name="one_row_per_version")
        ]

    def __str__(self) -> str:
        return f"{self.product_id} v{self.version}"
