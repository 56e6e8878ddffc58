"""How many quotes were won and lost, and why."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, QuerySet, Sum

from quotes.models import Quote
from quotes.queries.lists import with_taken
from quotes.rules.states import QuoteState

MOST_SHOWN = 50
_ENDED = (
    QuoteState.ACCEPTED.value,
    QuoteState.DECLINED.value,
    QuoteState.EXPIRED.value,
    QuoteState.CANCELLED.value,
)


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """How many quotes in a currency ended for a reason ("": nobody said), and their total, net."""

    is_won: bool
    reason: str
    currency: str
    count: int
    total: Decimal


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Won and lost, by reason; `unexplained` are the latest that nobody gave a reason for."""

    rows: list[ReasonRow]
    won: int
    lost: int
    unexplained: list[Quote]

    @property
    def won_percent(self) -> int | None:
        """Of those that ended, how many per cent were won, half up."""
        ended = self.won + self.lost
        return None if not ended else (self.won * 200 + ended) // (2 * ended)


def outcomes(quotes: QuerySet[Quote], *, since: datetime) -> Outcomes:
    """Return how the quotes created since an instant ended.

    Versions of one number count once, by their last one; a quote withdrawn before it was sent is
    neither won nor lost.
    """
    later = quotes.filter(number=OuterRef("number"), version__gt=OuterRef("version"))
    ended = quotes.filter(state__in=_ENDED, created_at__gte=since, sent_at__isnull=False)
    ended = ended.exclude(Exists(later.exclude(state=QuoteState.CANCELLED.value)))
    rows = (
        with_taken(ended.order_by())
        .values("state", "outcome__reason__name", "currency")
        .annotate(n=Count("pk"), s=Sum("taken_total"))
    )
    sums: dict[tuple[bool, str, str], tuple[int, Decimal]] = {}
    for row in rows:
        is_won = row["state"] == QuoteState.ACCEPTED.value
        key = (is_won, row["outcome__reason__name"] or "", row["currency"])
        count, total = sums.get(key, (0, Decimal(0)))
        sums[key] = (count + row["n"], total + row["s"])
    found = [
        ReasonRow(*key, *sums[key])
        for key in sorted(sums, key=lambda key: (not key[0], -sums[key][0], key[1], key[2]))
    ]
    silent = (
        with_taken(ended)
        .filter(outcome=None)
        .select_related("customer", "owner")
        .order_by("-created_at")
    )
    return Outcomes(
        found,
        won=sum(row.count for row in found if row.is_won),
        lost=sum(row.count for row in found if not row.is_won),
        unexplained=list(silent[:MOST_SHOWN]),
    )
