"""The company that sells, with contracts signed and their orders placed."""

import pytest

from orders.models import Order, Subscription
from tests.contracts.conftest import (  # noqa: F401
    admin,
    book,
    cfo,
    contact,
    customer,
    deliver,
    entity,
    finance,
    legal,
    make_contract,
    manager,
    products,
    rep,
    rep2,
    template,
)
from tests.orders.factories import an_order


@pytest.fixture
def make_order(template, customer, rep, cfo):  # noqa: F811
    """`make_order(lines=[("BOX", 2)])` is the order of a signed contract."""

    def make_order(**given):
        return an_order(given.pop("customer", customer), rep, by=cfo, **given)

    return make_order


@pytest.fixture
def order(make_order):
    """Ten seats, four routers, one installation and calls by usage, from 1 January 2027."""
    return make_order()


@pytest.fixture
def subscription(order):
    return order.subscriptions.get()


@pytest.fixture
def fresh():
    """`fresh(order)` is the row as it is stored now."""

    def fresh(row: Order | Subscription):
        return type(row).objects.get(pk=row.pk)

    return fresh
