from django.db import models


class NumberSeries(models.Model):
    """The next number of a kind of document in one legal entity and year: a locked counter row."""

    entity_id = models.BigIntegerField()
    kind = models.CharField(max_length=20)
    year = models.PositiveSmallIntegerField()
    next = models.PositiveBigIntegerField(default=1)

    class Meta:
        verbose_name_plural = "number series"
        constraints = [
            models.UniqueConstraint(
                fields=["entity_id", "kind", "year"], name="one_series_per_entity_kind_year"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.year}: {self.next}"
