"""What an approver needs to decide: what changed since their last word, and what it does."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, QuerySet

from q2c.identity.models import User
from q2c.identity.roles import Permission, Role
from q2c.kernel.money import Money
from q2c.kernel.proration import term_end
from quotes.models import ApprovalDecision, ApprovalRequest, Quote, QuoteLine, StandingGrant
from quotes.queries.approvers import inbox_of
from quotes.queries.lists import visible_to
from quotes.queries.measures import discount_of, margin_of
from quotes.queries.schedules import planned_charges
from quotes.rules.approval import Measure
from quotes.rules.approval.conditions import NUMBERS
from quotes.rules.changes import Change, changes_between
from quotes.rules.states import QuoteState

_CLOSED = (QuoteState.ACCEPTED, QuoteState.DECLINED, QuoteState.EXPIRED)
_COMPARED = 3


@dataclass(frozen=True, slots=True)
class Waiting:
    """A quote that waits for somebody, with all that is asked of them about it."""

    quote: Quote
    requests: list[ApprovalRequest]


@dataclass(frozen=True, slots=True)
class Comparable:
    """A closed deal that is like this one: its quote and what it gave away in per cent."""

    quote: Quote
    discount: Decimal | None


@dataclass(frozen=True, slots=True)
class Case:
    """What an approver decides upon.

    `since` is their last decision about the quote, None when they never made one; `changes` what
    differs from the content they decided then. Cash is what falls due in the first twelve months;
    `cash_given_away` what of it the discounts cost.
    """

    since: ApprovalDecision | None
    changes: list[Change]
    sees_margin: bool
    margin: Decimal | None
    discount: Decimal | None
    cash: Money
    cash_given_away: Money
    comparables: list[Comparable]


def waiting_for(user: User, *, at: datetime) -> list[Waiting]:
    """Return the quotes that wait for a person, longest first."""
    found: dict[int, Waiting] = {}
    for request in inbox_of(user, at=at)[:200]:
        row = found.setdefault(request.quote_id, Waiting(request.quote, []))
        row.requests.append(request)
    return list(found.values())


def case_for(user: User, quote: Quote) -> Case:
    """Return what this person needs to know of a quote that waits for them."""
    lines = list(quote.lines.order_by("position"))
    last = quote.rounds.last()
    since = (
        ApprovalDecision.objects.filter(
            Q(seat=user) | Q(by=user),
            request__quote__number=quote.number,
            carried_from=None,
            grant=None,
        )
        .select_related("request__round")
        .order_by("-at", "-id")
        .first()
    )
    then = since.request.round.content if since else ""
    cash, listed = first_year_cash(quote, lines)
    return Case(
        since,
        changes_between(then, last.content) if then and last and last.content else [],
        user.may(Permission.VIEW_MARGIN),
        margin_of(quote),
        discount_of(quote),
        cash,
        listed - cash,
        comparable_deals(quote, lines, by=user),
    )


def grantable(request: ApprovalRequest, *, to: User) -> list[dict[str, str]]:
    """Return the numbers that a standing grant may bound: those that made the policy ask.

    A margin is among them for who may see margins.
    """
    return [
        {"measure": reading["measure"], "value": reading["value"]}
        for reading in request.readings
        if reading["is_met"]
        and reading["value"]
        and reading["measure"] in NUMBERS
        and (reading["measure"] != Measure.MARGIN or to.may(Permission.VIEW_MARGIN))
    ]


def standing_grants(user: User) -> QuerySet[StandingGrant]:
    """Return the standing grants that somebody gave; to an administrator all, newest first."""
    found = StandingGrant.objects.select_related(
        "policy", "given_by", "customer", "owner", "revoked_by"
    )
    return found if user.role == Role.ADMINISTRATOR.value else found.filter(given_by=user)


def first_year_cash(quote: Quote, lines: Sequence[QuoteLine]) -> tuple[Money, Money]:
    """Return the net that falls due in the first twelve months, and the same at list prices."""
    end = term_end(quote.starts_on, months=12)

    def due(rows: Sequence[QuoteLine]) -> Money:
        charges = planned_charges(quote, rows)
        amounts = (c.net.amount for c in charges if c.due_on is None or c.due_on < end)
        return Money(sum(amounts, Decimal(0)), quote.currency)

    return due(lines), due([_at_list(line) for line in lines])


def comparable_deals(quote: Quote, lines: Sequence[QuoteLine], *, by: User) -> list[Comparable]:
    """Return the last closed deals with one of the same products."""
    products = {line.product_id for line in lines if line.product_id}
    shared = QuoteLine.objects.filter(quote=OuterRef("pk"), product__in=products)
    found: QuerySet[Quote] = (
        visible_to(by)
        .filter(Exists(shared), state__in=[state.value for state in _CLOSED])
        .exclude(number=quote.number)
        .select_related("customer")
        .order_by("-created_at", "-id")
    )
    return [Comparable(each, discount_of(each)) for each in found[:_COMPARED]]


def _at_list(line: QuoteLine) -> QuoteLine:
    at_list = copy(line)
    is_open = line.is_adjustment or (line.charge_kind == "usage" and not line.net_per_period)
    at_list.net_per_period = Decimal(0) if is_open else line.list_per_period
    return at_list
