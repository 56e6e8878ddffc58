"""A company that sells: a catalog with prices in euros, people of each role, a customer."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from q2c.catalog.models import BundleOption, Product, ProductCost, TaxRate
from q2c.customers.actions import AddressDraft, ContactDraft, CustomerDraft, create_customer
from q2c.identity.models import User
from quotes.actions import (
    NewLine,
    NewQuote,
    QuestionnaireDraft,
    Signature,
    add_line,
    change_quote,
    create_quote,
    send_quote,
    submit_quote,
)
from quotes.models import ApprovalPolicy, Price, PriceBook, Quote
from tests.customers.conftest import entity  # noqa: F401

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
START = date(2020, 1, 1)
PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "YPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
# sku, name, kind, unit, pattern, cost, price, months, model
CATALOG = [
    ("SUP", "Support", "subscription", "seat", "over_time", 4, "10", 1, "per_unit"),
    ("SLA", "Service level", "subscription", "contract", "over_time", 10, "1200", 12, "flat"),
    ("NET", "Site network", "subscription", "site", "over_time", 20, "300", 3, "per_unit"),
    ("BOX", "Router", "goods", "piece", "point_in_time", 90, "189", 0, "per_unit"),
    ("SETUP", "Installation", "service", "visit", "point_in_time", 100, "249", 0, "per_unit"),
    ("CALLS", "Calls", "usage", "minute", "as_invoiced", 0, "0.045", 1, "per_unit"),
    ("SEATS", "Telephony seat", "subscription", "seat", "over_time", 2, "0", 1, "graduated"),
]
TIERS = [
    {"up_to": "25", "unit_price": "14", "flat_fee": "0"},
    {"up_to": None, "unit_price": "9.50", "flat_fee": "0"},
]


def person(name, role, manager=None):
    user = User.objects.create_user(
        f"{name}@brightline.example", "a long password", full_name=name.title(), role=role
    )
    if manager:
        user.manager = manager
        user.save()
    return user


@pytest.fixture
def manager(db):
    return person("miriam", "sales_manager")


@pytest.fixture
def rep(db):
    return person("ana", "sales_rep")


@pytest.fixture
def rep2(db):
    return person("jonas", "sales_rep")


@pytest.fixture
def cfo(db):
    return person("chiara", "finance_manager")


@pytest.fixture
def legal(db):
    return person("lars", "legal")


@pytest.fixture
def admin(db):
    return person("alex", "administrator")


@pytest.fixture
def products(db):
    made = {}
    for sku, name, kind, unit, pattern, cost, *_ in CATALOG:
        made[sku] = Product.objects.create(
            sku=sku, name=name, kind=kind, unit=unit, revenue_pattern=pattern,
            created_at=NOON,
        )  # fmt: skip
        ProductCost.objects.create(product=made[sku], currency="EUR", amount=cost, starts_on=START)
    made["HOME"] = Product.objects.create(
        sku="HOME", name="Home bundle", kind="bundle", revenue_pattern="over_time",
        created_at=NOON,
    )  # fmt: skip
    for position, (sku, most, first) in enumerate((("SUP", 5, 1), ("BOX", 1, 1), ("SEATS", 9, 0))):
        BundleOption.objects.create(
            bundle=made["HOME"], product=made[sku], position=position,
            max_quantity=most, default_quantity=first,
        )  # fmt: skip
    return made


@pytest.fixture
def book(products):
    book = PriceBook.objects.create(name="List EUR", currency="EUR")
    for sku, _, kind, _, _, _, price, months, model in CATALOG:
        charge = "usage" if kind == "usage" else "recurring" if months else "one_time"
        Price.objects.create(
            price_book=book, product=products[sku], charge_kind=charge, months=months,
            charge_model=model, unit_price=Decimal(price), starts_on=START,
            tiers=TIERS if model == "graduated" else [], in_advance=charge != "usage",
        )  # fmt: skip
    return book


@pytest.fixture
def customer(entity, rep, book):  # noqa: F811
    TaxRate.objects.create(country="DE", tax_class="standard", percent=19, starts_on=START)
    return create_customer(
        CustomerDraft(
            legal_name="Nordlicht Solar AG", email="invoices@nordlicht.example", currency="EUR",
            legal_entity_id=entity.pk, payment_terms_days=14,
            billing=AddressDraft(street="Hafenstr. 1", city="Hamburg", country="DE"),
            contacts=(ContactDraft(name="Ida Voss", email="ida@nordlicht.example"),),
        ),
        by=rep, at=NOON,
    )  # fmt: skip


@pytest.fixture
def contact(customer):
    return customer.contacts.get()


def policy(
    name, limit, *asks, measure="line_discount", operator="above", stage=1, currency="", **more
):
    """A stored policy of one condition; each of `asks` is a step of the same stage."""
    stored = ApprovalPolicy.objects.create(name=name)
    stored.conditions.create(measure=measure, operator=operator, limit=limit, currency=currency)
    for key in asks:
        kind, _, who = key.partition(":")
        named = {"role": who} if kind == "role" else {"person_id": int(who)}
        if kind == "manager":
            named = {"manager_level": int(who)}
        stored.steps.create(asks=kind, stage=stage, **named, **more)
    return stored


@pytest.fixture
def policies(db):
    return [
        policy("Discount above 15 %", 15, "role:sales_manager"),
        policy("Discount above 30 %", 30, "role:finance_manager"),
        policy("Margin below 20 %", 20, "role:sales_manager", measure="margin", operator="below"),
    ]


@pytest.fixture
def draft(customer, rep):
    new = NewQuote(customer_id=customer.pk, title="Office", starts_on=date(2027, 1, 1))
    return create_quote(new, by=rep, at=NOON)


@pytest.fixture
def take(products, rep):
    """`take(quote, "SUP", 10)` adds ten of a product."""

    def take(quote, sku, quantity=1, **more):
        new = NewLine(product_id=products[sku].pk, quantity=Decimal(quantity), **more)
        return add_line(quote.pk, new, by=rep, at=NOON)

    return take


@pytest.fixture
def full_draft(draft, take):
    """Ten seats of support at 10 a month, one router, one installation, calls by usage."""
    take(draft, "SUP", 10)
    take(draft, "BOX")
    take(draft, "SETUP")
    take(draft, "CALLS", 100)
    return Quote.objects.get(pk=draft.pk)


@pytest.fixture
def in_review(full_draft, rep, policies):
    """Eighteen per cent off the whole: past the first limit, asks a sales manager."""
    change_quote(full_draft.pk, {"discount_percent": Decimal(18)}, by=rep, at=NOON)
    return submit_quote(full_draft.pk, by=rep, at=NOON)


@pytest.fixture
def sent(full_draft, rep):
    submit_quote(full_draft.pk, by=rep, at=NOON)
    return send_quote(full_draft.pk, by=rep, at=NOON, message="As agreed.")


@pytest.fixture
def signature():
    def signature(quote, **changes):
        values = {
            "name": "Ida Voss", "kind": "typed", "image": "Ida Voss", "consent": "I accept.",
            "content_hash": quote.content_hash, "ip": "127.0.0.1",
        }  # fmt: skip
        return Signature(**{**values, **changes})

    return signature


@pytest.fixture(autouse=True)
def _alone(request):
    """Quotes on their own: contracts have their own tests."""
    from q2c import wiring
    from q2c.infra import bus

    own = {
        f: [h for h in hs if h.__module__ == "quotes.handlers"] for f, hs in wiring.LATER.items()
    }
    bus.connect({}, own)
    yield
    bus.connect(wiring.NOW, wiring.LATER)


@pytest.fixture
def deliver(db):
    """`deliver()` does the jobs that wait and returns the mails written, newest last."""
    from q2c.infra.jobs import run_next
    from q2c.infra.models import Job, Mail

    def deliver():
        while run_next("default", at=NOON + timedelta(days=1)):
            pass
        assert not Job.objects.exclude(error="").exists(), (
            Job.objects.exclude(error="").first().error
        )
        return list(Mail.objects.order_by("pk"))

    return deliver


def asked_when(*rows):
    return [dict(zip(("question", "operator", "value"), row, strict=True)) for row in rows]


@pytest.fixture
def written(products):
    """Seats asked for, a router a ten of them, support in two packages, a bundle for homes."""
    pk = {sku: product.pk for sku, product in products.items()}
    questions = [
        {"key": "seats", "text": "How many seats?", "kind": "number", "is_required": True},
        {"key": "home", "text": "Work from home?", "kind": "yes_no", "default": "no"},
        {
            "key": "homes", "text": "How many homes?", "kind": "number", "default": "1",
            "conditions": asked_when(("home", "is", ["yes"])),
        },
    ]  # fmt: skip
    large = asked_when(("seats", "at_least", "50"))
    proposals = [
        {"key": "seats", "product_id": pk["SEATS"], "quantity_from": "seats", "why": "A seat each."},
        {"key": "box", "product_id": pk["BOX"], "quantity_from": "seats", "factor": "0.1"},
        {
            "key": "good", "product_id": pk["SUP"], "quantity_from": "seats", "role": "choice",
            "group": "Support", "choice": "Good",
        },
        {
            "key": "best", "product_id": pk["SLA"], "role": "choice", "group": "Support",
            "choice": "Best", "is_recommended": True, "conditions": large,
        },
        {
            "key": "home", "product_id": pk["HOME"], "quantity_from": "homes",
            "conditions": asked_when(("home", "is", ["yes"])),
            "options": [{"path": [pk["SUP"]], "quantity": "2"}],
        },
        {"key": "visit", "product_id": pk["SETUP"], "role": "option", "conditions": large},
    ]  # fmt: skip
    return QuestionnaireDraft(name="Office", questions=tuple(questions), proposals=tuple(proposals))
