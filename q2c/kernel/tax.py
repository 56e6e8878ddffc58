"""Which tax a sale carries, by the places of seller and buyer and the buyer's tax id."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from q2c.kernel.money import round_amount

# Council Directive 2006/112/EC, article 5: the Union's VAT territory by country code.
EU_COUNTRIES = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)


class TaxCategory(StrEnum):
    """VAT category codes of EN 16931 (UNCL 5305)."""

    STANDARD = "S"
    ZERO = "Z"
    EXEMPT = "E"
    REVERSE_CHARGE = "AE"
    EXPORT = "G"
    OUTSIDE_SCOPE = "O"


@dataclass(frozen=True, slots=True)
class TaxDecision:
    """The category, whose country's rate applies (empty: none), and the note the invoice prints."""

    category: TaxCategory
    country: str
    region: str
    note: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a party is for tax: ISO country and, where rates differ inside it, region."""

    country: str
    region: str = ""


def decide_tax(*, seller: Place, buyer: Place, buyer_has_tax_id: bool, exempt: bool) -> TaxDecision:
    """Decide the category for a supply of services or goods to `buyer`.

    Inside one country its own rate holds. Between EU countries a buyer with a VAT id pays none and
    accounts for it (Directive 2006/112/EC art. 44, 138, 196); one without pays the rate of the
    buyer's country (art. 33, 58; one-stop shop). From the EU to elsewhere, export. A US seller
    charges the sales tax of the buyer's state where a rate is kept for it.
    """
    if exempt:
        return TaxDecision(TaxCategory.EXEMPT, "", "", "Exempt from tax.")
    if seller.country == buyer.country:
        return TaxDecision(TaxCategory.STANDARD, buyer.country, buyer.region, "")
    if seller.country in EU_COUNTRIES and buyer.country in EU_COUNTRIES:
        if buyer_has_tax_id:
            note = (
                "Reverse charge: VAT to be accounted for by the recipient (Directive 2006/112/EC)."
            )
            return TaxDecision(TaxCategory.REVERSE_CHARGE, "", "", note)
        return TaxDecision(TaxCategory.STANDARD, buyer.country, buyer.region, "")
    if seller.country in EU_COUNTRIES:
        return TaxDecision(TaxCategory.EXPORT, "", "", "Export outside the EU: no VAT is charged.")
    return TaxDecision(TaxCategory.OUTSIDE_SCOPE, "", "", "Outside the scope of local tax.")


class TaxRounding(StrEnum):
    """Where tax becomes whole minor units: on each line, or once on the document's sum."""

    LINE = "line"
    DOCUMENT = "document"

    @property
    def label(self) -> str:
        return "On each line" if self is TaxRounding.LINE else "Once on the sum (EN 16931)"


def tax_on(
    nets: Iterable[Decimal],
    percent: Decimal,
    *,
    currency: str,
    rounding: TaxRounding = TaxRounding.DOCUMENT,
) -> Decimal:
    """Return the tax on lines of one rate; 19 means 19 per cent. Rounded half up.

    By document it is taken of the sum as given, by line of each net as paper shows it; the two
    differ by cents (Odoo #37896, #36675). EN 16931 BR-CO-17 asks for the first.
    """
    if rounding is TaxRounding.DOCUMENT:
        return round_amount(sum(nets, Decimal(0)) * percent / 100, currency)
    rounded = (round_amount(net, currency) * percent / 100 for net in nets)
    return sum((round_amount(tax, currency) for tax in rounded), Decimal(0))
