from django.db import models
from django.db.models import Q


class TaxClass(models.TextChoices):
    """What kind of supply a product is for tax."""

    STANDARD = "standard", "Standard"
    REDUCED = "reduced", "Reduced"
    ZERO = "zero", "Zero-rated"
    EXEMPT = "exempt", "Exempt"


class TaxRate(models.Model):
    """The per cent that a country (or one of its regions) takes of a tax class between dates."""

    country = models.CharField(max_length=2)
    region = models.CharField(max_length=50, blank=True, default="")
    tax_class = models.CharField(max_length=10, choices=TaxClass)
    percent = models.DecimalField(max_digits=7, decimal_places=4)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["country", "region", "tax_class", "starts_on"],
                name="one_tax_rate_per_start",
            ),
            models.CheckConstraint(
                name="tax_rate_is_a_percentage", condition=Q(percent__gte=0) & Q(percent__lte=100)
            ),
            models.CheckConstraint(
                name="tax_rate_ends_after_start",
                condition=Q(ends_on=None) | Q(ends_on__gt=models.F("starts_on")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country}{self.region and '-' + self.region} {self.tax_class} {self.percent}%"
