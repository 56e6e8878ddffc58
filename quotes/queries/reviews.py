"""The approvals that a quote's content needs, and which of them were given before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db.models import Q

from q2c.identity.models import User
from q2c.infra.clock import day_in
from quotes.models import ApprovalDecision, Quote, QuoteLine, StandingGrant
from quotes.queries.approvers import Asked, approvers, resolve
from quotes.queries.measures import facts_of, facts_with_options, policies_in_force
from quotes.rules.approval import Needed, Policy, QuoteFacts, covers, needed
from quotes.rules.approval.grants import stored


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
) -> list[Review]:
    """Return the approvals that the quote's present content needs when `by` submits it."""
    rows = list(quote.lines.order_by("position")) if lines is None else lines
    facts, options = facts_of(quote, rows), facts_with_options(quote, rows)
    return reviews_of(quote, facts, options, by=by, at=at, policies=policies)


def reviews_of(
    quote: Quote,
    facts: QuoteFacts,
    with_options: QuoteFacts | None,
    *,
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
    return _with_priors(quote, reviews, own=own, at=at)


def stages(reviews: Iterable[Review]) -> list[Stage]:
    """Return reviews by their stages, in order."""
    return [
        Stage(number, list(same)) for number, same in groupby(reviews, lambda r: r.need.step.stage)
    ]


def _with_priors(
    quote: Quote, reviews: list[Review], *, own: set[int], at: datetime
) -> list[Review]:
    decisions = list(_decisions(quote, own))
    grants = list(_grants(quote, at))
    return [
        Review(review.need, review.asked, review.readings, _priors(review, decisions, grants))
        for review in reviews
    ]


def _decisions(quote: Quote, own: set[int]) -> Iterable[ApprovalDecision]:
    """Return what was decided on any version of this quote by people who still may, last first."""
    return (
        ApprovalDecision.objects.filter(
            request__quote__number=quote.number, carried_from=None, grant=None
        )
        .filter(seat__in=approvers())
        .exclude(Q(seat__in=own) | Q(by__in=own))
        .select_related("request", "seat", "by")
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


def _priors(
    review: Review, decisions: Sequence[ApprovalDecision], grants: Sequence[StandingGrant]
) -> tuple[Prior, ...]:
    people, found = {user.pk for user in review.asked.people}, dict[int, Prior]()
    refused: set[int] = set()
    for each in decisions:
        request = each.request
        is_same = (request.policy_id, request.asks) == (
            review.need.policy_id,
            review.need.step.asks,
        )
        if not is_same or not (each.seat_id in people or each.for_all):
            continue
        if not each.is_approval and covers(review.readings, request.readings):
            refused.add(each.seat_id)  # as good as now, or better, and still not good enough
        elif (
            each.is_approval
            and each.seat_id not in refused
            and covers(request.readings, review.readings)
        ):
            found.setdefault(each.seat_id, Prior(each.seat, decision=each))
    for grant in grants:
        is_same = grant.policy_id == review.need.policy_id and grant.given_by_id in people
        if is_same and covers(grant.bounds, review.readings):
            found.setdefault(grant.given_by_id, Prior(grant.given_by, grant=grant))
    return tuple(found.values())
