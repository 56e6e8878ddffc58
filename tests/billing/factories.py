"""A company, customers and charges to bill, made as directly as the tables allow."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count

from billing.models import Charge
from billing.rules.charging import next_on
from billing.rules.due import DueCharge
from q2c.catalog.models import Product, TaxRate
from q2c.customers.models import Address, Contact, Customer, LegalEntity

AT = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)
_serial = count(1)


def the_entity() -> LegalEntity:
    for tax_class, percent in (("standard", 19), ("reduced", 7)):
        TaxRate.objects.get_or_create(
            country="DE", tax_class=tax_class, starts_on=date(2000, 1, 1),
            defaults={"percent": Decimal(percent)},
        )  # fmt: skip
    found, _ = LegalEntity.objects.get_or_create(
        code="acme-de",
        defaults={
            "name": "Acme Deutschland GmbH", "street": "Hauptstr. 1", "postal_code": "10115",
            "city": "Berlin", "country": "DE", "tax_id": "DE136695976",
            "email": "billing@acme.example", "currency": "EUR", "time_zone": "Europe/Berlin",
            "iban": "DE89370400440532013000", "bic": "COBADEFFXXX", "bank_name": "Commerzbank",
        },
    )  # fmt: skip
    return found


def the_product() -> Product:
    found, _ = Product.objects.get_or_create(
        sku="SUP",
        defaults={
            "name": "Support", "kind": "subscription", "unit": "seat",
            "revenue_pattern": "over_time", "created_at": AT,
        },
    )  # fmt: skip
    return found


def a_customer(*, country: str = "DE", has_address: bool = True, **given) -> Customer:
    number = next(_serial)
    values = {
        "number": f"C-{number:05d}",
        "legal_entity": given.pop("legal_entity", None) or the_entity(),
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


def a_charge(customer: Customer, **given) -> Charge:
    number = next(_serial)
    values = {
        "customer": customer, "legal_entity": customer.legal_entity, "contract_id": 1,
        "order_line_id": number, "subscription_id": number, "item_id": number,
        "product": the_product(), "description": "Support", "charge_kind": "recurring",
        "months": 1, "charge_model": "per_unit", "unit": "seat", "tax_class": "standard",
        "revenue_pattern": "over_time", "currency": customer.currency, "quantity": Decimal(10),
        "unit_price": Decimal(5), "net_per_period": Decimal(50), "payment_terms_days": 30,
        "starts_on": date(2026, 1, 1), **given,
    }  # fmt: skip
    values.setdefault("billed_through", values["starts_on"])
    values.setdefault("anchor_on", values["starts_on"])
    charge = Charge(**values)
    due = DueCharge._make(getattr(charge, name) for name in DueCharge._fields)
    charge.next_on = next_on(due, billed_through=charge.billed_through)
    charge.save()
    return charge
