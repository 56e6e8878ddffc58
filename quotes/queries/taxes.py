"""The tax that the first invoice will carry, as far as it can be known today."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from q2c.catalog.taxes import AppliedTax, TaxTable
from q2c.customers.models import Address
from q2c.kernel.errors import Refused
from q2c.kernel.money import Money
from q2c.kernel.tax import Place, TaxRounding, tax_on
from quotes.models import Quote, QuoteLine
from quotes.queries.prices import quote_terms
from quotes.rules.schedule import first_invoice


@dataclass(frozen=True, slots=True)
class FirstTax:
    """The tax on the first invoice in the quote's currency; `problem` says why there is none."""

    amount: Decimal
    rates: tuple[tuple[AppliedTax, Decimal, Decimal], ...] = ()  # rate, taxable, tax
    problem: str = ""


def first_tax(quote: Quote, lines: Sequence[QuoteLine]) -> FirstTax:
    """Return the tax by the customer's place, rounded as the legal entity rounds its invoices'.

    It is that of what counts of the lines, at the prices they have.
    """
    address = Address.objects.filter(customer_id=quote.customer_id, kind=Address.BILLING).first()
    if address is None:
        return FirstTax(Decimal(0), problem="The customer has no billing address yet.")
    table, taxable = TaxTable.load(), dict[AppliedTax, list[Decimal]]()
    for tax_class, nets in _first_nets(quote, lines).items():
        try:
            applied = table.decide(
                seller=Place(quote.legal_entity.country, quote.legal_entity.region),
                buyer=Place(address.country, address.region),
                buyer_has_tax_id=bool(quote.customer.tax_id),
                buyer_exempt=quote.customer.tax_exempt,
                tax_class=tax_class,
                on=quote.starts_on,
            )
        except Refused as refusal:
            return FirstTax(Decimal(0), problem=refusal.message)
        taxable.setdefault(applied, []).extend(nets)
    rounding = TaxRounding(quote.legal_entity.tax_rounding)
    rates = tuple(
        (
            rate,
            sum(nets, Decimal(0)),
            tax_on(nets, rate.percent, currency=quote.currency, rounding=rounding),
        )
        for rate, nets in taxable.items()
    )
    return FirstTax(sum((tax for _, _, tax in rates), Decimal(0)), rates)


def _first_nets(quote: Quote, lines: Sequence[QuoteLine]) -> dict[str, list[Decimal]]:
    """Return what the first invoice holds of each line that counts, by tax class."""
    terms, found = quote_terms(quote), dict[str, list[Decimal]]()
    for line in lines:
        if line.is_sold and line.net_per_period:
            net = Money.rounded(line.net_per_period, quote.currency)
            if first := first_invoice(line, net, terms=terms):
                found.setdefault(line.tax_class, []).append(first.amount)
    return found
