from enum import StrEnum

from q2c.kernel.lifecycle import Lifecycle


class InvoiceState(StrEnum):
    """A draft may be thrown away, a posted document never changes. Paid and overdue are sums."""

    DRAFT = "draft"
    POSTED = "posted"


class PaymentState(StrEnum):
    """Where an attempt to be paid stands."""

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class DisputeState(StrEnum):
    """Whose money a disputed payment is: not known yet, ours, or the payer's."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


INVOICE_LIFECYCLE = Lifecycle(
    start=InvoiceState.DRAFT, moves={(InvoiceState.DRAFT, "post"): InvoiceState.POSTED}
)
P = PaymentState
PAYMENT_LIFECYCLE = Lifecycle(
    start=P.PENDING,
    moves={
        (P.PENDING, "succeed"): P.SUCCEEDED,
        (P.PENDING, "fail"): P.FAILED,
        (P.PENDING, "ask_customer"): P.REQUIRES_ACTION,
        (P.PENDING, "cancel"): P.CANCELLED,
        (P.REQUIRES_ACTION, "succeed"): P.SUCCEEDED,
        (P.REQUIRES_ACTION, "fail"): P.FAILED,
        (P.REQUIRES_ACTION, "cancel"): P.CANCELLED,
        # Stripe's hosted page lets a payer try another card after a decline, on the same intent.
        (P.FAILED, "succeed"): P.SUCCEEDED,
    },
)
DISPUTE_LIFECYCLE = Lifecycle(
    start=DisputeState.OPEN,
    moves={
        (DisputeState.OPEN, "win"): DisputeState.WON,
        (DisputeState.OPEN, "lose"): DisputeState.LOST,
    },
)
