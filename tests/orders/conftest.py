"""The company that sells, with contracts signed and their orders placed."""

from datetime import date
from decimal import Decimal

import pytest

from orders.models import Order, Subscription
from q2c.catalog.models import BundleOption, Product
from quotes.models import Price
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
from tests.quotes.conftest import NOON


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
def kit_order(products, book, make_order):  # noqa: F811
    """Seven kits of a router, a handset and one manual for all; support by the month; a visit."""
    kit = Product.objects.create(sku="KIT", name="Kit", kind="bundle", created_at=NOON)
    for position, (sku, follows) in enumerate((("BOX", True), ("HANDSET", True), ("BOOK", False))):
        part = products.get(sku) or goods(sku, book)
        BundleOption.objects.create(
            bundle=kit, product=part, position=position, follows_parent=follows
        )
    parts = [("BOX", 7, 0), ("HANDSET", 7, 0), ("BOOK", 1, 0)]
    return make_order(lines=[("KIT", 7), *parts, ("SUP", 2), ("SETUP", 1)])


def goods(sku, book):  # noqa: F811
    made = Product.objects.create(
        sku=sku, name=sku.title(), kind="goods", revenue_pattern="point_in_time", created_at=NOON
    )
    Price.objects.create(
        price_book=book, product=made, charge_kind="one_time", charge_model="per_unit", unit_price=Decimal(30),
        starts_on=date(2026, 1, 1),
    )  # fmt: skip
    return made


@pytest.fixture
def subscription(order):
    return order.subscriptions.get()


@pytest.fixture
def fresh():
    """`fresh(order)` is the row as it is stored now."""

    def fresh(row: Order | Subscription):
        return type(row).objects.get(pk=row.pk)

    return fresh
