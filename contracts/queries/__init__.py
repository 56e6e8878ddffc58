from contracts.queries.contracts import (
    DESKS,
    SignedContract,
    counts_by_state,
    ending_soon,
    inbox_of,
    matching,
    number_of,
    signed_contract,
    signed_contracts,
    to_countersign,
    visible_to,
)

__all__ = [
    "DESKS",
    "SignedContract",
    "counts_by_state",
    "ending_soon",
    "inbox_of",
    "matching",
    "number_of",
    "signed_contract",
    "signed_contracts",
    "to_countersign",
    "visible_to",
]
