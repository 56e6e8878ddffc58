from quotes.models.acceptance import Acceptance
from quotes.models.approval import ApprovalPolicy, ApprovalRequest
from quotes.models.comment import Comment
from quotes.models.price_book import Price, PriceBook
from quotes.models.quote import Quote, QuoteLine

__all__ = [
    "Acceptance",
    "ApprovalPolicy",
    "ApprovalRequest",
    "Comment",
    "Price",
    "PriceBook",
    "Quote",
    "QuoteLine",
]
