"""The company that sells, with a template to draw contracts up from."""

from decimal import Decimal

import pytest

from contracts.models import Contract, ContractPolicy
from tests.contracts.factories import a_contract, a_template, sign
from tests.quotes.conftest import (  # noqa: F401
    admin,
    book,
    cfo,
    contact,
    customer,
    deliver,
    draft,
    entity,
    full_draft,
    legal,
    manager,
    person,
    products,
    rep,
    rep2,
    sent,
    signature,
    take,
)


@pytest.fixture
def finance(db):
    return person("fatma", "finance")


@pytest.fixture
def template(db):
    return a_template()


@pytest.fixture
def above_a_thousand(db):
    return ContractPolicy.objects.create(
        name="Large", currency="EUR", legal_from_total=Decimal(1000)
    )


@pytest.fixture
def make_contract(template, customer, rep):  # noqa: F811
    """`make_contract(lines=[("BOX", 2)])` is a contract of Ana's that waits for its desks."""

    def make_contract(**given):
        return a_contract(given.pop("customer", customer), given.pop("owner", rep), **given)

    return make_contract


@pytest.fixture
def contract(make_contract):
    """Ten seats of support for a year from 1 January 2027, at 100 a month."""
    return make_contract()


@pytest.fixture
def signed(contract, cfo):  # noqa: F811
    return sign(contract, by=cfo)


@pytest.fixture
def fresh():
    """`fresh(contract)` is the contract as it is stored now."""
    return lambda contract: Contract.objects.get(pk=contract.pk)
