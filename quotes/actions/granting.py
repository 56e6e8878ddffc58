"""Approve beforehand what lies within bounds, and take that back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission, Role
from q2c.infra.bus import publish
from q2c.infra.clock import day_in
from q2c.infra.locks import locked
from q2c.kernel.errors import NotAllowed, Refused
from q2c.kernel.rating import plain
from quotes.events import StandingGrantGiven, StandingGrantRevoked
from quotes.models import ApprovalRequest, StandingGrant
from quotes.queries import seats_of
from quotes.rules.approval.conditions import NUMBERS, PERCENTAGES

_LONGEST = timedelta(days=366)
FOR_CUSTOMER, FOR_OWNER, FOR_ALL = "customer", "owner", "all"


@dataclass(frozen=True, kw_only=True)
class GrantDraft:
    """Up to which values, until which day, and for whose quotes.

    `bounds` maps a measure of the request's policy to the value it may have; those left out stay
    at what was measured.
    """

    last_day: date
    scope: str = FOR_CUSTOMER
    bounds: Mapping[str, Decimal] = field(default_factory=dict)


@transaction.atomic
def give_standing_grant(
    request_id: int, draft: GrantDraft, *, by: User, at: datetime
) -> StandingGrant:
    """Approve beforehand whatever a request's policy measures within bounds, until a day.

    Only somebody the request asks may; it is never about their own quotes.
    """
    require(by, Permission.APPROVE_QUOTES)
    request = (
        ApprovalRequest.objects.select_related("quote__legal_entity", "round")
        .filter(pk=request_id)
        .first()
    )
    if request is None or by.pk not in {user.pk for user in seats_of(request)}:
        raise NotAllowed("Only somebody whom this request asks may approve it beforehand.")
    quote = request.quote
    today = day_in(quote.legal_entity.time_zone, at)
    if not today <= draft.last_day <= today + _LONGEST:
        raise Refused("Choose a day from today to a year from now.", field="last_day")
    if draft.scope not in (FOR_CUSTOMER, FOR_OWNER, FOR_ALL):
        raise Refused("Say for whose quotes it holds.", field="scope")
    grant = StandingGrant.objects.create(
        policy_id=request.policy_id,
        given_by=by,
        bounds=_bounds(request, draft.bounds),
        customer_id=quote.customer_id if draft.scope == FOR_CUSTOMER else None,
        owner_id=quote.owner_id if draft.scope == FOR_OWNER else None,
        last_day=draft.last_day,
        created_at=at,
    )
    publish(
        StandingGrantGiven(at=at, standing_grant_id=grant.pk),
        by=by,
        customer_id=grant.customer_id,
        changes={each["measure"]: ["", each["value"]] for each in grant.bounds if each["is_met"]},
    )
    return grant


@transaction.atomic
def revoke_standing_grant(grant_id: int, *, by: User, at: datetime) -> StandingGrant:
    """End a standing grant; quotes that it approved stay approved.

    Its giver may, and administrators.
    """
    require(by, Permission.APPROVE_QUOTES)
    grant = locked(StandingGrant, grant_id)
    if by.pk != grant.given_by_id and by.role != Role.ADMINISTRATOR.value:
        raise NotAllowed("Only who gave it, or an administrator, takes it back.")
    if grant.revoked_at is not None:
        return grant
    grant.revoked_at, grant.revoked_by = at, by
    grant.save(update_fields=["revoked_at", "revoked_by"])
    publish(
        StandingGrantRevoked(at=at, standing_grant_id=grant.pk),
        by=by,
        customer_id=grant.customer_id,
    )
    return grant


def _bounds(request: ApprovalRequest, wanted: Mapping[str, Decimal]) -> list[dict[str, object]]:
    bounds = []
    for reading in request.readings:
        bound = wanted.get(reading["measure"])
        if bound is None or not reading["is_met"] or reading["measure"] not in NUMBERS:
            bounds.append(reading)
            continue
        if reading["measure"] in PERCENTAGES and not -100 <= bound <= 100:
            raise Refused("Give a percentage of at most 100.", field=reading["measure"])
        if bound < 0 and reading["measure"] != "margin":
            raise Refused("Give a number that is not negative.", field=reading["measure"])
        bounds.append({**reading, "value": plain(bound)})
    return bounds
