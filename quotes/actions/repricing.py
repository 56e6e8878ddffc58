"""Write the prices that the rules find into a quote and its lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from q2c.infra.clock import day_in
from q2c.infra.rows import update_rows
from q2c.kernel.errors import Refused
from quotes.models import Quote, QuoteLine
from quotes.queries import (
    FirstTax,
    current_rules,
    first_tax,
    line_terms,
    pricing_day,
    pricing_of,
    quote_terms,
    read_lines,
)
from quotes.rules.pricing import Pricing, price_quote
from quotes.rules.rule_sets import rule_set_to_json
from quotes.rules.schedule import receipts

PRICES = (
    "list_per_period",
    "net_per_period",
    "contract_total",
    "combined_discount_percent",
    "trace",
    "waterfall",
    "rule_unit_price",
    "receipts",
)


@dataclass(frozen=True, slots=True)
class Left:
    """All lines of a draft as an edit leaves them, their pricing and tax, and whose prices changed."""

    lines: Sequence[QuoteLine]
    pricing: Pricing
    tax: FirstTax
    repriced: frozenset[int]


def reprice(quote: Quote, lines: Sequence[QuoteLine] | None = None) -> None:
    """Price all lines anew and save them; the quote's totals are set, not saved.

    `lines` are all of the quote's, by `read_lines` and as they are stored, when somebody has read
    them already. What was priced is kept on the quote for who writes the journal and answers.
    """
    lines = read_lines(quote) if lines is None else lines
    rules = current_rules(quote, lines, on=pricing_day(quote))
    quote.rule_set = rule_set_to_json(rules)
    before = [[getattr(line, name) for name in PRICES] for line in lines]
    pricing = price_lines(lines, quote)
    # Most edits touch one line of many; writing only what changed keeps a long quote quick.
    changed = [
        line
        for line, old in zip(lines, before, strict=True)
        if old != [getattr(line, name) for name in PRICES]
    ]
    update_rows(changed, PRICES)
    tax = first_tax(quote, lines)
    quote.tax_on_first_invoice = tax.amount
    quote.as_left = Left(lines, pricing, tax, frozenset(line.pk for line in changed))


def check_prices_hold(quote: Quote, lines: Sequence[QuoteLine], *, at: datetime) -> None:
    """Refuse a quote that today's rules price otherwise."""
    today = current_rules(quote, lines, on=day_in(quote.legal_entity.time_zone, at))
    if rule_set_to_json(today).get("rules") == quote.rule_set.get("rules"):
        return
    terms = quote_terms(quote)
    priced, totals = price_quote([line_terms(line) for line in lines], terms, today)
    shares = [line.combined_discount_percent for line in lines]
    if (
        totals.contract.amount != quote.contract_total
        or [price.discount_percent for price in priced] != shares
    ):
        raise Refused(
            f"The price rules have changed since {pricing_day(quote):%d %b %Y}: "
            f"today the total is {totals.contract}. Choose “Price again” and read it once more.",
            field="lines",
        )


def price_lines(lines: Sequence[QuoteLine], quote: Quote) -> Pricing:
    """Write the prices by the quote's own rules, and how they came about, without saving."""
    pricing, terms = price_amounts(lines, quote), quote_terms(quote)
    for line, price in zip(lines, pricing.priced, strict=True):
        line.trace = list(price.trace)
        line.waterfall = price.way_to_json()
        line.receipts = [receipt.to_json() for receipt in receipts(line, terms=terms)]
    return pricing


def price_amounts(lines: Sequence[QuoteLine], quote: Quote) -> Pricing:
    """Write the amounts alone into lines and totals, for who only asks what something would cost."""
    pricing = pricing_of(quote, lines)
    for line, price in zip(lines, pricing.priced, strict=True):
        line.list_per_period = price.list_per_period.amount
        line.net_per_period = price.net_per_period.amount
        line.contract_total = price.contract_total.amount
        line.combined_discount_percent = price.discount_percent
        line.rule_unit_price = price.unit_price
    totals = pricing.totals
    quote.one_time_total = totals.one_time.amount
    quote.monthly_total = totals.monthly.amount
    quote.first_invoice_total = totals.first_invoice.amount
    quote.contract_total = totals.contract.amount
    quote.list_total = totals.list.amount
    quote.cost_total = None if totals.cost is None else totals.cost.amount
    return pricing
