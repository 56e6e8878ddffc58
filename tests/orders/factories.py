"""Orders as they come about: of a contract that both sides signed."""

from decimal import Decimal

from orders.actions import UsageInput
from orders.models import Order, OrderLine, SubscriptionItem
from q2c.customers.models import Customer
from q2c.identity.models import User
from tests.contracts.factories import AT, a_contract, sign

OFFICE = (("SUP", 10), ("BOX", 4), ("SETUP", 1), ("CALLS", 100))


def an_order(customer: Customer, owner: User, *, by: User, **given) -> Order:
    """The order that a signed contract made, through every action on the way."""
    contract = sign(a_contract(customer, owner, **{"lines": OFFICE, **given}), by=by)
    return Order.objects.get(contract=contract)


def line_of(order: Order, sku: str) -> OrderLine:
    return order.lines.get(product__sku=sku)


def item_of(order: Order, sku: str) -> SubscriptionItem:
    return SubscriptionItem.objects.get(subscription__order=order, product__sku=sku)


def used(item: SubscriptionItem, key: str, quantity="1", at=AT) -> UsageInput:
    return UsageInput(item.pk, key, Decimal(quantity), at)
