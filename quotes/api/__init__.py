"""The doors for programs."""

from q2c.api.resources import routes
from quotes.api.approval_policies import ApprovalPolicies
from quotes.api.approvals import Approvals
from quotes.api.laboratory import RuleTrials
from quotes.api.price_books import PriceBooks
from quotes.api.price_rules import PriceRules
from quotes.api.questionnaires import Questionnaires
from quotes.api.quotes import Quotes
from quotes.api.standing import Approvers, Delegations, StandingGrants
from quotes.api.templates import CloseReasons, QuoteTemplates

api_urls = routes(
    ("quotes", Quotes),
    ("quote-templates", QuoteTemplates),
    ("close-reasons", CloseReasons),
    ("approvals", Approvals),
    ("approval-policies", ApprovalPolicies),
    ("approvers", Approvers),
    ("delegations", Delegations),
    ("standing-grants", StandingGrants),
    ("price-books", PriceBooks),
    ("price-rules", PriceRules),
    ("price-rule-trials", RuleTrials),
    ("questionnaires", Questionnaires),
)
