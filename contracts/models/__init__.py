from contracts.models.clause import Clause, ClauseVersion, ContractClause, TemplateClause
from contracts.models.contract import Contract, ContractApproval
from contracts.models.renewal import RenewalReminder
from contracts.models.template import ContractPolicy, ContractTemplate
from contracts.models.text_acceptance import TextAcceptance

__all__ = [
    "Clause",
    "ClauseVersion",
    "Contract",
    "ContractApproval",
    "ContractClause",
    "ContractPolicy",
    "ContractTemplate",
    "RenewalReminder",
    "TemplateClause",
    "TextAcceptance",
]
