from typing import Any

from celery import shared_task
from django.utils import timezone

from q2c.customers.models import LegalEntity
from q2c.infra.clock import day_in
from revenue.actions import ask_daily, recognise_last_month, run_check


@shared_task
def tick() -> None:
    """Recognise the month that is over, from its third day on, and check the books once a day."""
    now = timezone.now()
    for pk, zone in LegalEntity.objects.values_list("pk", "time_zone"):
        recognise_last_month(legal_entity_id=pk, on=day_in(zone, now), at=now)
    ask_daily(at=now)


def check_books(payload: dict[str, Any]) -> None:
    """Check every invariant of the books and keep the findings for the tie-out page."""
    run_check(payload["check_id"], at=timezone.now())
