"""The tax that the first invoice will carry, as far as it can be known today."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from q2c.catalog.taxes import AppliedTax, TaxTable
from q2c.customers.models import Address
from q2c.kernel.errors import Refused
from q2c.kernel.tax import Place, TaxRounding, tax_on
from quotes.models import Quote, QuoteLine
from quotes.rules.pricing import PricedLine


@dataclass(frozen=True, slots=True)
class FirstTax:
    """The tax on the first invoice in the quote's currency; `problem` says why there is none."""

    amount: Decimal
    rates: tuple[tuple[AppliedTax, Decimal, Decimal], ...] = ()  # rate, taxable, tax
    problem: str = ""


def first_tax(quote: Quote, lines: Sequence[QuoteLine], priced: Sequence[PricedLine]) -> FirstTax:
    """Return the tax by the customer's place, rounded as the legal entity rounds its invoices'."""
    address = Address.objects.filter(customer_id=quote.customer_id, kind=Address.BILLING).first()
    if address is None:
        return FirstTax(Decimal(0), problem="The customer has no billing address yet.")
    table, taxable = TaxTable.load(), dict[AppliedTax, list[Decimal]]()
    for line, price in zip(lines, priced, strict=True):
        if not price.first_invoice:
            continue
        try:
            applied = table.decide(
                seller=Place(quote.legal_entity.country, quote.legal_entity.region),
                buyer=Place(address.country, address.region),
                buyer_has_tax_id=bool(quote.customer.tax_id),
                buyer_exempt=quote.customer.tax_exempt,
                tax_class=line.tax_class,
                on=quote.starts_on,
            )
        except Refused as refusal:
            return FirstTax(Decimal(0), problem=refusal.message)
        taxable.setdefault(applied, []).append(price.first_invoice.amount)
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
