from quotes.models.acceptance import Acceptance
from quotes.models.approval import ApprovalPolicy, ApprovalRequest
from quotes.models.comment import Attachment, Comment
from quotes.models.counter_offer import CounterItem, CounterOffer
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

__all__ = [
    "TEXT_KINDS",
    "Acceptance",
    "ApprovalPolicy",
    "ApprovalRequest",
    "Attachment",
    "Comment",
    "CounterItem",
    "CounterOffer",
    "LineChange",
    "LineKind",
    "Price",
    "PriceBook",
    "Quote",
    "QuoteKind",
    "QuoteLine",
    "Reading",
    "Selection",
]
