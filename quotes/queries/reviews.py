"""The approvals that a quote's content needs, and which of them were given before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db.models import Q

from q2c.identity.models import User
from q2c.infra.clock import day_in
from quotes.models import (
    ApprovalDecision,
    ApprovalEnvelope,
    ApprovalRequest,
    Quote,
    QuoteLine,
    StandingGrant,
)
from quotes.queries.approvers import Asked, approvers, resolve
from quotes.queries.measures import facts_of, facts_with_options, policies_in_force
from quotes.rules.approval import (
    Configuration,
    Envelope,
    Needed,
    Policy,
    QuoteFacts,
    covers,
    needed,
    outside,
)
from quotes.rules.approval.grants import stored
from quotes.rules.pricing import Pricing


@dataclass(frozen=True, slots=True)
class Prior:
    """A person's word that covers what is asked now: an earlier decision, or a standing grant."""

    seat: User
    decision: ApprovalDecision | None = None
    grant: StandingGrant | None = None

    @property
    def for_all(self) -> bool:
        return self.decision is not None and self.decision.for_all


@dataclass(frozen=True, slots=True)
class Review:
    """One step that the quote needs: why, whom it asks, and who of them need not be asked."""

    need: Needed
    asked: Asked
    readings: list[dict[str, Any]]
    priors: tuple[Prior, ...] = ()
    astray: tuple[str, ...] = ()  # where it leaves the bounds that somebody gave beforehand

    @property
    def is_settled(self) -> bool:
        """Whether nobody has to be asked any more."""
        if self.need.step.needs_all and not any(prior.for_all for prior in self.priors):
            return bool(self.asked.people) and len(self.priors) >= len(self.asked.people)
        return bool(self.priors)


@dataclass(frozen=True, slots=True)
class Stage:
    """What is asked side by side."""

    number: int
    reviews: list[Review]


def approvals_for(
    quote: Quote,
    lines: Sequence[QuoteLine] | None = None,
    *,
    by: User,
    at: datetime,
    policies: Sequence[Policy] | None = None,
    pricing: Pricing | None = None,
) -> list[Review]:
    """Return the approvals that the quote's present content needs when `by` submits it.

    `pricing` is that of the lines, when somebody has priced them already.
    """
    rows = list(quote.lines.order_by("position")) if lines is None else lines
    return reviews_of(
        quote,
        rows,
        facts=facts_of(quote, rows),
        with_options=facts_with_options(quote, rows, pricing),
        by=by,
        at=at,
        policies=policies,
    )


def reviews_of(  # noqa: PLR0913  a quote's facts twice, and who asks when
    quote: Quote,
    lines: Sequence[QuoteLine],
    *,
    facts: QuoteFacts,
    with_options: QuoteFacts | None,
    by: User,
    at: datetime,
    policies: Sequence[Policy] | None = None,
) -> list[Review]:
    """Return the approvals that these measured values need, with the words given before."""
    known = policies_in_force() if policies is None else policies
    needs = needed(known, facts, with_options=with_options)
    if not needs:
        return []
    people, owner = list(approvers()), User.objects.select_related("manager").get(pk=quote.owner_id)
    own = {owner.pk, by.pk}
    reviews = [
        Review(
            need,
            resolve(need.step.asks, owner=owner, besides=own, among=people),
            [stored(reading) for reading in need.readings],
        )
        for need in needs
    ]
    configured = Configuration(facts, _quantities(lines))
    decisions, grants = list(_decisions(quote, own)), list(_grants(quote, at))
    return [_with_priors(review, configured, decisions, grants) for review in reviews]


def stages(reviews: Iterable[Review]) -> list[Stage]:
    """Return reviews by their stages, in order."""
    return [
        Stage(number, list(same)) for number, same in groupby(reviews, lambda r: r.need.step.stage)
    ]


