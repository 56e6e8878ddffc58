from celery import shared_task
from django.utils import timezone

from contracts.actions import remind_renewals
from q2c.customers.models import LegalEntity
from q2c.infra.clock import day_in


@shared_task
def tick() -> None:
    now = timezone.now()
    for pk, zone in LegalEntity.objects.values_list("pk", "time_zone"):
        remind_renewals(on=day_in(zone, now), at=now, legal_entity_id=pk)
