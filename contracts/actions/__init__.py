from contracts.actions.amending import check_offer, open_to_amend
from contracts.actions.final_text import accept_text, decline_text, open_text, send_text
from contracts.actions.library import ClauseDraft, archive_clause, restore_clause, save_clause
from contracts.actions.renewing import (
    RenewalTerms,
    change_renewal_terms,
    quote_renewal,
    remind_renewals,
)
from contracts.actions.setup import (
    ContractPolicyDraft,
    save_policy,
)
from contracts.actions.signing import (
    approve_contract,
    countersign_contract,
    draw_up_contract,
    give_up_renewal,
    refuse_contract,
    refuse_countersignature,
    terminate_contract,
)
from contracts.actions.swapping import Swap, swap_clause
from contracts.actions.templating import Place, TemplateDraft, save_template

__all__ = [
    "ClauseDraft",
    "ContractPolicyDraft",
    "Place",
    "RenewalTerms",
    "Swap",
    "TemplateDraft",
    "accept_text",
    "approve_contract",
    "archive_clause",
    "change_renewal_terms",
    "check_offer",
    "countersign_contract",
    "decline_text",
    "draw_up_contract",
    "give_up_renewal",
    "open_text",
    "open_to_amend",
    "quote_renewal",
    "refuse_contract",
    "refuse_countersignature",
    "remind_renewals",
    "restore_clause",
    "save_clause",
    "save_policy",
    "save_template",
    "send_text",
    "swap_clause",
    "terminate_contract",
]
