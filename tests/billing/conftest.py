"""A company, customers and charges to bill, made as directly as the tables allow."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count

import pytest

from billing.models import Charge
from billing.rules.charging import DueCharge, next_on
from q2c.catalog.models import Product, TaxRate
from q2c.customers.models import Address, Contact, Customer, LegalEntity
from q2c.identity.models import User

AT = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)
_serial = count(1)


@pytest.fixture
def entity(db):
    TaxRate.objects.create(
        country="DE", tax_class="standard", percent=Decimal(19), starts_on=date(2000, 1, 1)
    )
    TaxRate.objects.create(
        country="DE", tax_class="reduced", percent=Decimal(7), starts_on=date(2000, 1, 1)
    )
    return LegalEntity.objects.create(
        code="acme-de", name="Acme Deutschland GmbH", street="Hauptstr. 1", postal_code="10115",
        city="Berlin", country="DE", tax_id="DE136695976", email="billing@acme.example",
        currency="EUR", time_zone="Europe/Berlin", iban="DE89370400440532013000",
        bic="COBADEFFXXX", bank_name="Commerzbank",
    )  # fmt: skip


@pytest.fixture
def product(db):
    return Product.objects.create(
        sku="SUP", name="Support", kind="subscription", unit="seat",
        revenue_pattern="over_time", cost_currency="EUR", created_at=AT,
    )  # fmt: skip


@pytest.fixture
def make_customer(entity):
    def make(**given):
        number = next(_serial)
        country = given.pop("country", "DE")
        has_address = given.pop("has_address", True)
        values = {
            "number": f"C-{number:05d}",
            "legal_entity": entity,
            "legal_name": f"Customer {number} GmbH",
            "currency": "EUR",
            "email": f"invoices{number}@customer.example",
            "created_at": AT,
            **given,
        }
        customer = Customer.objects.create(**values)
        Contact.objects.create(
            customer=customer, name="Pat Payer", email=f"pat{number}@c.example", is_primary=True
        )
        if has_address:
            Address.objects.create(
                customer=customer, kind="billing", street="Weg 2", postal_code="20095",
                city="Hamburg", country=country,
            )  # fmt: skip
        return customer

    return make


@pytest.fixture
def customer(make_customer):
    return make_customer()


@pytest.fixture
def make_charge(product):
    def make(customer, **given):
        number = next(_serial)
        values = {
            "customer": customer,
            "legal_entity": customer.legal_entity,
            "contract_id": 1,
            "order_line_id": number,
            "subscription_id": number,
            "item_id": number,
            "product": product,
            "description": "Support",
            "charge_kind": "recurring",
            "months": 1,
            "charge_model": "per_unit",
            "unit": "seat",
            "tax_class": "standard",
            "revenue_pattern": "over_time",
            "currency": customer.currency,
            "quantity": Decimal(10),
            "unit_price": Decimal(5),
            "net_per_period": Decimal(50),
            "payment_terms_days": 30,
            "starts_on": date(2026, 1, 1),
            **given,
        }
        values.setdefault("billed_through", values["starts_on"])
        charge = Charge(**values)
        due = DueCharge._make(getattr(charge, name) for name in DueCharge._fields)
        charge.next_on = next_on(due, billed_through=charge.billed_through)
        charge.save()
        return charge

    return make


@pytest.fixture
def finance(db):
    return User.objects.create_user(
        "finance@acme.example", "a long password", full_name="Fin Ance", role="finance"
    )


@pytest.fixture
def rep(db):
    return User.objects.create_user(
        "rep@acme.example", "a long password", full_name="Sal Rep", role="sales_rep"
    )


@pytest.fixture(autouse=True)
def _alone(monkeypatch):
    """Billing on its own: the ledger has its own tests."""
    from q2c import wiring
    from q2c.infra import bus

    bus.connect({}, {})
    yield
    bus.connect(wiring.NOW, wiring.LATER)
