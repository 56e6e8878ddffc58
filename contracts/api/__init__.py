from contracts.api.clauses import Clauses
from contracts.api.contracts import Contracts
from contracts.api.templates import ContractPolicies, ContractTemplates
from q2c.api.resources import routes

api_urls = routes(
    ("contracts", Contracts),
    ("clauses", Clauses),
    ("contract-templates", ContractTemplates),
    ("contract-policies", ContractPolicies),
)

__all__ = ["api_urls"]
