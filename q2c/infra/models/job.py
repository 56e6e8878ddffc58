from django.db import models


class Job(models.Model):
    """Work that must happen after a commit. The row is the queue; Celery only wakes a worker."""

    kind = models.CharField(max_length=80)
    key = models.CharField(max_length=200)
    payload = models.JSONField(default=dict)
    queue = models.CharField(max_length=20, default="default")
    created_at = models.DateTimeField()
    available_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    parked_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, default="")
    request_id = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="one_job_per_cause"),
            models.CheckConstraint(
                name="job_is_done_or_parked_not_both",
                condition=models.Q(done_at__isnull=True) | models.Q(parked_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                fields=["available_at"],
                name="job_waiting",
                condition=models.Q(done_at__isnull=True, parked_at__isnull=True),
            ),
            models.Index(
                fields=["parked_at", "id"],
                name="job_parked",
                condition=models.Q(parked_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
