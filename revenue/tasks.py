from celery import shared_task
from django.utils import timezone

from q2c.customers.models import LegalEntity
from q2c.infra.clock import day_in
from revenue.actions import recognise_last_month


@shared_task
def tick() -> None:
    """Recognise the month that is over, from its third day on; repeating it posts nothing."""
    now = timezone.now()
    for pk, zone in LegalEntity.objects.values_list("pk", "time_zone"):
        recognise_last_month(legal_entity_id=pk, on=day_in(zone, now), at=now)
