from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from q2c.api.idempotency import forget_answers

KEPT_FOR = timedelta(days=30)


@shared_task
def tick() -> None:
    forget_answers(before=timezone.now() - KEPT_FOR)
