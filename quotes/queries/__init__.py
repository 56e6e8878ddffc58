"""What can be asked of quotes; other apps get frozen rows."""

from quotes.queries.accepted import (
    AcceptedLine,
    AcceptedQuote,
    SignatureOf,
    accepted_quote,
    accepted_quotes,
    signature_of,
)
from quotes.queries.books import choice_of_book, contract_book, price_books, region_of
from quotes.queries.groups import LineGroup, grouped, line_groups
from quotes.queries.lists import counts_by_state, inbox_of, matching, visible_to
from quotes.queries.prices import (
    bundles,
    line_terms,
    list_price,
    prices_of,
    quote_terms,
    sellable,
)
from quotes.queries.renewals import renewal_quote
from quotes.queries.reviews import approvals_for, discount_of, margin_of
from quotes.queries.schedules import (
    BillingSchedule,
    agreed_schedule,
    billing_schedule,
    planned_charges,
)
from quotes.queries.taxes import FirstTax, first_tax

__all__ = [
    "AcceptedLine",
    "AcceptedQuote",
    "BillingSchedule",
    "FirstTax",
    "LineGroup",
    "SignatureOf",
    "accepted_quote",
    "accepted_quotes",
    "agreed_schedule",
    "approvals_for",
    "billing_schedule",
    "bundles",
    "choice_of_book",
    "contract_book",
    "counts_by_state",
    "discount_of",
    "first_tax",
    "grouped",
    "inbox_of",
    "line_groups",
    "line_terms",
    "list_price",
    "margin_of",
    "matching",
    "planned_charges",
    "price_books",
    "prices_of",
    "quote_terms",
    "region_of",
    "renewal_quote",
    "sellable",
    "signature_of",
    "visible_to",
]
