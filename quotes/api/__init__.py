"""The doors for programs."""

from q2c.api.resources import routes
from quotes.api.approval_policies import ApprovalPolicies
from quotes.api.price_books import PriceBooks
from quotes.api.price_rules import PriceRules
from quotes.api.questionnaires import Questionnaires
from quotes.api.quotes import Quotes

api_urls = routes(
    ("quotes", Quotes),
    ("price-books", PriceBooks),
    ("price-rules", PriceRules),
    ("approval-policies", ApprovalPolicies),
    ("questionnaires", Questionnaires),
)
