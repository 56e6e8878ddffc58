from django.db import models


class Selection(models.Model):
    """What the customer chose of an offer, priced and kept with its document, ready to be signed.

    `lines` maps a line's id to whether it is taken, its quantity and its amounts; `totals` holds
    the quote's totals. Amounts are decimal strings in the quote's currency.
    """

    quote = models.ForeignKey("quotes.Quote", models.PROTECT, related_name="selections")
    lines = models.JSONField()
    totals = models.JSONField()
    content_hash = models.CharField(max_length=64)
    document = models.ForeignKey("infra.Blob", models.PROTECT, related_name="+")
    made_by = models.CharField(max_length=200)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["quote", "content_hash"], name="one_selection_per_content"
            )
        ]

    def __str__(self) -> str:
        return f"{self.quote_id}: {self.content_hash[:12]}"
