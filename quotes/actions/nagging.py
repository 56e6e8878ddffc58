"""Remind who has not decided, and ask somebody higher when it takes too long."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from q2c.infra.bus import publish
from q2c.infra.locks import locked
from quotes.events import ApprovalEscalated, ApprovalReminded
from quotes.models import ApprovalRequest, Quote


def remind_approvers(*, at: datetime, limit: int = 200) -> int:
    """Remind once of requests that have waited as long as their policy allows; returns how many."""
    return _each_quote("remind_at", _remind, at=at, limit=limit)


def escalate_approvals(*, at: datetime, limit: int = 200) -> int:
    """Let somebody higher decide what has waited too long; who was asked still may."""
    return _each_quote("escalate_at", _escalate, at=at, limit=limit)


def _each_quote(
    column: str, act: Callable[[Quote, datetime], int], *, at: datetime, limit: int
) -> int:
    due = ApprovalRequest.objects.filter(
        **{"state": ApprovalRequest.PENDING, f"{column}__lte": at}
    ).order_by(column)
    quotes = list(dict.fromkeys(due.values_list("quote_id", flat=True)[:limit]))
    count = 0
    for quote_id in sorted(quotes):
        with transaction.atomic():
            count += act(locked(Quote, quote_id), at)
    return count


def _remind(quote: Quote, at: datetime) -> int:
    due = quote.approvals.filter(state=ApprovalRequest.PENDING, remind_at__lte=at)
    count = due.update(remind_at=None, reminded_at=at)
    if count:
        publish(ApprovalReminded(at=at, quote_id=quote.pk), by=None, customer_id=quote.customer_id)
    return count


def _escalate(quote: Quote, at: datetime) -> int:
    due = quote.approvals.filter(state=ApprovalRequest.PENDING, escalate_at__lte=at)
    reasons = [request.reason for request in due]
    count = due.update(escalate_at=None, escalated_at=at)
    if count:
        publish(
            ApprovalEscalated(at=at, quote_id=quote.pk),
            by=None,
            customer_id=quote.customer_id,
            reason="; ".join(dict.fromkeys(reasons)),
        )
    return count
