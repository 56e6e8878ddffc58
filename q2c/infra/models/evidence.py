from django.db import models
from django.db.models import Q

from q2c.infra.models.event import Event


class Evidence(models.Model):
    """An event's link in a chain: its hash covers the event, what proves it, and the hash before.

    `details` say from where something was done and which bytes it was about.
    """

    event = models.OneToOneField(Event, models.PROTECT, related_name="evidence")
    chain = models.CharField(max_length=40)
    # Each link has one successor at most, so a chain never forks.
    previous = models.OneToOneField("self", models.PROTECT, null=True, related_name="next")
    details = models.JSONField(default=dict)
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name_plural = "evidence"
        constraints = [
            models.UniqueConstraint(
                fields=["chain"], condition=Q(previous=None), name="one_first_link_per_chain"
            )
        ]
        indexes = [models.Index(fields=["chain", "id"], name="evidence_of_chain")]

    def __str__(self) -> str:
        return f"{self.chain}: {self.sha256[:12]}"
