"""Which quotes a person sees, how many, and what waits for them."""

from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from q2c.identity.models import User
from q2c.identity.roles import Permission
from quotes.models import ApprovalRequest, Quote


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


def inbox_of(user: User) -> QuerySet[ApprovalRequest]:
    """Return the approvals that wait for this user; never their own requests."""
    requests = ApprovalRequest.objects.filter(state=ApprovalRequest.PENDING).select_related(
        "quote__customer", "requested_by", "policy"
    )
    if not user.may(Permission.APPROVE_QUOTES):
        return requests.none()
    if user.role != "administrator":
        requests = requests.filter(approver_role=user.role)
    return requests.exclude(requested_by=user).exclude(quote__owner=user).order_by("requested_at")
