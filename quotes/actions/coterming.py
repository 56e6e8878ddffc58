"""What something added to an amendment would cost, for each choice of its end."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from q2c.catalog.queries import Costs
from q2c.kernel.money import Money
from q2c.kernel.rating import ChargeKind
from quotes.actions.bundling import NewLine, line_at
from quotes.models import Quote
from quotes.queries import Coterm, coterm_ends, line_terms, list_price, quote_terms
from quotes.rules.pricing import price_line


@dataclass(frozen=True, slots=True)
class CotermChoice:
    """One choice: the first day without it, what it costs until then, and the first part of it."""

    coterm: Coterm
    ends_on: date
    total: Money
    first: Money

    @property
    def last_day(self) -> date:
        return self.ends_on - timedelta(days=1)


def coterm_choices(quote: Quote, new: NewLine, *, own_months: int) -> list[CotermChoice]:
    """Return the choices for a product's end, before anything is saved.

    What is charged once costs the same with each.
    """
    price = list_price(quote.price_book_id, new.product_id, on=quote.starts_on, months=new.months)
    line = line_at(price, quote, new.quantity, 1, costs=Costs([new.product_id]))
    line.discount_percent = new.discount_percent
    terms, found = quote_terms(quote), []
    for coterm, end in coterm_ends(quote, own_months=own_months).items():
        until = replace(terms, ends_on=max(end, terms.term.end))
        if line.charge_kind != ChargeKind.ONE_TIME:
            line.starts_on, line.ends_on = quote.starts_on, end
        priced = price_line(line_terms(line), until)
        found.append(CotermChoice(coterm, end, priced.contract_total, priced.first_invoice))
    return found
