"""That the customer reads an offer: when, for how long, which part of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction

from q2c.customers.models import Contact, PortalLink
from q2c.infra.bus import publish
from q2c.infra.locks import locked
from quotes.actions.sending import bytes_of
from quotes.events import QuoteReturnedTo, QuoteViewed
from quotes.models import Quote, Reading
from quotes.rules.states import QuoteState

PARTS = ("letter", "prices", "schedule", "terms", "questions", "signature")
_ONE_VISIT = timedelta(minutes=30)  # a later look is another visit
_COMES_BACK = timedelta(days=2)  # after so long a return is worth telling


@transaction.atomic
def view_quote(
    quote_id: int,
    *,
    contact: Contact | None = None,
    link: PortalLink | None = None,
    at: datetime,
    origin: Mapping[str, str | None] | None = None,
) -> None:
    """Note that the customer looks at an offer: each person's first time, and a return after days.

    `origin` says from where, as the chain of evidence keeps it.
    """
    quote = locked(Quote, quote_id)
    label = (link.reader if link else "") or (contact.name if contact else "") or "Customer"
    is_first = quote.first_viewed_at is None or _is_new(quote, link)
    last = None if link is None else quote.readings.order_by("-last_at").first()
    if link is not None:
        _visit(quote, link, at=at)
    if quote.state != QuoteState.SENT.value:
        return
    if is_first:
        if quote.first_viewed_at is None:
            quote.first_viewed_at = at
            quote.save(update_fields=["first_viewed_at"])
        fact: QuoteViewed | QuoteReturnedTo = QuoteViewed(at=at, quote_id=quote.pk)
    elif last is not None and at - last.last_at >= _COMES_BACK:
        fact = QuoteReturnedTo(at=at, quote_id=quote.pk)
    else:
        return
    held = link.as_evidence() if link else {}
    details = {**held, **bytes_of(quote), **(origin or {})}
    publish(fact, by=None, label=label, customer_id=quote.customer_id, details=details)


def _is_new(quote: Quote, link: PortalLink | None) -> bool:
    """Say whether the person a link is for has not read this offer yet, by whatever link."""
    if link is None:
        return False
    read = PortalLink.objects.filter(pk__in=quote.readings.values("link")).select_related("contact")
    return link.reader_email.lower() not in {one.reader_email.lower() for one in read}


@transaction.atomic
def note_reading(
    quote_id: int, link: PortalLink, parts: Mapping[str, int], *, at: datetime
) -> None:
    """Add seconds that parts of the page were in sight to the link's visit.

    No more than has passed since it was last heard of, so that a page cannot claim more.
    """
    quote = locked(Quote, quote_id)
    visit = _visit(quote, link, at=at)
    passed = int((at - visit.last_at).total_seconds())
    seconds = {part: min(max(parts.get(part, 0), 0), passed) for part in PARTS}
    visit.seconds += min(max(parts.get("page", 0), 0), passed)
    for part, more in seconds.items():
        if more:
            visit.sections[part] = visit.sections.get(part, 0) + more
    visit.last_at = max(at, visit.last_at)
    visit.save(update_fields=["seconds", "sections", "last_at"])


def _visit(quote: Quote, link: PortalLink, *, at: datetime) -> Reading:
    """Return the link's visit that goes on, or a new one."""
    last = Reading.objects.filter(quote=quote, link=link).order_by("-last_at").first()
    if last is not None and at - last.last_at < _ONE_VISIT:
        return last
    return Reading.objects.create(quote=quote, link=link, started_at=at, last_at=at)
