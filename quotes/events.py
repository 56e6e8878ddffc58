from dataclasses import dataclass
from typing import ClassVar

from q2c.kernel.facts import Fact


@dataclass(frozen=True, kw_only=True)
class QuoteFact(Fact):
    """Something happened to one version of a quote."""

    document: ClassVar[str] = "quote"
    quote_id: int


@dataclass(frozen=True, kw_only=True)
class QuoteEvidence(QuoteFact):
    """Something that shows how an offer came to be accepted, or not: a link of its chain."""

    evidence_of: ClassVar[str] = "quote"


class QuoteCreated(QuoteFact): ...


class QuoteEdited(QuoteFact): ...


class QuoteSubmitted(QuoteFact): ...


class QuoteRecalled(QuoteFact): ...


class ApprovalStageOpened(QuoteFact): ...


class QuoteStepApproved(QuoteFact): ...


class QuoteApproved(QuoteFact): ...


class QuoteApprovalRefused(QuoteFact): ...


@dataclass(frozen=True, kw_only=True)
class ApprovalCommented(QuoteFact):
    approval_comment_id: int


class ApprovalReminded(QuoteFact): ...


class ApprovalEscalated(QuoteFact): ...


@dataclass(frozen=True, kw_only=True)
class QuoteSent(QuoteEvidence):
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class QuotesBroughtIn(Fact):
    """Quotes that were accepted elsewhere were brought in together."""

    document: ClassVar[str] = "quote"
    quote_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class QuoteSentAgain(QuoteEvidence):
    """A reader is mailed a new link in place of those like the one with this id, which are dead."""

    link_id: int
    may_sign: bool


class QuoteViewed(QuoteEvidence): ...


class QuoteReturnedTo(QuoteEvidence):
    """The customer looked again after days."""


@dataclass(frozen=True, kw_only=True)
class CustomerChoseMore(QuoteFact):
    """A customer's choice went beyond what was approved.

    It is asked about in the version `asked_in_id`, to which it `is_added`, unless that was in work.
    """

    asked_in_id: int
    is_added: bool
    words: str


@dataclass(frozen=True, kw_only=True)
class QuoteForwarded(QuoteEvidence):
    """A reader passed the offer on to a colleague, who gets a link of their own."""

    link_id: int
    name: str
    email: str
    may_sign: bool
    hands_over: bool = False  # the colleague signs instead of the reader


class QuoteLinksRevoked(QuoteEvidence): ...


@dataclass(frozen=True, kw_only=True)
class CounterOfferMade(QuoteEvidence):
    counter_offer_id: int


@dataclass(frozen=True, kw_only=True)
class CounterOfferAnswered(QuoteEvidence):
    counter_offer_id: int


@dataclass(frozen=True, kw_only=True)
class CounterOfferWithdrawn(QuoteEvidence):
    counter_offer_id: int


@dataclass(frozen=True, kw_only=True)
class QuoteCommented(QuoteEvidence):
    comment_id: int


@dataclass(frozen=True, kw_only=True)
class QuoteChoiceKept(QuoteEvidence):
    """What the customer chose of the offer has its document, ready to be signed."""

    selection_id: int


class QuoteAccepted(QuoteEvidence): ...


class QuoteDeclined(QuoteEvidence): ...


class QuoteExpired(QuoteEvidence): ...


class QuoteRevised(QuoteEvidence): ...


class QuoteCancelled(QuoteEvidence): ...


@dataclass(frozen=True, kw_only=True)
class QuoteMergedAway(QuoteFact):
    """Its lines went into another quote: it is closed, or replaced once that one is sent."""

    into_id: int


class QuoteUnmerged(QuoteFact):
    """It stands for itself again."""


@dataclass(frozen=True, kw_only=True)
class PriceBookEdited(Fact):
    """List prices were added or changed."""

    document: ClassVar[str] = "price_book"
    price_book_id: int


class QuoteOutcomeSaid(QuoteFact): ...


@dataclass(frozen=True, kw_only=True)
class QuoteExpiryReminded(QuoteEvidence):
    """An offer runs out in so many days, and nobody has answered it."""

    days_before: int


@dataclass(frozen=True, kw_only=True)
class QuoteTemplateEdited(Fact):
    """A template that quotes start from was kept, renamed or taken out of use."""

    document: ClassVar[str] = "quote_template"
    quote_template_id: int


@dataclass(frozen=True, kw_only=True)
class CloseReasonEdited(Fact):
    """A reason why quotes are won or lost was added or changed."""

    document: ClassVar[str] = "close_reason"
    close_reason_id: int


@dataclass(frozen=True, kw_only=True)
class PriceRuleEdited(Fact):
    """A price rule was written, changed, put in force or taken out of it."""

    document: ClassVar[str] = "price_rule"
    price_rule_id: int


@dataclass(frozen=True, kw_only=True)
class QuestionnaireEdited(Fact):
    """A questionnaire was written, changed, put in force or taken out of it."""

    document: ClassVar[str] = "questionnaire"
    questionnaire_id: int


@dataclass(frozen=True, kw_only=True)
class QuestionnaireAnswered(QuoteFact):
    """Questions were answered for a draft, and what they proposed was added to it."""

    questionnaire_id: int


@dataclass(frozen=True, kw_only=True)
class ApprovalPolicyEdited(Fact):
    """A policy by which quotes need approval was added or changed."""

    document: ClassVar[str] = "approval_policy"
    approval_policy_id: int


@dataclass(frozen=True, kw_only=True)
class ApprovalsDelegated(Fact):
    """Somebody lets another decide in their place for some days, or takes it back."""

    document: ClassVar[str] = "delegation"
    delegation_id: int


@dataclass(frozen=True, kw_only=True)
class StandingGrantGiven(Fact):
    """Somebody approved beforehand what lies within bounds."""

    document: ClassVar[str] = "standing_grant"
    standing_grant_id: int


@dataclass(frozen=True, kw_only=True)
class StandingGrantRevoked(Fact):
    document: ClassVar[str] = "standing_grant"
    standing_grant_id: int
