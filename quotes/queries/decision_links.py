"""Links by which one person decides from an e-mail: signed, expiring, dead once decided."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

from q2c.identity.models import User
from quotes.models import ApprovalRequest
from quotes.queries.approvers import seat_for

LIVES_FOR = timedelta(days=7)
_SALT = "q2c.approval"


@dataclass(frozen=True, slots=True)
class DecisionLink:
    """Who may decide by a link, and which requests still wait for them."""

    person: User
    requests: list[ApprovalRequest]


def decision_link(requests: Iterable[ApprovalRequest], person: User, *, at: datetime) -> str:
    """Return the address of a page on which this person alone decides these requests."""
    until = int((at + LIVES_FOR).timestamp())
    token = signing.dumps(
        {"r": [request.pk for request in requests], "p": person.pk, "u": until},
        salt=_SALT,
        compress=True,
    )
    return settings.PUBLIC_URL + reverse("quotes:decide_by_mail", args=[token])


def open_decision_link(token: str, *, at: datetime) -> DecisionLink | None:
    """Return what a link still decides; None when forged, too old, or nothing waits any more.

    It is used up by a decision, and dies with its requests: decided by another, recalled, changed.
    """
    try:
        said = signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        return None
    if at.timestamp() > said["u"]:
        return None
    person = User.objects.filter(pk=said["p"], is_active=True).first()
    if person is None:
        return None
    rows = ApprovalRequest.objects.filter(pk__in=said["r"], state=ApprovalRequest.PENDING)
    rows = rows.select_related(
        "quote__customer", "quote__owner", "round__requested_by", "policy", "person"
    )
    waiting = [row for row in rows if seat_for(row, person, at=at)]
    return DecisionLink(person, waiting) if waiting else None
