"""Private links: make, exchange, revoke. The token is shown once and kept only as its hash."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings

from q2c.customers.models import Contact, Customer, PortalLink, PortalVisit
from q2c.identity.models import User

LONGEST = timedelta(days=120)  # as Stripe's hosted invoice page: never longer than 120 days


def make_link(  # noqa: PLR0913  all that a link is bound to
    purpose: str,
    *,
    customer_id: int,
    document_id: int | None,
    contact: Contact | None,
    by: User | None,
    at: datetime,
    expires_at: datetime,
    like: PortalLink | None = None,
) -> str:
    """Return a new link's URL. Its 256-bit token is in no table; at most 120 days of life.

    `like` is a link, perhaps forwarded, whose bearer this one is for too.
    """
    token = secrets.token_urlsafe(32)
    PortalLink.objects.create(
        token_sha256=_hash(token),
        customer_id=customer_id,
        contact=contact,
        purpose=purpose,
        document_id=document_id,
        created_by=by,
        created_at=at,
        expires_at=max(min(expires_at, at + LONGEST), at + timedelta(days=1)),
        forwarded_from=like.forwarded_from if like else None,
        person_name=like.person_name if like else "",
        person_email=like.person_email if like else "",
        may_sign=like.may_sign if like else True,
    )
    return f"{settings.PUBLIC_URL}/p/{token}"


def find_link(token: str, *, at: datetime) -> PortalLink | None:
    """Return the link that a token opens; None when unknown, expired or revoked alike."""
    link = PortalLink.objects.filter(token_sha256=_hash(token)).first()
    return link if link and is_live(link, at=at) else None


def language_of(token: str) -> str:
    """Return the language of whom a link was made for, dead links too; "" for no link at all.

    Whoever holds a token had the mail: the language tells them nothing new.
    """
    found = PortalLink.objects.filter(token_sha256=_hash(token)).values_list("customer__language")
    return next((language for (language,) in found), "")


def is_live(link: PortalLink, *, at: datetime) -> bool:
    return link.revoked_at is None and at < link.expires_at


def signs_still(link: PortalLink) -> bool:
    """Say whether a link read before may sign still: not handed over, nor revoked, meanwhile.

    Asked under the lock of its document, under which both are done.
    """
    now = PortalLink.objects.filter(pk=link.pk, may_sign=True, revoked_at=None)
    return link.may_sign and now.exists()


def visit(link: PortalLink, *, at: datetime, ip: str | None, user_agent: str) -> None:
    """Log that the link was opened."""
    PortalVisit.objects.create(link=link, at=at, ip=ip, user_agent=user_agent[:300])


def revoke_links(purpose: str, document_id: int, *, at: datetime) -> int:
    """Kill every living link to a document; returns how many."""
    living = PortalLink.objects.filter(
        purpose=purpose, document_id=document_id, revoked_at=None, expires_at__gt=at
    )
    return living.update(revoked_at=at)


def primary_contact(customer: Customer) -> Contact | None:
    """Return whom to write to first."""
    return customer.contacts.order_by("-is_primary", "id").first()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
