"""What a stored quote is worth."""

from q2c.kernel.money import Money
from quotes.models import Quote
from quotes.rules.figures import KeyFigures


def key_figures(quote: Quote) -> KeyFigures:
    """Return what a quote is worth, from its stored totals."""
    return KeyFigures.of(
        monthly=Money(quote.monthly_total, quote.currency),
        contract=Money(quote.contract_total, quote.currency),
        one_time=Money(quote.one_time_total, quote.currency),
        term_months=quote.term_months,
    )
