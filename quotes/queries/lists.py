"""Which quotes a person sees, and how many."""

from decimal import Decimal

from django.db.models import Count, DecimalField, F, Q, QuerySet, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from q2c.identity.models import User
from q2c.identity.roles import Permission
from quotes.models import Quote

_TAKEN = {
    "taken_once": "one_time_total",
    "taken_monthly": "monthly_total",
    "taken_total": "contract_total",
}


def visible_to(user: User) -> QuerySet[Quote]:
    """Return the quotes a user may see: all, or their own and their team's."""
    if user.may(Permission.VIEW_ALL_QUOTES):
        return Quote.objects.all()
    return Quote.objects.filter(Q(owner=user) | Q(owner__manager=user))


def with_taken(quotes: QuerySet[Quote]) -> QuerySet[Quote]:
    """Add `taken_once`, `taken_monthly` and `taken_total`: what the customer accepted of an offer
    that left them a choice, else what the quote proposes. Net, in its currency."""
    chosen = F("acceptance__selection__totals")
    amount = DecimalField(max_digits=19, decimal_places=4)
    return quotes.annotate(
        **{
            name: Coalesce(Cast(KeyTextTransform(total, chosen), amount), F(total))
            for name, total in _TAKEN.items()
        }
    )


def counts_by_state(quotes: QuerySet[Quote]) -> dict[str, tuple[int, list[tuple[Decimal, str]]]]:
    """Return for each state how many quotes there are and their totals by currency."""
    rows = with_taken(quotes).values("state", "currency")
    rows = rows.annotate(n=Count("id"), s=Sum("taken_total"))
    counts: dict[str, tuple[int, list[tuple[Decimal, str]]]] = {}
    for row in rows.order_by("state", "currency"):
        number, sums = counts.get(row["state"], (0, []))
        counts[row["state"]] = (number + row["n"], [*sums, (row["s"], row["currency"])])
    return counts


def matching(quotes: QuerySet[Quote], text: str) -> QuerySet[Quote]:
    """Keep quotes whose number, title or customer holds every word."""
    for word in text.split():
        quotes = quotes.filter(
            Q(number__icontains=word)
            | Q(title__icontains=word)
            | Q(customer__legal_name__icontains=word)
            | Q(customer__number__icontains=word)
        )
    return quotes
