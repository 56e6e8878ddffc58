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
from quotes.queries.counters import counter_offers
from quotes.queries.groups import LineGroup, grouped, line_groups
from quotes.queries.layout import Section, laid_out
from quotes.queries.lists import counts_by_state, inbox_of, matching, visible_to
from quotes.queries.outcomes import Outcomes, outcomes
from quotes.queries.prices import (
    bundles,
    line_terms,
    list_price,
    prices_of,
    quote_terms,
    sellable,
)
from quotes.queries.readings import Reader, readers, readers_by_forward
from quotes.queries.renewals import renewal_quote
from quotes.queries.reviews import approvals_for, discount_of, margin_of
from quotes.queries.schedules import (
    BillingSchedule,
    agreed_schedule,
    billing_schedule,
    planned_charges,
)
from quotes.queries.selections import LINE_AMOUNTS, TOTALS, apply_selection, offered_lines
from quotes.queries.taxes import FirstTax, first_tax

__all__ = [
    "LINE_AMOUNTS",
    "TOTALS",
    "AcceptedLine",
    "AcceptedQuote",
    "BillingSchedule",
    "FirstTax",
    "LineGroup",
    "Outcomes",
    "Reader",
    "Section",
    "SignatureOf",
    "accepted_quote",
    "accepted_quotes",
    "agreed_schedule",
    "apply_selection",
    "approvals_for",
    "billing_schedule",
    "bundles",
    "choice_of_book",
    "contract_book",
    "counter_offers",
    "counts_by_state",
    "discount_of",
    "first_tax",
    "grouped",
    "inbox_of",
    "laid_out",
    "line_groups",
    "line_terms",
    "list_price",
    "margin_of",
    "matching",
    "offered_lines",
    "outcomes",
    "planned_charges",
    "price_books",
    "prices_of",
    "quote_terms",
    "readers",
    "readers_by_forward",
    "region_of",
    "renewal_quote",
    "sellable",
    "signature_of",
    "visible_to",
]
