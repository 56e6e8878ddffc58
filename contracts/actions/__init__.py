from contracts.actions.amending import check_offer, open_to_amend
from contracts.actions.renewing import (
    RenewalTerms,
    change_renewal_terms,
    quote_renewal,
    remind_renewals,
)
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
    "RenewalTerms",
    "TemplateDraft",
    "approve_contract",
    "change_renewal_terms",
    "check_offer",
    "countersign_contract",
    "draw_up_contract",
    "open_to_amend",
    "quote_renewal",
    "refuse_contract",
    "refuse_countersignature",
    "remind_renewals",
    "save_policy",
    "save_template",
    "terminate_contract",
]
