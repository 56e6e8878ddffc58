"""What can be asked of quotes; other apps get frozen rows."""

from quotes.queries.accepted import (
    AcceptedLine,
    AcceptedQuote,
    SignatureOf,
    SignerOf,
    accepted_quote,
    accepted_quotes,
    signature_of,
    signer_of,
)
from quotes.queries.amendments import (
    AmendedLine,
    Amendment,
    amended_items,
    amendment_of,
    before_of,
    contract_end_of,
    coterm_ends,
)
from quotes.queries.approvers import (
    Seat,
    approvers,
    away_for,
    inbox_of,
    seat_for,
    seats_of,
    stand_ins,
)
from quotes.queries.books import choice_of_book, contract_book, price_books, region_of
from quotes.queries.comparing import Comparison, compare_quotes
from quotes.queries.consent import consent_to
from quotes.queries.contract_numbers import (
    about_contract,
    contract_number,
    register_contract_numbers,
)
from quotes.queries.counters import counter_offers
from quotes.queries.decision_links import DecisionLink, decision_link, open_decision_link
from quotes.queries.edits import to_redo, to_undo
from quotes.queries.envelopes import Violation, outside_envelope
from quotes.queries.evidence import chain_of, evidence_of
from quotes.queries.figures import key_figures
from quotes.queries.groups import LineGroup, grouped, line_groups
from quotes.queries.inbox import (
    Case,
    Waiting,
    case_for,
    grantable,
    standing_grants,
    waiting_for,
)
from quotes.queries.laboratory import Replay, impacts, movers, replay, rules_with, stopped_by
from quotes.queries.layout import Section, laid_out
from quotes.queries.limits import hindrances
from quotes.queries.lines import read_lines
from quotes.queries.lists import counts_by_state, matching, visible_to, with_taken
from quotes.queries.measures import discount_of, margin_of, policy_of
from quotes.queries.origins import mergeable, note_origins, successor
from quotes.queries.outcomes import Outcomes, outcomes
from quotes.queries.pasting import Understood, understood_rows
from quotes.queries.price_rules import (
    coupon_rule,
    current_rules,
    deal_of,
    price_rules,
    pricing_day,
    pricing_of,
    rule_of,
    rule_set,
    rules_of,
    spent_by,
    uses_of,
)
from quotes.queries.prices import (
    bundles,
    line_terms,
    list_price,
    prices_by_beat,
    prices_of,
    quote_terms,
    sellable,
)
from quotes.queries.questionnaires import (
    answers_of,
    content_of,
    faults,
    in_force,
    offered_to,
    offered_words,
    products_of,
    questionnaires,
    said_answers,
    said_of,
    why_not_for,
)
from quotes.queries.readings import Reader, readers, readers_by_forward
from quotes.queries.renewals import contract_of_offer, offers_about, renewal_quote
from quotes.queries.reviews import (
    Review,
    approvals_for,
    configuration_of,
    envelope_of,
    stages,
)
from quotes.queries.schedules import (
    BillingSchedule,
    CountedPart,
    agreed_schedule,
    billing_schedule,
    planned_charges,
)
from quotes.queries.selections import LINE_AMOUNTS, TOTALS, apply_selection, offered_lines
from quotes.queries.taxes import FirstTax, first_tax
from quotes.rules.amending import Coterm
from quotes.rules.renewing import RenewalBasis, RenewalMethod
from quotes.rules.running import RunningItem

__all__ = [
    "LINE_AMOUNTS",
    "TOTALS",
    "AcceptedLine",
    "AcceptedQuote",
    "AmendedLine",
    "Amendment",
    "BillingSchedule",
    "Case",
    "Comparison",
    "Coterm",
    "CountedPart",
    "DecisionLink",
    "FirstTax",
    "LineGroup",
    "Outcomes",
    "Reader",
    "RenewalBasis",
    "RenewalMethod",
    "Replay",
    "Review",
    "RunningItem",
    "Seat",
    "Section",
    "SignatureOf",
    "SignerOf",
    "Understood",
    "Violation",
    "Waiting",
    "about_contract",
    "accepted_quote",
    "accepted_quotes",
    "agreed_schedule",
    "amended_items",
    "amendment_of",
    "answers_of",
    "apply_selection",
    "approvals_for",
    "approvers",
    "away_for",
    "before_of",
    "billing_schedule",
    "bundles",
    "case_for",
    "chain_of",
    "choice_of_book",
    "compare_quotes",
    "configuration_of",
    "consent_to",
    "content_of",
    "contract_book",
    "contract_end_of",
    "contract_number",
    "contract_of_offer",
    "coterm_ends",
    "counter_offers",
    "counts_by_state",
    "coupon_rule",
    "current_rules",
    "deal_of",
    "decision_link",
    "discount_of",
    "envelope_of",
    "evidence_of",
    "faults",
    "first_tax",
    "grantable",
    "grouped",
    "hindrances",
    "impacts",
    "in_force",
    "inbox_of",
    "key_figures",
    "laid_out",
    "line_groups",
    "line_terms",
    "list_price",
    "margin_of",
    "matching",
    "mergeable",
    "movers",
    "note_origins",
    "offered_lines",
    "offered_to",
    "offered_words",
    "offers_about",
    "open_decision_link",
    "outcomes",
    "outside_envelope",
    "planned_charges",
    "policy_of",
    "price_books",
    "price_rules",
    "prices_by_beat",
    "prices_of",
    "pricing_day",
    "pricing_of",
    "products_of",
    "questionnaires",
    "quote_terms",
    "read_lines",
    "readers",
    "readers_by_forward",
    "region_of",
    "register_contract_numbers",
    "renewal_quote",
    "replay",
    "rule_of",
    "rule_set",
    "rules_of",
    "rules_with",
    "said_answers",
    "said_of",
    "seat_for",
    "seats_of",
    "sellable",
    "signature_of",
    "signer_of",
    "spent_by",
    "stages",
    "stand_ins",
    "standing_grants",
    "stopped_by",
    "successor",
    "to_redo",
    "to_undo",
    "understood_rows",
    "uses_of",
    "visible_to",
    "waiting_for",
    "why_not_for",
    "with_taken",
]
