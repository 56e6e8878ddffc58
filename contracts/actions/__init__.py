from contracts.actions.renewing import remind_renewals
from contracts.actions.setup import (
    ContractPolicyDraft,
    TemplateDraft,
    save_policy,
    save_template,
)
from contracts.actions.signing import (
    approve_contract,
    countersign_contract,
    draw_up_contract,
    refuse_contract,
    refuse_countersignature,
    terminate_contract,
)

__all__ = [
    "ContractPolicyDraft",
    "TemplateDraft",
    "approve_contract",
    "countersign_contract",
    "draw_up_contract",
    "refuse_contract",
    "refuse_countersignature",
    "remind_renewals",
    "save_policy",
    "save_template",
    "terminate_contract",
]
