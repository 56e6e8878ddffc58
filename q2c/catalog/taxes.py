"""The tax a sale carries, from the kept rates and the rules of place."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Self

from q2c.catalog.models import TaxRate
from q2c.kernel.errors import Refused
from q2c.kernel.tax import Place, TaxCategory, decide_tax


@dataclass(frozen=True, slots=True)
class AppliedTax:
    """The tax of one line: category (EN 16931), whose rate, how many per cent, and the note."""

    category: str
    country: str
    percent: Decimal
    note: str


class TaxTable:
    """All tax rates, read once: a billing run decides thousands of lines from it."""

    def __init__(self, rates: list[TaxRate]) -> None:
        self._rates: dict[tuple[str, str, str], list[TaxRate]] = {}
        for rate in rates:
            self._rates.setdefault((rate.country, rate.region, rate.tax_class), []).append(rate)

    @classmethod
    def load(cls) -> Self:
        return cls(list(TaxRate.objects.order_by("-starts_on")))

    def decide(
        self,
        *,
        seller: Place,
        buyer: Place,
        buyer_has_tax_id: bool,
        buyer_exempt: bool,
        tax_class: str,
        on: date,
    ) -> AppliedTax:
        """Return the tax on a supply of `tax_class` on a day; 19 stands for 19 per cent.

        Refuses when tax is due but no rate is kept for the place and day: never a silent zero.
        """
        decision = decide_tax(
            seller=seller,
            buyer=buyer,
            buyer_has_tax_id=buyer_has_tax_id,
            exempt=buyer_exempt or tax_class == "exempt",
        )
        if decision.category != TaxCategory.STANDARD:
            return AppliedTax(decision.category.value, "", Decimal(0), decision.note)
        if tax_class == "zero":
            return AppliedTax(TaxCategory.ZERO.value, decision.country, Decimal(0), "")
        percent = self._percent(decision.country, decision.region, tax_class, on)
        return AppliedTax(TaxCategory.STANDARD.value, decision.country, percent, "")

    def _percent(self, country: str, region: str, tax_class: str, on: date) -> Decimal:
        for place in dict.fromkeys((region, "")):
            for rate in self._rates.get((country, place, tax_class), ()):
                if rate.starts_on <= on and (rate.ends_on is None or on < rate.ends_on):
                    return rate.percent
        where = f"{country}-{region}" if region else country
        raise Refused(
            f"No {tax_class} tax rate is kept for {where} on {on:%d %b %Y}. "
            "Add it under Products › Tax rates."
        )
