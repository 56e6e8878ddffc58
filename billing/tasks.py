from celery import shared_task
from django.utils import timezone

from billing.actions import runs
from q2c.customers.models import LegalEntity
from q2c.infra.clock import day_in


@shared_task
def tick() -> None:
    """Bill what came due on each entity's business date, and resume what a crash left behind."""
    now = timezone.now()
    for entity_id, time_zone in LegalEntity.objects.values_list("pk", "time_zone"):
        runs.start_daily_run(entity_id, on=day_in(time_zone, now), at=now)
    runs.resume_runs(at=now)
