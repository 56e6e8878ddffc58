from django.conf import settings
from django.db import models


class RuleTrial(models.Model):
    """A price rule tried on quotes of the past before it is put in force."""

    rule = models.ForeignKey("quotes.PriceRule", models.CASCADE, related_name="trials")
    quote_ids = models.JSONField(default=list)  # those still to do, newest first
    total = models.PositiveIntegerField()
    # Of each quote done: its number and, before and after, net and margin as decimal strings.
    rows = models.JSONField(default=list)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.rule_id}: {self.total} quotes"

    @property
    def done(self) -> int:
        return self.total - len(self.quote_ids)
