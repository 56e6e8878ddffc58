from celery import shared_task
from django.utils import timezone

from q2c.customers.models import LegalEntity
from q2c.infra.clock import day_in
from quotes.actions import expire_quotes


@shared_task
def tick() -> None:
    """Close the offers that ran out, by the latest business date of our entities."""
    now = timezone.now()
    zones = LegalEntity.objects.values_list("time_zone", flat=True).distinct()
    if days := [day_in(zone, now) for zone in zones]:
        expire_quotes(on=min(days), at=now)
