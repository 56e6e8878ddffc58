"""Write the prices that the rules find into a quote and its lines."""

from collections.abc import Sequence

from quotes.models import Quote, QuoteLine
from quotes.queries import first_tax, line_terms, quote_terms
from quotes.rules.pricing import PricedLine, price_quote
from quotes.rules.schedule import receipts

PRICES = (
    "list_per_period",
    "net_per_period",
    "contract_total",
    "combined_discount_percent",
    "trace",
    "receipts",
)


def reprice(quote: Quote) -> None:
    """Price all lines anew and save them; the quote's totals are set, not saved."""
    lines = list(quote.lines.order_by("position"))
    before = [[getattr(line, name) for name in PRICES] for line in lines]
    priced = price_lines(lines, quote)
    # Most edits touch one line of many; writing only what changed keeps a long quote quick.
    changed = [
        line
        for line, old in zip(lines, before, strict=True)
        if old != [getattr(line, name) for name in PRICES]
    ]
    QuoteLine.objects.bulk_update(changed, PRICES, batch_size=500)
    quote.tax_on_first_invoice = first_tax(quote, lines, priced).amount


def price_lines(lines: Sequence[QuoteLine], quote: Quote) -> list[PricedLine]:
    """Write the prices into the lines and the totals into the quote, without saving either."""
    terms = quote_terms(quote)
    priced, totals = price_quote([line_terms(line) for line in lines], terms)
    for line, price in zip(lines, priced, strict=True):
        line.list_per_period = price.list_per_period.amount
        line.net_per_period = price.net_per_period.amount
        line.contract_total = price.contract_total.amount
        line.combined_discount_percent = price.discount_percent
        line.trace = list(price.trace)
        line.receipts = [receipt.to_json() for receipt in receipts(line, terms=terms)]
    quote.one_time_total = totals.one_time.amount
    quote.monthly_total = totals.monthly.amount
    quote.first_invoice_total = totals.first_invoice.amount
    quote.contract_total = totals.contract.amount
    quote.list_total = totals.list.amount
    quote.cost_total = None if totals.cost is None else totals.cost.amount
    return priced
