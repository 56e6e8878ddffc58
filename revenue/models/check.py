from django.conf import settings
from django.db import models


class BooksCheck(models.Model):
    """One look at all invariants of the books, and the first things it found."""

    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(  # null: the daily one
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    finished_at = models.DateTimeField(null=True)
    finding_count = models.PositiveIntegerField(default=0)
    findings = models.JSONField(default=list)  # check, document, detail of each

    def __str__(self) -> str:
        return f"asked {self.asked_at:%Y-%m-%d %H:%M}"
