from decimal import Decimal

import pytest

from q2c.kernel.tax import Place, TaxCategory, TaxRounding, decide_tax, tax_on


@pytest.mark.parametrize(
    ("seller", "buyer", "has_id", "category", "country"),
    [
        ("DE", "DE", True, TaxCategory.STANDARD, "DE"),
        ("DE", "FR", True, TaxCategory.REVERSE_CHARGE, ""),
        ("DE", "FR", False, TaxCategory.STANDARD, "FR"),
        ("DE", "CH", True, TaxCategory.EXPORT, ""),
        ("US", "US", False, TaxCategory.STANDARD, "US"),
        ("US", "DE", False, TaxCategory.OUTSIDE_SCOPE, ""),
    ],
)
def test_places_and_tax_id_decide_the_category(seller, buyer, has_id, category, country):
    decision = decide_tax(
        seller=Place(seller), buyer=Place(buyer), buyer_has_tax_id=has_id, exempt=False
    )
    assert (decision.category, decision.country) == (category, country)


def test_reverse_charge_says_so_on_the_invoice():
    decision = decide_tax(
        seller=Place("DE"), buyer=Place("AT"), buyer_has_tax_id=True, exempt=False
    )
    assert "Reverse charge" in decision.note


def test_an_exempt_supply_carries_no_tax_even_at_home():
    decision = decide_tax(seller=Place("DE"), buyer=Place("DE"), buyer_has_tax_id=True, exempt=True)
    assert decision.category == TaxCategory.EXEMPT


@pytest.mark.parametrize(
    ("nets", "percent", "by_line", "by_document"),
    [
        (["5350.656"], "22", "1177.15", "1177.14"),  # 16 at 348.35 less 4 %: Odoo #37896
        (["55.55", "11.11"], "23", "15.34", "15.33"),  # Odoo #36675
    ],
)
def test_tax_rounded_by_line_and_by_document(nets, percent, by_line, by_document):
    amounts = [Decimal(net) for net in nets]
    found = [
        tax_on(amounts, Decimal(percent), currency="EUR", rounding=rounding)
        for rounding in (TaxRounding.LINE, TaxRounding.DOCUMENT)
    ]
    assert found == [Decimal(by_line), Decimal(by_document)]
