"""Whether a customer's own configuration of a quote lies within what was approved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from quotes.models import Quote, QuoteLine
from quotes.queries.measures import facts_configured, facts_with_options
from quotes.queries.price_rules import pricing_of
from quotes.queries.reviews import reviews_of


@dataclass(frozen=True, slots=True)
class Violation:
    """What of a configuration nobody approved: in words, and by which policy."""

    words: str
    policy_id: int


def outside_envelope(quote: Quote, lines: Sequence[QuoteLine], *, at: datetime) -> list[Violation]:
    """Return what of a customer's configuration nobody approved; none when it may be accepted.

    `lines` are the quote's lines with the customer's choices and quantities set in memory. Each
    policy that the configuration falls under must be covered by those whom it asks: by the bounds
    they gave, else by what was measured when they approved, or by a standing grant.
    """
    pricing = pricing_of(quote, lines)
    reviews = reviews_of(
        quote,
        lines,
        facts=facts_configured(quote, lines, pricing),
        with_options=facts_with_options(quote, lines, pricing),
        by=quote.owner,
        at=at,
    )
    return [
        Violation("; ".join(review.astray) or review.need.reason, review.need.policy_id)
        for review in reviews
        if not review.is_settled
    ]
