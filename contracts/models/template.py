from django.db import models


class ContractTemplate(models.Model):
    """The clauses a contract is drawn up from, in order; drawn-up contracts keep their text."""

    name = models.CharField(max_length=100, unique=True)
    language = models.CharField(max_length=8, default="en")
    is_default = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["language"],
                condition=models.Q(is_default=True),
                name="one_default_template_per_language",
            )
        ]

    def __str__(self) -> str:
        return self.name


class ContractPolicy(models.Model):
    """When legal must approve besides finance: at or above a total, or past a term."""

    name = models.CharField(max_length=100, unique=True)
    currency = models.CharField(max_length=3)
    legal_from_total = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    legal_from_months = models.PositiveSmallIntegerField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, db_default=1)

    class Meta:
        verbose_name_plural = "contract policies"

    def __str__(self) -> str:
        return self.name
