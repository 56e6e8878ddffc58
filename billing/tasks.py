from typing import Any

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from billing.actions import runs
from billing.models import BillingShard
from q2c.customers.models import LegalEntity
from q2c.infra.clock import day_in
from q2c.infra.jobs import TryLater, register


@shared_task
def tick() -> None:
    """Bill what came due on each entity's business date, and resume what a crash left behind."""
    now = timezone.now()
    for entity_id, time_zone in LegalEntity.objects.values_list("pk", "time_zone"):
        runs.start_daily_run(entity_id, on=day_in(time_zone, now), at=now)
    runs.resume_runs(at=now)


def bill_shard(payload: dict[str, Any]) -> None:
    """Bill one shard of a run as a job; once, however often it is called."""
    shard = BillingShard.objects.filter(pk=payload["shard_id"], done_at=None).first()
    if shard is None:
        return
    at = timezone.now()
    if not runs.bill_shard(shard.pk, at=at):
        raise TryLater("Another worker has this shard.", seconds=20)
    run_id = shard.run_id
    transaction.on_commit(lambda: runs.finish_run(run_id, at=at), robust=True)


register(runs.SHARD_JOB, bill_shard)
