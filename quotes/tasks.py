from typing import Any

from celery import shared_task
from django.utils import timezone

from quotes.actions import (
    escalate_approvals,
    expire_quotes,
    go_on_with_trial,
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


def go_on(payload: dict[str, Any]) -> None:
    """Go on with a trial of a price rule."""
    go_on_with_trial(payload["trial_id"], at=timezone.now())
