from enum import StrEnum

from q2c.kernel.lifecycle import Lifecycle


class OrderState(StrEnum):
    """Where an order stands: open until every line is delivered or given up."""

    OPEN = "open"
    COMPLETE = "complete"
    CANCELLED = "cancelled"


class SubscriptionState(StrEnum):
    """Whether a subscription runs. Not yet started and ended are dates, not states."""

    RUNNING = "running"
    CANCELLED = "cancelled"


ORDER_LIFECYCLE = Lifecycle(
    start=OrderState.OPEN,
    moves={
        (OrderState.OPEN, "complete"): OrderState.COMPLETE,
        (OrderState.OPEN, "cancel"): OrderState.CANCELLED,
        # With nothing to ship it is complete at once, though its subscriptions begin later.
        (OrderState.COMPLETE, "cancel"): OrderState.CANCELLED,
    },
)
SUBSCRIPTION_LIFECYCLE = Lifecycle(
    start=SubscriptionState.RUNNING,
    moves={
        (SubscriptionState.RUNNING, "cancel"): SubscriptionState.CANCELLED,
        # Only what made way for a renewal that was given up before it began.
        (SubscriptionState.CANCELLED, "revive"): SubscriptionState.RUNNING,
    },
)
