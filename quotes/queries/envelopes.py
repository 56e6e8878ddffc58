"""Whether a customer's own configuration of a quote lies within what was approved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from quotes.models import ApprovalDecision, ApprovalEnvelope, Quote, QuoteLine
from quotes.queries.measures import facts_configured, facts_with_options
from quotes.queries.reviews import Review, reviews_of
from quotes.rules.approval import Configuration, Envelope, covers, outside


@dataclass(frozen=True, slots=True)
class Violation:
    """Where a configuration leaves what was approved; `policy_id` is None for a bound alone."""

    words: str
    policy_id: int | None = None


def outside_envelope(quote: Quote, lines: Sequence[QuoteLine], *, at: datetime) -> list[Violation]:
    """Return what of a customer's configuration nobody approved; none when it may be accepted.

    `lines` are the quote's lines with the customer's choices and quantities set in memory. Every
    bound of every envelope holds. A policy that the configuration falls under is covered by an
    envelope of whom it asks, by what they granted, or by a standing grant.
    """
    configured = _configuration(quote, lines)
    envelopes = [
        (decision, envelope_of(decision.envelope)) for decision in _decisions(quote, bound=True)
    ]
    found = [
        Violation(words, decision.request.policy_id)
        for decision, envelope in envelopes
        for words in outside(envelope, configured)
    ]
    if found:
        return found
    reviews = reviews_of(
        quote,
        configured.facts,
        facts_with_options(quote, lines),
        by=quote.owner,
        at=at,
    )
    granted = _decisions(quote, bound=False)
    return [
        Violation(review.need.reason, review.need.policy_id)
        for review in reviews
        if not review.is_settled and not _is_granted(review, granted)
    ]


def envelope_of(row: ApprovalEnvelope) -> Envelope:
    """Return stored bounds as the rules read them."""
    return Envelope(
        margin_at_least=row.margin_at_least,
        discount_at_most=row.discount_at_most,
        term_from=row.term_from,
        term_to=row.term_to,
        quantities={
            int(position): (Decimal(least), Decimal(most))
            for position, (least, most) in row.quantities.items()
        },
    )


def _configuration(quote: Quote, lines: Sequence[QuoteLine]) -> Configuration:
    return Configuration(
        facts_configured(quote, lines),
        {
            line.position: (line.description, line.quantity if line.is_chosen else Decimal(0))
            for line in lines
            if line.is_optional
        },
    )


def _decisions(quote: Quote, *, bound: bool) -> list[ApprovalDecision]:
    """Return what was approved for the content that was sealed, itself or carried over."""
    rows = ApprovalDecision.objects.filter(
        request__quote=quote,
        request__round__content_hash=quote.content_hash,
        is_approval=True,
    ).select_related("request", "envelope")
    if not bound:
        return list(rows)
    return list(rows.filter(envelope__isnull=False))


def _is_granted(review: Review, decisions: Sequence[ApprovalDecision]) -> bool:
    """Return whether those whom a step asks said yes to this, within the bounds they gave.

    The bounds themselves were checked before: whoever gave some approved whatever is inside.
    """
    return any(
        decision.request.policy_id == review.need.policy_id
        and decision.request.asks == review.need.step.asks
        and (hasattr(decision, "envelope") or covers(decision.request.readings, review.readings))
        for decision in decisions
    )
