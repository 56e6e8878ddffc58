from celery import shared_task
from django.utils import timezone

from quotes.actions import expire_quotes, remind_of_expiry


@shared_task(acks_late=True)
def tick() -> None:
    """Close the offers whose last valid day has passed, and remind of those that will."""
    expire_quotes(at=timezone.now())
    remind_of_expiry(at=timezone.now())
