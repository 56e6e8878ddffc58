"""The demo company's master data: entities, taxes, a telecom catalog, prices, policies, clauses."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from billing.models import DunningLevel
from contracts.models import ContractPolicy
from q2c.catalog.models import (
    BundleOption,
    OptionGroup,
    Product,
    ProductCost,
    StandalonePrice,
    TaxRate,
)
from q2c.customers.models import LegalEntity
from q2c.demo import clauses, prices
from q2c.demo.languages import called
from q2c.identity.roles import Role
from quotes.models import ApprovalPolicy, Price, PriceBook

START = date(2020, 1, 1)
FACTORS = (("EUR", Decimal(1)), ("USD", Decimal(1)), ("JPY", Decimal(160)))
ENTITIES = [
    {
        "code": "DE",
        "accent_color": "#0b7a5b",
        "name": "Brightline Networks GmbH",
        "street": "Torstraße 140",
        "postal_code": "10119",
        "city": "Berlin",
        "country": "DE",
        "tax_id": "DE136695976",
        "email": "billing@brightline.example",
        "phone": "+49 30 5550 140",
        "currency": "EUR",
        "time_zone": "Europe/Berlin",
        "iban": "DE89370400440532013000",
        "bic": "COBADEFFXXX",
        "bank_name": "Commerzbank",
    },
    {
        "code": "US",
        "accent_color": "#1f4e9c",
        "name": "Brightline Networks Inc.",
        "street": "548 Market Street",
        "postal_code": "94104",
        "city": "San Francisco",
        "region": "CA",
        "country": "US",
        "tax_id": "94-1234567",
        "email": "billing-us@brightline.example",
        "phone": "+1 415 555 0140",
        "currency": "USD",
        "time_zone": "America/Los_Angeles",
        "bank_name": "Bay Trust, routing 121000358, account 000123456789",
    },
]
# Standard and reduced VAT as of 2026, and the sales tax of two states.
TAXES = {
    "AT": ("20", "10"),
    "BE": ("21", "6"),
    "DE": ("19", "7"),
    "DK": ("25", "25"),
    "ES": ("21", "10"),
    "FR": ("20", "5.5"),
    "IE": ("23", "13.5"),
    "IT": ("22", "10"),
    "NL": ("21", "9"),
    "PL": ("23", "8"),
    "SE": ("25", "12"),
}
STATE_TAXES = {("US", "CA"): "7.25", ("US", "NY"): "4", ("US", ""): "0"}

# sku, name, kind, unit, pattern, unit cost, list price in EUR, months, charge model
PRODUCTS = [
    ("PHONE", "Phone line", "subscription", "line", "over_time", "6", "20", 1, "per_unit"),
    (
        "LINES",
        "Additional phone lines",
        "subscription",
        "option",
        "over_time",
        "1",
        "5",
        1,
        "per_unit",
    ),
    ("DSL", "DSL internet", "subscription", "access", "over_time", "11", "25", 1, "per_unit"),
    ("FIBER", "Fiber internet", "subscription", "access", "over_time", "19", "50", 1, "per_unit"),
    (
        "SECURITY",
        "Online security",
        "subscription",
        "option",
        "over_time",
        "1.20",
        "5",
        1,
        "per_unit",
    ),
    ("BACKUP", "Online backup", "subscription", "option", "over_time", "1.40", "5", 1, "per_unit"),
    (
        "PROTECT",
        "Device protection",
        "subscription",
        "option",
        "over_time",
        "2",
        "5",
        1,
        "per_unit",
    ),
    ("SUPPORT", "Tech support", "subscription", "option", "over_time", "2.50", "5", 1, "per_unit"),
    ("TV", "Streaming TV", "subscription", "option", "over_time", "5", "10", 1, "per_unit"),
    ("MOVIES", "Streaming movies", "subscription", "option", "over_time", "5", "10", 1, "per_unit"),
    (
        "MPLS",
        "Site-to-site network",
        "subscription",
        "site",
        "over_time",
        "46.50",
        "420",
        3,
        "per_unit",
    ),
    (
        "SLA",
        "Premium service level",
        "subscription",
        "contract",
        "over_time",
        "50",
        "2400",
        12,
        "flat",
    ),
    (
        "SEAT",
        "Cloud telephony seat",
        "subscription",
        "seat",
        "over_time",
        "4",
        "14",
        1,
        "graduated",
    ),
    ("ROUTER", "Business router R2", "goods", "piece", "point_in_time", "95", "189", 0, "per_unit"),
    ("HANDSET", "Desk phone D7", "goods", "piece", "point_in_time", "42", "89", 0, "per_unit"),
    (
        "SETUP",
        "On-site installation",
        "service",
        "visit",
        "point_in_time",
        "120",
        "249",
        0,
        "per_unit",
    ),
    (
        "CALLS",
        "International calls",
        "usage",
        "minute",
        "as_invoiced",
        "0.011",
        "0",
        1,
        "graduated",
    ),
    ("DATA", "Mobile data", "usage", "GB", "as_invoiced", "0.35", "1.20", 1, "per_unit"),
]
TIERS: dict[str, list[dict[str, str | None]]] = {
    "SEAT": [
        {"up_to": "25", "unit_price": "14", "flat_fee": "0"},
        {"up_to": "100", "unit_price": "12", "flat_fee": "0"},
        {"up_to": None, "unit_price": "9.50", "flat_fee": "0"},
    ],
    "CALLS": [
        {"up_to": "100", "unit_price": "0", "flat_fee": "0"},
        {"up_to": "1000", "unit_price": "0.045", "flat_fee": "0"},
        {"up_to": None, "unit_price": "0.029", "flat_fee": "0"},
    ],
}
# group, sku, min, max, default
BUNDLE_OPTIONS = [
    ("Access", "FIBER", 0, 1, 1),
    ("Access", "DSL", 0, 1, 0),
    ("Telephony", "PHONE", 0, 1, 1),
    ("Telephony", "LINES", 0, 1, 0),
    ("Safety", "SECURITY", 0, 1, 0),
    ("Safety", "BACKUP", 0, 1, 0),
    ("Safety", "PROTECT", 0, 1, 0),
    ("Safety", "SUPPORT", 0, 1, 0),
    ("Television", "TV", 0, 1, 0),
    ("Television", "MOVIES", 0, 1, 0),
]
DUNNING = [
    (1, 3, "Friendly reminder", "dunning_1"),
    (2, 14, "Second reminder", "dunning_2"),
    (3, 30, "Final notice", "dunning_3"),
]


def found(*, at: datetime) -> dict[str, LegalEntity]:
    """Create the master data that is missing; returns the legal entities by code."""
    entities = {
        row["code"]: LegalEntity.objects.get_or_create(code=row["code"], defaults=row)[0]
        for row in ENTITIES
    }
    _taxes()
    products = _products(at=at)
    for currency, factor in FACTORS:
        _price_book(currency, factor, products)
    _policies()
    clauses.write(at=at - timedelta(days=400))  # before the deals of the story
    prices.rules(at=at)
    return entities


def _taxes() -> None:
    rows = [
        (country, "", tax_class, percent)
        for country, (standard, reduced) in TAXES.items()
        for tax_class, percent in (("standard", standard), ("reduced", reduced))
    ]
    rows += [(c, region, "standard", percent) for (c, region), percent in STATE_TAXES.items()]
    for country, region, tax_class, percent in rows:
        TaxRate.objects.get_or_create(
            country=country,
            region=region,
            tax_class=tax_class,
            starts_on=START,
            defaults={"percent": Decimal(percent)},
        )


def _products(*, at: datetime) -> dict[str, Product]:
    products = {}
    for sku, name, kind, unit, pattern, cost, price, *_ in PRODUCTS:
        products[sku], created = Product.objects.get_or_create(
            sku=sku,
            defaults={
                "name": name,
                "kind": kind,
                "unit": unit,
                "revenue_pattern": pattern,
                "translations": called(sku),
                "created_at": at,
            },
        )
        if created:
            for currency, factor in FACTORS:
                of = {"product": products[sku], "currency": currency, "starts_on": START}
                StandalonePrice.objects.create(**of, amount=Decimal(price) * factor)
                ProductCost.objects.create(**of, amount=Decimal(cost) * factor)
    bundle, created = Product.objects.get_or_create(
        sku="HOME",
        defaults={
            "name": "Home & Office bundle",
            "description": "Internet access, telephony and options on one line.",
            "kind": "bundle",
            "unit": "bundle",
            "revenue_pattern": "over_time",
            "translations": called("HOME"),
            "created_at": at,
        },
    )
    if created:
        names = dict.fromkeys(group for group, *_ in BUNDLE_OPTIONS)
        groups = {
            name: OptionGroup.objects.create(bundle=bundle, name=name, position=place)
            for place, name in enumerate(names)
        }
        BundleOption.objects.bulk_create(
            BundleOption(
                bundle=bundle,
                product=products[sku],
                group=groups[group],
                position=position,
                min_quantity=least,
                max_quantity=most,
                default_quantity=default,
            )
            for position, (group, sku, least, most, default) in enumerate(BUNDLE_OPTIONS)
        )
    return {**products, "HOME": bundle}


def _price_book(currency: str, factor: Decimal, products: dict[str, Product]) -> None:
    book, created = PriceBook.objects.get_or_create(
        name=f"List prices {currency}", defaults={"currency": currency}
    )
    if not created:
        return
    rows = []
    for sku, _, kind, _, _, _, price, months, model in PRODUCTS:
        tiers = [
            {
                **tier,
                "unit_price": str(Decimal(tier["unit_price"] or "0") * factor),
            }
            for tier in TIERS.get(sku, ())
        ]
        charge_kind = "usage" if kind == "usage" else "recurring" if months else "one_time"
        rows.append(
            Price(
                price_book=book,
                product=products[sku],
                charge_kind=charge_kind,
                months=months,
                charge_model=model,
                unit_price=Decimal(price) * factor,
                tiers=tiers,
                in_advance=charge_kind != "usage",
                starts_on=START,
            )
        )
    Price.objects.bulk_create(rows)


def _policies() -> None:
    for name, stage, role, conditions in (
        ("Discount above 15 %", 1, Role.SALES_MANAGER, [("line_discount", "above", 15)]),
        (
            "Discount above 30 % or margin below 20 %",
            2,
            Role.FINANCE_MANAGER,
            [("line_discount", "above", 30), ("margin", "below", 20)],
        ),
        ("Payment terms above 60 days", 1, Role.LEGAL, [("payment_terms", "above", 60)]),
        (
            "Below a floor price or a product's minimum margin",
            2,
            Role.FINANCE_MANAGER,
            [("under_floor", "above", 0), ("under_margin", "above", 0)],
        ),
    ):
        policy, is_new = ApprovalPolicy.objects.get_or_create(
            name=name, defaults={"needs_all_conditions": False}
        )
        for measure, operator, limit in conditions if is_new else ():
            policy.conditions.create(measure=measure, operator=operator, limit=limit)
        if is_new:
            policy.steps.create(
                stage=stage,
                asks="role",
                role=role.value,
                remind_after_hours=24,
                escalate_after_hours=72,
                escalate_role=Role.ADMINISTRATOR.value,
            )
    ContractPolicy.objects.get_or_create(
        name="Large or long contracts in EUR",
        defaults={
            "currency": "EUR",
            "legal_from_total": Decimal(50000),
            "legal_from_months": 36,
        },
    )
    for level, days, name, template in DUNNING:
        DunningLevel.objects.get_or_create(
            level=level, defaults={"days_overdue": days, "name": name, "template": template}
        )
