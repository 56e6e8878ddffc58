from django.db import models

from q2c.kernel.tax import TaxRounding


class LegalEntity(models.Model):
    """A company of ours that sells and bills; business dates belong to its time zone."""

    code = models.SlugField(max_length=12, unique=True)
    name = models.CharField(max_length=200)
    street = models.CharField(max_length=200)
    postal_code = models.CharField(max_length=20)
    city = models.CharField(max_length=100)
    region = models.CharField(max_length=50, blank=True, default="")
    country = models.CharField(max_length=2)
    tax_id = models.CharField(max_length=30)
    email = models.EmailField()
    phone = models.CharField(max_length=40, blank=True, default="")
    currency = models.CharField(max_length=3)
    time_zone = models.CharField(max_length=60, default="UTC")
    iban = models.CharField(max_length=40, blank=True, default="")
    bic = models.CharField(max_length=11, blank=True, default="")
    bank_name = models.CharField(max_length=100, blank=True, default="")
    # Whether tax is rounded once on a document's sum or on each line; invoices keep a copy.
    tax_rounding = models.CharField(
        max_length=8,
        choices=[(r.value, r.label) for r in TaxRounding],
        default=TaxRounding.DOCUMENT.value,
        db_default=TaxRounding.DOCUMENT.value,
    )
    # What customers know us by on pages and documents.
    logo = models.ForeignKey("infra.Blob", models.PROTECT, null=True, related_name="+")
    accent_color = models.CharField(max_length=7, blank=True, default="", db_default="")

    class Meta:
        verbose_name_plural = "legal entities"

    def __str__(self) -> str:
        return self.name
