from quotes.models.acceptance import Acceptance
from quotes.models.approval import ApprovalPolicy, ApprovalRequest
from quotes.models.comment import Attachment, Comment
from quotes.models.counter_offer import CounterItem, CounterOffer
from quotes.models.outcome import CloseReason, ExpiryReminder, QuoteOutcome
from quotes.models.price_book import Price, PriceBook
from quotes.models.quote import (
    TEXT_KINDS,
    LineChange,
    LineKind,
    Quote,
    QuoteKind,
    QuoteLine,
)
from quotes.models.reading import Reading
from quotes.models.selection import Selection
from quotes.models.template import QuoteTemplate

__all__ = [
    "TEXT_KINDS",
    "Acceptance",
    "ApprovalPolicy",
    "ApprovalRequest",
    "Attachment",
    "CloseReason",
    "Comment",
    "CounterItem",
    "CounterOffer",
    "ExpiryReminder",
    "LineChange",
    "LineKind",
    "Price",
    "PriceBook",
    "Quote",
    "QuoteKind",
    "QuoteLine",
    "QuoteOutcome",
    "QuoteTemplate",
    "Reading",
    "Selection",
]
