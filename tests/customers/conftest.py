from datetime import UTC, datetime

import pytest

from q2c.customers.actions import AddressDraft, ContactDraft, CustomerDraft, create_customer
from q2c.customers.models import LegalEntity
from q2c.identity.models import User
from q2c.identity.roles import Role

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def entity(db):
    return LegalEntity.objects.create(
        code="DE", name="Brightline Networks GmbH", street="Torstraße 140", postal_code="10119",
        city="Berlin", country="DE", tax_id="DE136695976", email="billing@brightline.example",
        currency="EUR", time_zone="Europe/Berlin",
    )  # fmt: skip


def _person(name, role):
    return User.objects.create_user(f"{name}@brightline.example", "x", full_name=name, role=role)


@pytest.fixture
def rep(db):
    return _person("ana", Role.SALES_REP.value)


@pytest.fixture
def counsel(db):
    return _person("lars", Role.LEGAL.value)


@pytest.fixture
def admin(db):
    return _person("alex", Role.ADMINISTRATOR.value)


@pytest.fixture
def draft(entity):
    def draft(**changes):
        values = {
            "legal_name": "Nordlicht Solar AG",
            "email": "invoices@nordlicht.example",
            "currency": "EUR",
            "legal_entity_id": entity.pk,
            "tax_id": "DE811569869",
            "billing": AddressDraft(
                street="Hafenstr. 1", postal_code="20457", city="Hamburg", country="DE"
            ),
            "contacts": (ContactDraft(name="Ida Voss", email="ida@nordlicht.example"),),
        }
        return CustomerDraft(**{**values, **changes})

    return draft


@pytest.fixture
def customer(draft, rep):
    return create_customer(draft(), by=rep, at=NOON)
