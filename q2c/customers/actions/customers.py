"""Create and edit customers."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from django.db import transaction

from q2c.customers.actions.drafts import (
    AddressDraft,
    CustomerDraft,
    checked_address,
    checked_contact,
    checked_terms,
)
from q2c.customers.events import CustomerCreated, CustomerEdited
from q2c.customers.models import Address, Contact, Customer, LegalEntity
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.locks import check_version, locked
from q2c.infra.numbers import WHOLE_COMPANY, take_numbers
from q2c.kernel.errors import Refused

_PARTS = frozenset({"billing", "shipping", "contacts"})
EDITABLE = frozenset(f.name for f in fields(CustomerDraft)) - _PARTS


@transaction.atomic
def create_customer(draft: CustomerDraft, *, by: User | None, at: datetime) -> Customer:
    """Create a customer with its addresses and contacts; the first contact is the primary one.

    Refuses an unknown country, currency, language or legal entity, a tax id its country would not
    give, and an external reference already used.
    """
    require(by, Permission.EDIT_CUSTOMERS)
    billing = checked_address(draft.billing)
    terms = {f.name: getattr(draft, f.name) for f in fields(draft) if f.name not in _PARTS}
    terms = checked_terms(terms, country=billing["country"])
    _check_references(terms)
    customer = Customer.objects.create(number=take_customer_numbers(1)[0], created_at=at, **terms)
    _write_addresses(customer, billing, draft.shipping)
    _write_contacts(customer, draft)
    publish(CustomerCreated(at=at, customer_id=customer.pk), by=by, customer_id=customer.pk)
    return customer


@transaction.atomic
def edit_customer(
    customer_id: int, changes: Mapping[str, Any], *, seen: int | None, by: User | None, at: datetime
) -> Customer:
    """Change the named fields. `seen` is the version the person had before them (None: any).

    Refuses when somebody saved in between, and whatever creating would refuse. What was issued
    before keeps what it copied.
    """
    require(by, Permission.EDIT_CUSTOMERS)
    customer = locked(Customer, customer_id)
    check_version(customer.version, seen)
    unknown = set(changes) - EDITABLE
    assert not unknown, f"not a customer's field: {unknown}"
    country = billing_country(customer)
    checked = checked_terms(changes, country=country)
    before = {name: getattr(customer, name) for name in checked}
    different = {name: value for name, value in checked.items() if value != before[name]}
    if not different:
        return customer
    _check_references(different, besides=customer)
    for name, value in different.items():
        setattr(customer, name, value)
    customer.version += 1
    customer.save(update_fields=[*different, "version"])
    publish(
        CustomerEdited(at=at, customer_id=customer.pk),
        by=by,
        customer_id=customer.pk,
        changes=dict(_shown(name, before[name], value) for name, value in different.items()),
    )
    return customer


def take_customer_numbers(count: int) -> list[str]:
    """Reserve customer numbers such as C-000042, one series for the whole installation."""
    numbers = take_numbers(entity_id=WHOLE_COMPANY, kind="customer", year=0, count=count)
    return [f"C-{number:06d}" for number in numbers]


def billing_country(customer: Customer) -> str:
    """Return the country whose tax id rules hold for the customer."""
    address = customer.addresses.filter(kind=Address.BILLING).first()
    return address.country if address else customer.legal_entity.country


def _check_references(terms: Mapping[str, Any], *, besides: Customer | None = None) -> None:
    entity_id = terms.get("legal_entity_id")
    if entity_id is not None and not LegalEntity.objects.filter(pk=entity_id).exists():
        raise Refused("Choose the legal entity that bills this customer.", field="legal_entity")
    owner_id = terms.get("owner_id")
    if owner_id is not None and not User.objects.filter(pk=owner_id, is_active=True).exists():
        raise Refused("Choose an owner who works here.", field="owner")
    reference = terms.get("external_ref")
    others = Customer.objects.exclude(pk=besides.pk) if besides else Customer.objects.all()
    if reference and (other := others.filter(external_ref=reference).first()):
        raise Refused(
            f"{other.number} {other.legal_name} has the reference {reference} already.",
            field="external_ref",
        )


def _write_addresses(
    customer: Customer, billing: dict[str, str], shipping: AddressDraft | None
) -> None:
    rows = [Address(customer=customer, kind=Address.BILLING, **billing)]
    if shipping:
        rows.append(Address(customer=customer, kind=Address.SHIPPING, **checked_address(shipping)))
    Address.objects.bulk_create(rows)


def _write_contacts(customer: Customer, draft: CustomerDraft) -> None:
    rows = [Contact(customer=customer, **checked_contact(contact)) for contact in draft.contacts]
    if len({row.email.lower() for row in rows}) < len(rows):
        raise Refused("Each contact needs an e-mail address of their own.", field="contacts")
    first = next((row for row in rows if row.is_primary), rows[0] if rows else None)
    for row in rows:
        row.is_primary = row is first
    Contact.objects.bulk_create(rows)


def _shown(name: str, before: Any, after: Any) -> tuple[str, list[Any]]:
    """Return a change as the history shows it: people and companies by name."""
    named: dict[str, type[User] | type[LegalEntity]]
    named = {"owner_id": User, "legal_entity_id": LegalEntity}
    if name not in named:
        return name, [before, after]
    rows = named[name].objects.in_bulk([pk for pk in (before, after) if pk])
    words = [str(rows[pk]) if pk in rows else None for pk in (before, after)]
    return name.removesuffix("_id"), words
