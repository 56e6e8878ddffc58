from celery import shared_task
from django.utils import timezone

from quotes.actions import (
    escalate_approvals,
    expire_quotes,
    remind_approvers,
    remind_of_expiry,
)


@shared_task(acks_late=True)
def tick() -> None:
    """Close the offers whose last day has passed; remind of those that end, and of approvals."""
    now = timezone.now()
    expire_quotes(at=now)
    remind_of_expiry(at=now)
    remind_approvers(at=now)
    escalate_approvals(at=now)
