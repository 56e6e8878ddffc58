from dataclasses import dataclass
from typing import ClassVar

from q2c.kernel.facts import Fact


@dataclass(frozen=True, kw_only=True)
class QuoteFact(Fact):
    """Something happened to one version of a quote."""

    document: ClassVar[str] = "quote"
    quote_id: int


class QuoteCreated(QuoteFact): ...


class QuoteEdited(QuoteFact): ...


class QuoteSubmitted(QuoteFact): ...


class QuoteRecalled(QuoteFact): ...


class QuoteApproved(QuoteFact): ...


class QuoteApprovalRefused(QuoteFact): ...


class QuoteSent(QuoteFact): ...


class QuoteViewed(QuoteFact): ...


@dataclass(frozen=True, kw_only=True)
class QuoteCommented(QuoteFact):
    comment_id: int


class QuoteAccepted(QuoteFact): ...


class QuoteDeclined(QuoteFact): ...


class QuoteExpired(QuoteFact): ...


class QuoteRevised(QuoteFact): ...


class QuoteCancelled(QuoteFact): ...