def _quantities(lines: Iterable[QuoteLine]) -> dict[int, tuple[str, Decimal]]:
    """Return how much is taken of each product that the customer may choose, or choose how much of."""
    found: dict[int, tuple[str, Decimal]] = {}
    for line in lines:
        if line.is_open and line.product_id:
            _label, before = found.get(line.product_id, ("", Decimal(0)))
            taken = line.quantity if line.is_chosen else Decimal(0)
            found[line.product_id] = (line.description, before + taken)
    return found


def configuration_of(quote: Quote) -> Configuration:
    """Return a quote as it stands, to hold bounds against."""
    lines = list(quote.lines.order_by("position"))
    return Configuration(facts_of(quote, lines), _quantities(lines))


def _decisions(quote: Quote, own: set[int]) -> Iterable[ApprovalDecision]:
    """Return what was decided on any version of this quote by people who still may, last first."""
    return (
        ApprovalDecision.objects.filter(request__quote__number=quote.number, carried_from=None)
        # What a standing grant approved counts for what it approved, not for the next round.
        .filter(Q(grant=None) | Q(request__quote=quote, request__state=ApprovalRequest.APPROVED))
        .filter(seat__in=approvers())
        .exclude(Q(seat__in=own) | Q(by__in=own))
        .select_related("request", "seat", "by", "envelope")
        .order_by("-id")
    )


def _grants(quote: Quote, at: datetime) -> Iterable[StandingGrant]:
    today = day_in(quote.legal_entity.time_zone, at)
    return (
        StandingGrant.objects.filter(revoked_at=None, last_day__gte=today, created_at__lte=at)
        .filter(Q(customer=None) | Q(customer=quote.customer_id))
        .filter(Q(owner=None) | Q(owner=quote.owner_id))
        .select_related("given_by")
        .order_by("-id")
    )


def _with_priors(
    review: Review,
    configured: Configuration,
    decisions: Sequence[ApprovalDecision],
    grants: Sequence[StandingGrant],
) -> Review:
    """Add who need not be asked: whose latest word about as much or more was yes."""
    people, found = {user.pk for user in review.asked.people}, dict[int, Prior]()
    refused: set[int] = set()
    astray: dict[str, None] = {}
    for each in (x for x in decisions if _concerns(x, review, people)):
        if not each.is_approval:
            if covers(review.readings, each.request.readings):
                refused.add(each.seat_id)  # as good as now, or better, and still not good enough
        elif each.seat_id not in refused:
            is_granted, left = _grants_it(each, review, configured)
            astray |= dict.fromkeys(left)
            if is_granted:
                found.setdefault(each.seat_id, Prior(each.seat, decision=each))
    for grant in _standing(review, grants):
        if grant.given_by_id in people:
            found.setdefault(grant.given_by_id, Prior(grant.given_by, grant=grant))
    return replace(review, priors=tuple(found.values()), astray=tuple(astray))


def _concerns(decision: ApprovalDecision, review: Review, people: set[int]) -> bool:
    """Return whether a decision is one of those asked now, about the same step."""
    request, need = decision.request, review.need
    is_same = (request.policy_id, request.asks) == (need.policy_id, need.step.asks)
    return is_same and (decision.seat_id in people or decision.for_all)


def _standing(review: Review, grants: Sequence[StandingGrant]) -> list[StandingGrant]:
    return [
        grant
        for grant in grants
        if grant.policy_id == review.need.policy_id and covers(grant.bounds, review.readings)
    ]


def _grants_it(
    decision: ApprovalDecision, review: Review, configured: Configuration
) -> tuple[bool, list[str]]:
    """Return whether a yes reaches this far, and where it leaves the bounds that came with it."""
    if hasattr(decision, "envelope"):
        left = outside(envelope_of(decision.envelope), configured)
        return not left, left
    return covers(decision.request.readings, review.readings), []


def envelope_of(row: ApprovalEnvelope) -> Envelope:
    """Return stored bounds as the rules read them."""
    return Envelope(
        margin_at_least=row.margin_at_least,
        discount_at_most=row.discount_at_most,
        term_from=row.term_from,
        term_to=row.term_to,
        quantities={
            int(product): (Decimal(least), Decimal(most))
            for product, (least, most) in row.quantities.items()
        },
    )
