from celery import shared_task
from django.utils import timezone

from quotes.actions import expire_quotes


@shared_task(acks_late=True)
def tick() -> None:
    """Close the offers whose last valid day has passed."""
    expire_quotes(at=timezone.now())
