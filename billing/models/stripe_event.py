from django.db import models


class StripeEvent(models.Model):
    """The inbox of webhooks: each event is stored once and acted on by a job."""

    event_id = models.CharField(max_length=80, unique=True)
    type = models.CharField(max_length=80)
    payload = models.JSONField()
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=200, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"
