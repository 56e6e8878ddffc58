"""Which quotes a person sees, and how many."""

from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from q2c.identity.models import User
from q2c.identity.roles import Permission
from quotes.models import Quote


def visible_to(user: User) -> QuerySet[Quote]:
    """Return the quotes a user may see: all, or their own and their team's."""
    if user.may(Permission.VIEW_ALL_QUOTES):
        return Quote.objects.all()
    return Quote.objects.filter(Q(owner=user) | Q(owner__manager=user))


def counts_by_state(quotes: QuerySet[Quote]) -> dict[str, tuple[int, list[tuple[Decimal, str]]]]:
    """Return for each state how many quotes there are and their totals by currency."""
    rows = quotes.values("state", "currency").annotate(n=Count("id"), s=Sum("contract_total"))
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
