"""What a customer may offer to sign instead, and how the answer goes."""

from enum import StrEnum

from q2c.kernel.lifecycle import Lifecycle


class Edit(StrEnum):
    """What one item of a counter-offer changes: a line (the first four) or the quote's terms."""

    QUANTITY = "quantity"
    UNIT_PRICE = "unit_price"
    DISCOUNT = "discount"
    REMOVE = "remove"
    TERM = "term"
    PAYMENT_TERMS = "payment_terms"
    START = "start"


OF_A_LINE = (Edit.QUANTITY, Edit.UNIT_PRICE, Edit.DISCOUNT, Edit.REMOVE)


class CounterState(StrEnum):
    """Where a counter-offer stands."""

    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


COUNTER_LIFECYCLE = Lifecycle(
    start=CounterState.OPEN,
    moves={
        (CounterState.OPEN, "answer"): CounterState.ANSWERED,
        (CounterState.OPEN, "withdraw"): CounterState.WITHDRAWN,
    },
)
