from django.db import models


class Reading(models.Model):
    """One visit to an offer's page: who (by their link), from when to when, and what they read.

    `sections` maps a part of the page to the seconds that it was in sight.
    """

    quote = models.ForeignKey("quotes.Quote", models.CASCADE, related_name="readings")
    link = models.ForeignKey("customers.PortalLink", models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    last_at = models.DateTimeField()
    seconds = models.PositiveIntegerField(default=0)
    sections = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["link", "-last_at"], name="last_reading_of_link")]
        constraints = [
            models.CheckConstraint(
                name="reading_ends_after_it_starts",
                condition=models.Q(last_at__gte=models.F("started_at")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.quote_id} at {self.started_at}"
