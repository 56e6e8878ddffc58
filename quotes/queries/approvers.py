"""Who is asked, who stands in for them, and what waits for whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Q, QuerySet

from q2c.identity.models import User
from q2c.identity.roles import Permission, Role, roles_with
from q2c.infra.clock import day_in
from quotes.models import ApprovalRequest, Delegation


@dataclass(frozen=True, slots=True)
class Asked:
    """A role or one person, and the people who may answer; never the quote's own."""

    role: str
    person: User | None
    people: tuple[User, ...]

    @property
    def words(self) -> str:
        if self.person is not None:
            return self.person.full_name
        return Role(self.role).label.lower()


@dataclass(frozen=True, slots=True)
class Seat:
    """In whose place somebody decides, and whether that stands for everybody asked."""

    person: User
    for_all: bool = False


def approvers() -> QuerySet[User]:
    """Return everybody who may approve quotes at all."""
    roles = [role.value for role in roles_with(Permission.APPROVE_QUOTES)]
    return User.objects.filter(is_active=True, role__in=roles).order_by("full_name")


def resolve(asks: str, *, owner: User, besides: Iterable[int], among: Iterable[User]) -> Asked:
    """Return whom a step asks for this owner's quote.

    Where nobody is left who may answer (no manager, or they are the owner) an administrator is
    asked: no quote waits for nobody. A role stays asked also while nobody holds it.
    """
    kind, _, name = asks.partition(":")
    able = [user for user in among if user.pk not in set(besides)]
    role = name if kind == "role" else Role.ADMINISTRATOR.value
    if kind != "role":
        wanted = int(name) if kind == "person" else _manager(owner, int(name))
        if found := next((user for user in able if user.pk == wanted), None):
            return Asked("", found, (found,))
    return Asked(role, None, tuple(user for user in able if user.role == role))


def seats_of(request: ApprovalRequest) -> list[User]:
    """Return the people whom a request asks, without the quote's owner and who submitted it."""
    people = approvers().exclude(pk__in=_own(request))
    asked = {"pk": request.person_id} if request.person_id else {"role": request.role}
    # Administrators may decide whatever waits; they are asked where nobody else is left.
    return list(people.filter(**asked)) or list(people.filter(role=Role.ADMINISTRATOR.value))


def seat_for(request: ApprovalRequest, user: User, *, at: datetime) -> Seat | None:
    """Return in whose place a person may decide a request now; None when they may not.

    First in their own, then for who delegated to them; escalated requests and administrators'
    decisions stand for everybody who was asked.
    """
    if user.pk in _own(request) or not user.may(Permission.APPROVE_QUOTES):
        return None
    decided = {decision.seat_id for decision in request.decisions.all()}
    able = {seat.pk: seat for seat in seats_of(request) if seat.pk not in decided}
    places = [user, *away_for(user, at=at)]
    for person in places:
        if person.pk in able:
            return Seat(person)
    for person in places:
        if person.pk not in _own(request) and _is_escalated_to(request, person):
            return Seat(person, for_all=True)
    is_admin = user.role == Role.ADMINISTRATOR.value and user.pk not in decided
    return Seat(user, for_all=True) if is_admin else None


def away_for(user: User, *, at: datetime) -> list[User]:
    """Return the people in whose place this person decides today."""
    rows = _in_force(at).filter(delegate=user, person__is_active=True).select_related("person")
    return [row.person for row in rows]


def stand_ins(people: Iterable[User], *, at: datetime) -> list[Delegation]:
    """Return who stands in for these people today."""
    rows = _in_force(at).filter(person__in=list(people), delegate__is_active=True)
    return list(rows.select_related("person", "delegate"))


def inbox_of(user: User, *, at: datetime) -> QuerySet[ApprovalRequest]:
    """Return the requests that wait for this person's word; never about their own quotes."""
    requests = ApprovalRequest.objects.filter(state=ApprovalRequest.PENDING).select_related(
        "quote__customer", "quote__owner", "round__requested_by", "policy", "person"
    )
    if not user.may(Permission.APPROVE_QUOTES):
        return requests.none()
    mine = Q(pk__in=[]) if user.role != Role.ADMINISTRATOR.value else Q(policy__isnull=False)
    for person in (user, *away_for(user, at=at)):
        mine |= _waits_for(person)
    own = Q(quote__owner=user) | Q(round__requested_by=user)
    return (
        requests.filter(mine)
        .exclude(own)
        .exclude(decisions__seat=user)
        .order_by("opened_at", "id")
        .distinct()
    )


def _waits_for(person: User) -> Q:
    asked = Q(person=person) | Q(role=person.role)
    escalated = Q(escalated_at__isnull=False) & (
        Q(escalate_person=person) | Q(escalate_role=person.role)
    )
    return (
        (asked | escalated)
        & ~Q(quote__owner=person)
        & ~Q(round__requested_by=person)
        & ~Q(decisions__seat=person)
    )


def _is_escalated_to(request: ApprovalRequest, person: User) -> bool:
    return request.escalated_at is not None and (
        request.escalate_person_id == person.pk or request.escalate_role == person.role
    )


def _in_force(at: datetime) -> QuerySet[Delegation]:
    today = day_in(settings.TIME_ZONE, at)
    return Delegation.objects.filter(starts_on__lte=today, ends_on__gt=today)


def _own(request: ApprovalRequest) -> tuple[int, int]:
    return request.quote.owner_id, request.round.requested_by_id


def _manager(owner: User, level: int) -> int | None:
    if level == 1 or owner.manager is None:
        return owner.manager_id if level == 1 else None
    return owner.manager.manager_id
