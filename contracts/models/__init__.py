from contracts.models.contract import Contract, ContractApproval
from contracts.models.renewal import RenewalReminder
from contracts.models.template import ContractPolicy, ContractTemplate

__all__ = [
    "Contract",
    "ContractApproval",
    "ContractPolicy",
    "ContractTemplate",
    "RenewalReminder",
]
