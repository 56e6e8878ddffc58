"""Where lines that were merged came from, and which offer took another's place."""

from collections.abc import Iterable

from django.db.models import QuerySet

from quotes.models import Quote, QuoteKind, QuoteLine
from quotes.rules.states import QuoteState

_MERGEABLE = [
    state.value
    for state in (
        QuoteState.DRAFT,
        QuoteState.APPROVED,
        QuoteState.SENT,
        QuoteState.EXPIRED,
        QuoteState.DECLINED,
    )
]


def note_origins(lines: Iterable[QuoteLine]) -> None:
    """Set on each line that was merged in the quote it came from, its number and version only."""
    merged = [line for line in lines if line.from_line_id]
    if not merged:
        return
    sources = QuoteLine.objects.filter(pk__in=[line.from_line_id for line in merged])
    quotes = {line.pk: line.quote for line in sources.select_related("quote").only(*_SHORT)}
    for line in merged:
        line.origin = quotes[line.from_line_id or 0]


_SHORT = ("id", "quote__number", "quote__version")


def mergeable(quote: Quote, quotes: QuerySet[Quote]) -> QuerySet[Quote]:
    """Return those of some quotes that could be merged into a draft, the newest first."""
    found = quotes.filter(
        customer_id=quote.customer_id,
        currency=quote.currency,
        legal_entity_id=quote.legal_entity_id,
        kind=QuoteKind.NEW,
        state__in=_MERGEABLE,
        merged_into=None,
        lines__isnull=False,
    )
    return found.exclude(number=quote.number).distinct().order_by("-id")


def successor(quote: Quote) -> Quote | None:
    """Return the sent version that took an offer's place: a newer one, or one it was merged into."""
    found = _newest_sent(quote.number, after=quote.version)
    into = (found or quote).merged_into
    while into is not None and (newest := _newest_sent(into.number)):
        found, into = newest, newest.merged_into
    return found


def _newest_sent(number: str, *, after: int = 0) -> Quote | None:
    sent = Quote.objects.filter(number=number, version__gt=after, sent_at__isnull=False)
    return sent.select_related("merged_into").order_by("-version").first()
