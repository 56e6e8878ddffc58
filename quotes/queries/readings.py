"""Who reads an offer: people by their links, with their visits."""

from dataclasses import dataclass, field
from datetime import datetime

from q2c.customers.models import PortalLink
from quotes.models import Reading


@dataclass(slots=True)
class Reader:
    """One person with a private link to a quote; seconds by part of the page are in `parts`."""

    name: str
    email: str
    may_sign: bool
    is_forwarded: bool
    is_living: bool
    forwarded_by: str = ""
    visits: int = 0
    seconds: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    parts: dict[str, int] = field(default_factory=dict)


def readers(quote_id: int, *, at: datetime) -> list[Reader]:
    """Return everybody who has or had a link, who read last first."""
    found: dict[str, Reader] = {}
    people: dict[int, str] = {}
    links = PortalLink.objects.filter(purpose=PortalLink.QUOTE, document_id=quote_id)
    for link in links.select_related("contact", "forwarded_from__contact").order_by("pk"):
        email = link.reader_email.lower()
        reader = found.setdefault(
            email,
            Reader(link.reader, email, may_sign=False, is_forwarded=False, is_living=False),
        )
        people[link.pk] = email
        is_living = link.revoked_at is None and at < link.expires_at
        reader.is_living = reader.is_living or is_living
        reader.may_sign = reader.may_sign or (is_living and link.may_sign)
        if link.forwarded_from and link.forwarded_from.reader_email.lower() != email:
            reader.is_forwarded, reader.forwarded_by = True, link.forwarded_from.reader
    for visit in Reading.objects.filter(quote_id=quote_id).order_by("started_at"):
        _add(found[people[visit.link_id]], visit)
    return sorted(found.values(), key=_last_read, reverse=True)


def readers_by_forward(quote_id: int, *, at: datetime) -> set[str]:
    """Return the addresses of colleagues whose forwarded links live."""
    return {
        reader.email
        for reader in readers(quote_id, at=at)
        if reader.is_forwarded and reader.is_living
    }


def _add(reader: Reader, visit: Reading) -> None:
    reader.visits += 1
    reader.seconds += visit.seconds
    reader.first_at = reader.first_at or visit.started_at
    reader.last_at = visit.last_at
    for part, seconds in visit.sections.items():
        reader.parts[part] = reader.parts.get(part, 0) + seconds


def _last_read(reader: Reader) -> float:
    return reader.last_at.timestamp() if reader.last_at else 0.0
