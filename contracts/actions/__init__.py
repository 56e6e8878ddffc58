from contracts.actions.renewing import remind_renewals
from contracts.actions.signing import (
    approve_contract,
    countersign_contract,
    draw_up_contract,
    refuse_contract,
    terminate_contract,
)

__all__ = [
    "approve_contract",
    "countersign_contract",
    "draw_up_contract",
    "refuse_contract",
    "remind_renewals",
    "terminate_contract",
]
