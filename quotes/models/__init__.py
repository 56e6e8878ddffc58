from quotes.models.acceptance import Acceptance
from quotes.models.approval import ApprovalPolicy, ApprovalRequest
from quotes.models.comment import Comment
from quotes.models.price_book import Price, PriceBook
from quotes.models.quote import (
    TEXT_KINDS,
    LineChange,
    LineKind,
    Quote,
    QuoteKind,
    QuoteLine,
)

__all__ = [
    "TEXT_KINDS",
    "Acceptance",
    "ApprovalPolicy",
    "ApprovalRequest",
    "Comment",
    "LineChange",
    "LineKind",
    "Price",
    "PriceBook",
    "Quote",
    "QuoteKind",
    "QuoteLine",
]
