"""The demo company's prices of every other kind: each way to charge, with a product that is sold so.

The lists of `company` hold flat fees, prices per unit and graduated ones.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from q2c.catalog.actions import create_product, set_cost, set_standalone_price
from q2c.catalog.models import Product
from q2c.demo.company import FACTORS, START
from q2c.demo.languages import called
from q2c.identity.models import User
from q2c.kernel.money import Rate
from quotes.actions import PriceDraft, set_price
from quotes.models import PriceBook

# sku, name, kind, unit, list price alone and cost in EUR
PRODUCTS = [
    ("SMS", "Text messages", "usage", "message", "0.05", "0.01"),
    ("RECORD", "Call recording", "subscription", "seat", "5", "1"),
    ("POOL", "Shared data pool", "usage", "GB", "1", "0.35"),
    ("MINUTES", "Prepaid calling minutes", "usage", "minute", "0.04", "0.011"),
    ("MANAGED", "Managed service", "service", "contract", "40", "10"),
    ("LOYALTY", "Loyalty discount", "service", "contract", "0", "0"),
    ("STORAGE", "Cloud storage", "subscription", "GB", "0.20", "0.05"),
    ("VAULT", "Data vault", "subscription", "site", "18", "6"),
    ("FAILOVER", "Mobile fail-over", "subscription", "access", "29", "9"),
    ("FIREWALL", "Managed firewall", "subscription", "site", "35", "12"),
    ("MONITOR", "Line monitoring", "subscription", "site", "20", "4"),
    ("CARE", "Hardware care", "service", "contract", "10", "3"),
    ("EVENT", "Event Wi-Fi", "subscription", "site", "60", "20"),
]


def _tiers(*rows: tuple[str | None, str, str]) -> tuple[dict[str, Any], ...]:
    """Return tiers from rows of their end, the price of a unit and the fee."""
    return tuple({"up_to": end, "unit_price": unit, "flat_fee": fee} for end, unit, fee in rows)


# Prices in EUR; a product may have one by the month and another charged once.
PRICES: list[dict[str, Any]] = [
    {"sku": "SMS", "months": 1, "charge_model": "package",
     "tiers": _tiers(("100", "0", "0"), ("500", "0", "15"))},
    {"sku": "RECORD", "months": 1, "charge_model": "stairstep",
     "tiers": _tiers(("10", "0", "49"), ("50", "0", "149"), (None, "2.50", "149"))},
    {"sku": "POOL", "months": 1, "charge_model": "commitment",
     "tiers": _tiers(("500", "0", "400"), (None, "0.90", "0"))},
    {"sku": "MINUTES", "months": 1, "charge_model": "credits", "keeps_credits": True,
     "tiers": _tiers(("800", "0", "28"), (None, "0.045", "0"))},
    {"sku": "MINUTES", "charge_model": "package", "tiers": _tiers(("500", "0", "18"))},
    {"sku": "MANAGED", "months": 1, "charge_model": "percent_of", "unit_price": "12",
     "tiers": _tiers((None, "0", "25"))},
    {"sku": "LOYALTY", "months": 1, "charge_model": "percent_of", "unit_price": "-5",
     "tiers": _tiers(("60", "0", "0"))},
    {"sku": "STORAGE", "months": 1, "charge_model": "volume",
     "tiers": _tiers(("100", "0.20", "0"), ("1000", "0.15", "0"), (None, "0.10", "0"))},
    {"sku": "VAULT", "months": 1, "charge_model": "per_unit", "unit_price": "18",
     "trial_days": 30},
    {"sku": "FAILOVER", "months": 1, "charge_model": "per_unit", "unit_price": "29",
     "free_periods": 2},
    {"sku": "FIREWALL", "months": 1, "charge_model": "per_unit", "unit_price": "35",
     "setup_fee": "120"},
    # A price a year that is invoiced monthly, and a share a year of what was bought once.
    {"sku": "MONITOR", "months": 1, "price_months": 12, "charge_model": "per_unit",
     "unit_price": "220"},
    {"sku": "CARE", "months": 1, "price_months": 12, "charge_model": "percent_of",
     "unit_price": "15", "tiers": ({**_tiers((None, "0", "0"))[0], "of": "one_time"},)},
    {"sku": "EVENT", "weeks": 1, "charge_model": "per_unit", "unit_price": "60"},
]  # fmt: skip


def charges(by: User, *, at: datetime) -> None:
    """Create what is sold in these ways, once, through the same actions as the pages."""
    if Product.objects.filter(sku=PRODUCTS[-1][0]).exists():
        return
    ids = {row[0]: _product(row, by, at=at) for row in PRODUCTS}
    for currency, factor in FACTORS:
        book = PriceBook.objects.get(name=f"List prices {currency}")
        for price in PRICES:
            set_price(book.pk, _draft(price, ids[price["sku"]], factor), by=by, at=at)


def _product(row: tuple[str, ...], by: User, *, at: datetime) -> int:
    sku, name, kind, unit, price, cost = row
    pattern = "as_invoiced" if kind == "usage" else "over_time"
    values = {
        "sku": sku, "name": name, "kind": kind, "unit": unit, "revenue_pattern": pattern,
        "category": "More ways to charge", "translations": called(sku),
    }  # fmt: skip
    product = create_product(values, by=by, at=at)
    for currency, factor in FACTORS:
        for act, amount in ((set_standalone_price, price), (set_cost, cost)):
            act(
                product.pk,
                Rate(Decimal(amount) * factor, currency),
                starts_on=START,
                by=by,
                at=at,
            )
    return product.pk


def _draft(price: dict[str, Any], product_id: int, factor: Decimal) -> PriceDraft:
    given = {name: value for name, value in price.items() if name != "sku"}
    is_share = price["charge_model"] == "percent_of"
    given["tiers"] = [
        {
            **tier,
            # Of a share the bounds are amounts, of the others quantities.
            "up_to": _times(tier["up_to"], factor) if is_share else tier["up_to"],
            "unit_price": _times(tier["unit_price"], factor),
            "flat_fee": _times(tier["flat_fee"], factor),
        }
        for tier in price.get("tiers", ())
    ]
    amounts = {"setup_fee": factor, "unit_price": Decimal(1) if is_share else factor}
    for name, times in amounts.items():
        given[name] = Decimal(price.get(name, "0")) * times
    return PriceDraft(
        **given | {"tiers": tuple(given["tiers"])}, product_id=product_id, starts_on=START
    )


def _times(amount: str | None, factor: Decimal) -> str | None:
    return None if amount is None else str(Decimal(amount) * factor)
