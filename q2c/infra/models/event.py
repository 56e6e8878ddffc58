from django.conf import settings
from django.db import models


class Event(models.Model):
    """One fact about one document: the timeline, the audit trail and the feed, append-only."""

    at = models.DateTimeField()
    name = models.CharField(max_length=80)
    document = models.CharField(max_length=40)
    document_id = models.BigIntegerField()
    customer_id = models.BigIntegerField(null=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    actor_label = models.CharField(max_length=200)
    data = models.JSONField(default=dict)
    changes = models.JSONField(default=dict)
    reason = models.TextField(blank=True, default="")
    request_id = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=["document", "document_id", "-id"], name="event_of_document"),
            models.Index(fields=["customer_id", "-id"], name="event_of_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.document} {self.document_id}"
