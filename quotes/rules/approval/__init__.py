"""When a quote needs approval, whose, and what earlier approvals still cover."""

from quotes.rules.approval.conditions import MEASURES, OPERATORS, Condition, Measure, Operator
from quotes.rules.approval.envelopes import MANY, Configuration, Envelope, outside
from quotes.rules.approval.facts import LineFacts, QuoteFacts
from quotes.rules.approval.grants import covers, is_no_worse
from quotes.rules.approval.policies import Needed, Policy, Step, needed
from quotes.rules.approval.readings import Reading, read

__all__ = [
    "MANY",
    "MEASURES",
    "OPERATORS",
    "Condition",
    "Configuration",
    "Envelope",
    "LineFacts",
    "Measure",
    "Needed",
    "Operator",
    "Policy",
    "QuoteFacts",
    "Reading",
    "Step",
    "covers",
    "is_no_worse",
    "needed",
    "outside",
    "read",
]
