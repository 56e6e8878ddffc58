from quotes.models.acceptance import Acceptance
from quotes.models.approval import (
    ApprovalComment,
    ApprovalDecision,
    ApprovalRequest,
    ApprovalRound,
)
from quotes.models.approval_policy import ApprovalCondition, ApprovalPolicy, ApprovalStep
from quotes.models.comment import Attachment, Comment
from quotes.models.counter_offer import CounterItem, CounterOffer
from quotes.models.draft_edit import DraftEdit
from quotes.models.granting import ApprovalEnvelope, Delegation, StandingGrant
from quotes.models.outcome import CloseReason, ExpiryReminder, QuoteOutcome
from quotes.models.price_book import Price, PriceBook
from quotes.models.price_rule import CouponUse, PriceRule
from quotes.models.questionnaire import GuidedAnswers, Questionnaire
from quotes.models.quote import (
    NOT_SOLD,
    TEXT_KINDS,
    LineChange,
    LineKind,
    Quote,
    QuoteKind,
    QuoteLine,
)
from quotes.models.reading import Reading
from quotes.models.rule_trial import RuleTrial
from quotes.models.selection import Selection
from quotes.models.template import QuoteTemplate

__all__ = [
    "NOT_SOLD",
    "TEXT_KINDS",
    "Acceptance",
    "ApprovalComment",
    "ApprovalCondition",
    "ApprovalDecision",
    "ApprovalEnvelope",
    "ApprovalPolicy",
    "ApprovalRequest",
    "ApprovalRound",
    "ApprovalStep",
    "Attachment",
    "CloseReason",
    "Comment",
    "CounterItem",
    "CounterOffer",
    "CouponUse",
    "Delegation",
    "DraftEdit",
    "ExpiryReminder",
    "GuidedAnswers",
    "LineChange",
    "LineKind",
    "Price",
    "PriceBook",
    "PriceRule",
    "Questionnaire",
    "Quote",
    "QuoteKind",
    "QuoteLine",
    "QuoteOutcome",
    "QuoteTemplate",
    "Reading",
    "RuleTrial",
    "Selection",
    "StandingGrant",
]
