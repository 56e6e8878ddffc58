"""Close a month's books, and open the latest again."""

from datetime import datetime

from django.db import transaction

from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.clock import day_in
from q2c.infra.locks import locked
from q2c.kernel.errors import Refused
from revenue.events import PeriodClosed, PeriodReopened
from revenue.models import Period
from revenue.queries.periods import blockers


@transaction.atomic
def close_period(period_id: int, *, by: User | None, at: datetime) -> Period:
    """Close a month once nothing stands in the way; it takes no entries from then on."""
    require(by, Permission.CLOSE_PERIODS)
    period = locked(Period, period_id)
    if period.state == Period.CLOSED:
        return period
    if reasons := blockers(period):
        raise Refused(f"{period} cannot be closed: {'; '.join(reasons)}.")
    if day_in(period.legal_entity.time_zone, at) < period.ends_on:
        raise Refused(f"{period} is not over yet.")
    period.state, period.closed_at = Period.CLOSED, at
    period.save(update_fields=["state", "closed_at"])
    publish(PeriodClosed(at=at, period_id=period.pk), by=by)
    return period


@transaction.atomic
def reopen_period(period_id: int, *, reason: str, by: User | None, at: datetime) -> Period:
    """Open the latest closed month again, with the reason."""
    require(by, Permission.CLOSE_PERIODS)
    if not reason.strip():
        raise Refused("Say why the month is opened again.", field="reason")
    period = locked(Period, period_id)
    later = Period.objects.filter(
        legal_entity_id=period.legal_entity_id,
        starts_on__gt=period.starts_on,
        state=Period.CLOSED,
    )
    if period.state != Period.CLOSED or later.exists():
        raise Refused("Only the latest closed month can be opened again.")
    period.state, period.closed_at = Period.OPEN, None
    period.save(update_fields=["state", "closed_at"])
    publish(PeriodReopened(at=at, period_id=period.pk), by=by, reason=reason)
    return period
