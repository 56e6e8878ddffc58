"""Let somebody else decide while one is away."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction

from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.clock import day_in
from q2c.infra.locks import locked
from q2c.kernel.errors import Refused
from quotes.events import ApprovalsDelegated
from quotes.models import Delegation

_LONGEST = timedelta(days=366)


@transaction.atomic
def delegate_approvals(
    to_id: int, *, first_day: date, last_day: date, by: User, at: datetime
) -> Delegation:
    """Let another approver decide in one's place from the first to the last day.

    Whoever stands in sees the quotes and decides; both names stand in the history. Nobody's own
    quote comes to them this way, and nothing that was delegated is passed on.
    """
    require(by, Permission.APPROVE_QUOTES)
    person = locked(User, by.pk)
    delegate = User.objects.filter(pk=to_id, is_active=True).first()
    if delegate is None or not delegate.may(Permission.APPROVE_QUOTES):
        raise Refused("Choose somebody who may approve quotes.", field="delegate")
    if delegate == person:
        raise Refused("Choose somebody else than yourself.", field="delegate")
    if last_day < first_day:
        raise Refused("The last day lies before the first.", field="last_day")
    if last_day < day_in(settings.TIME_ZONE, at):
        raise Refused("These days have passed.", field="last_day")
    if last_day - first_day > _LONGEST:
        raise Refused("Delegate for a year at most.", field="last_day")
    end = last_day + timedelta(days=1)
    own = Delegation.objects.filter(person=person, starts_on__lt=end, ends_on__gt=first_day)
    if other := own.select_related("delegate").first():
        raise Refused(
            f"{other.delegate} stands in for you until {_last(other):%d %b %Y} already.",
            field="first_day",
        )
    made = Delegation.objects.create(
        person=person, delegate=delegate, starts_on=first_day, ends_on=end, created_at=at
    )
    days = f"{delegate}, {first_day:%d %b %Y} to {last_day:%d %b %Y}"
    publish(
        ApprovalsDelegated(at=at, delegation_id=made.pk), by=by, changes={"stands in": ["", days]}
    )
    return made


@transaction.atomic
def end_delegation(delegation_id: int, *, by: User, at: datetime) -> None:
    """Take one's approvals back, from now on; what was decided stands."""
    row = locked(Delegation, delegation_id)
    if row.person_id != by.pk:
        raise Refused("There is no such delegation of yours.")
    today = day_in(settings.TIME_ZONE, at)
    if row.ends_on <= today:
        raise Refused("It is over already.")
    before = f"until {_last(row):%d %b %Y}"
    row.ends_on = max(today, row.starts_on)
    row.save(update_fields=["ends_on"])
    publish(
        ApprovalsDelegated(at=at, delegation_id=row.pk),
        by=by,
        changes={"stands in": [before, "taken back"]},
    )


def _last(delegation: Delegation) -> date:
    return delegation.ends_on - timedelta(days=1)
