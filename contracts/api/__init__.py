from contracts.api.clauses import Clauses
from contracts.api.contracts import Contracts
from q2c.api.resources import routes

api_urls = routes(("contracts", Contracts), ("clauses", Clauses))

__all__ = ["api_urls"]
