"""The demo company's prices beyond its lists: rules, a book for partners, a contract's prices."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from q2c.customers.models import Customer
from quotes.models import Price, PriceBook, PriceRule

# Customers by their reference in the story.
SEGMENTS = {
    "alpenrad": "enterprise", "kieler": "enterprise", "lumiere": "small", "museo": "public",
    "bakehouse": "small", "harbor": "mid", "nordlys": "small", "polderzicht": "mid",
    "rheintal": "mid", "sakura": "mid",
}  # fmt: skip
_TELEPHONY = {"field": "product", "operator": "is", "value": ["PHONE", "SEAT", "LINES"]}
_RULES: tuple[dict[str, Any], ...] = (
    {
        "name": "Telephony in volume",
        "effect": "breaks",
        "is_across": True,
        "breaks": [{"least": "30", "percent": "3"}, {"least": "100", "percent": "6"}],
        "conditions": [_TELEPHONY],
    },
    {
        "name": "Public sector",
        "effect": "percent",
        "value": Decimal(4),
        "stage": 20,
        "combination": "best_of",
        "conditions": [{"field": "segment", "operator": "is", "value": ["public"]}],
    },
    {
        "name": "Welcome",
        "effect": "percent",
        "value": Decimal(5),
        "stage": 20,
        "combination": "best_of",
        "coupon": "WELCOME5",
        "max_uses": 100,
        "max_uses_per_customer": 1,
        "currency": "EUR",
        "cap": Decimal(500),
    },
    {"name": "Margin of 10 % is kept", "effect": "margin", "value": Decimal(10)},
)


def rules(*, at: datetime) -> None:
    """Put the rules in force that are missing, and draft some to try out."""
    for row in _RULES:
        given = {**row, "is_active": True, "created_at": at}
        PriceRule.objects.get_or_create(name=row["name"], defaults=given)
    fibre = {
        "effect": "percent",
        "value": Decimal(8),
        "conditions": [
            {"field": "product", "operator": "is", "value": ["FIBER"]},
            {"field": "quantity", "operator": "at_least", "value": "2"},
        ],
        "created_at": at,
    }
    PriceRule.objects.get_or_create(name="Second fibre line", defaults=fibre)
    routers = {
        "effect": "free",
        "value": Decimal(1),
        "per_units": Decimal(3),
        "conditions": [{"field": "product", "operator": "is", "value": ["ROUTER"]}],
        "created_at": at,
    }
    PriceRule.objects.get_or_create(name="Every fourth router is free", defaults=routers)
    endings = {
        "effect": "round",
        "value": Decimal(10),
        "extra": Decimal("-0.01"),
        "stage": 30,
        "currency": "EUR",
        "conditions": [{"field": "charge_kind", "operator": "is", "value": ["one_time"]}],
        "created_at": at,
    }
    PriceRule.objects.get_or_create(name="Prices end in 9.99", defaults=endings)


def books(customers: dict[str, Customer]) -> None:
    """Open the partners' book and one with the prices agreed with a customer."""
    base = PriceBook.objects.get(name="List prices EUR")
    partners, created = PriceBook.objects.get_or_create(
        name="Partners EUR", defaults={"currency": "EUR", "base": base, "channel": "partner"}
    )
    if created:
        _copy(partners, base, {"FIBER": Decimal(44), "DSL": Decimal(22), "ROUTER": Decimal(160)})
    kieler = customers["kieler"]
    contract, created = PriceBook.objects.get_or_create(
        name=f"Contract {kieler.legal_name}",
        defaults={
            "currency": "EUR",
            "base": base,
            "customer": kieler,
            "starts_on": date(2026, 1, 1),
        },
    )
    if created:
        _copy(contract, base, {"MPLS": Decimal(395)})


def _copy(book: PriceBook, base: PriceBook, prices: dict[str, Decimal]) -> None:
    found = Price.objects.filter(price_book=base, product__sku__in=prices)
    for price in found.select_related("product"):
        price.unit_price = prices[price.product.sku]
        price.pk, price.price_book = None, book
        price.save(force_insert=True)
