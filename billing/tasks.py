from celery import shared_task
from django.utils import timezone

from billing.actions import cards, dunning, runs
from q2c.customers.models import LegalEntity
from q2c.infra.clock import day_in
from q2c.infra.jobs import enqueue


@shared_task
def tick() -> None:
    """Bill what came due on each entity's business date, and resume what a crash left behind."""
    now = timezone.now()
    for entity_id, time_zone in LegalEntity.objects.values_list("pk", "time_zone"):
        runs.start_daily_run(entity_id, on=day_in(time_zone, now), at=now)
        dunning.send_due_letters(on=day_in(time_zone, now), at=now, legal_entity_id=entity_id)
    runs.resume_runs(at=now)
    for pk in cards.due_retries(at=now):
        enqueue(cards.RETRY_JOB, key=str(pk), payload={"retry_id": pk}, at=now, queue="money")
    for pk in cards.stale_attempts(at=now):
        key = f"{pk}:{now:%Y%m%d}"
        enqueue(cards.RECONCILE_JOB, key=key, payload={"payment_id": pk}, at=now, queue="money")
