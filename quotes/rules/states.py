from enum import StrEnum

from q2c.kernel.lifecycle import Lifecycle


class QuoteState(StrEnum):
    """Where one version of a quote stands."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    SENT = "sent"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


S = QuoteState
# A version that the customer may still accept one day, or has accepted.
LIVING = (S.DRAFT, S.IN_REVIEW, S.APPROVED, S.SENT, S.ACCEPTED)
_SIGNED = "It stays as it was signed: amend its contract or copy the quote."
LIFECYCLE = Lifecycle(
    start=S.DRAFT,
    moves={
        (S.DRAFT, "submit"): S.IN_REVIEW,
        (S.DRAFT, "approve"): S.APPROVED,
        (S.DRAFT, "cancel"): S.CANCELLED,
        (S.IN_REVIEW, "approve"): S.APPROVED,
        (S.IN_REVIEW, "refuse"): S.DRAFT,
        (S.IN_REVIEW, "recall"): S.DRAFT,
        (S.APPROVED, "send"): S.SENT,
        (S.APPROVED, "edit_again"): S.DRAFT,
        (S.APPROVED, "cancel"): S.CANCELLED,
        (S.SENT, "accept"): S.ACCEPTED,
        (S.SENT, "decline"): S.DECLINED,
        (S.SENT, "expire"): S.EXPIRED,
        (S.SENT, "supersede"): S.SUPERSEDED,
        (S.SENT, "cancel"): S.CANCELLED,
        (S.EXPIRED, "supersede"): S.SUPERSEDED,
        (S.DECLINED, "supersede"): S.SUPERSEDED,
        (S.CANCELLED, "unmerge"): S.DRAFT,  # only what was merged into a draft, by undoing that
    },
    advice={
        (S.IN_REVIEW, "edit"): "Take it back to draft first; what gets worse is asked again.",
        (S.APPROVED, "edit"): "Take it back to draft first; what gets worse is asked again.",
        (S.SENT, "edit"): "Revise it: the customer keeps this version until the next is sent.",
        **{(S.ACCEPTED, verb): _SIGNED for verb in ("edit", "recall", "cancel", "revise")},
    },
)
