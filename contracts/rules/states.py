from enum import StrEnum

from q2c.kernel.lifecycle import Lifecycle


class ContractState(StrEnum):
    """Where a contract stands. Ended is a date that passed, not a state."""

    IN_APPROVAL = "in_approval"
    APPROVED = "approved"
    SIGNED = "signed"
    REFUSED = "refused"
    TERMINATED = "terminated"


S = ContractState
LIFECYCLE = Lifecycle(
    start=S.IN_APPROVAL,
    moves={
        (S.IN_APPROVAL, "approve"): S.APPROVED,
        (S.IN_APPROVAL, "refuse"): S.REFUSED,
        (S.APPROVED, "countersign"): S.SIGNED,
        (S.APPROVED, "refuse"): S.REFUSED,
        (S.SIGNED, "terminate"): S.TERMINATED,
    },
)
