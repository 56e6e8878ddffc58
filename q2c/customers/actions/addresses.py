"""Where a customer is billed and where goods go."""

from datetime import datetime

from django.db import transaction

from q2c.customers.actions.drafts import AddressDraft, checked_address
from q2c.customers.events import CustomerEdited
from q2c.customers.models import Address, Customer
from q2c.customers.rules.tax_ids import checked_tax_id
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.locks import locked
from q2c.kernel.errors import Refused


@transaction.atomic
def set_address(
    customer_id: int, kind: str, draft: AddressDraft, *, by: User | None, at: datetime
) -> Address:
    """Write the customer's billing or shipping address, in place of the one there was.

    Refuses a billing address in a country that would not give the customer's tax id. Documents
    issued before keep the address they copied.
    """
    require(by, Permission.EDIT_CUSTOMERS)
    assert kind in (Address.BILLING, Address.SHIPPING), kind
    customer = locked(Customer, customer_id)
    values = checked_address(draft)
    if kind == Address.BILLING:
        checked_tax_id(customer.tax_id, country=values["country"])
    before = customer.addresses.filter(kind=kind).first()
    was = str(before) if before else None
    address, _ = Address.objects.update_or_create(customer=customer, kind=kind, defaults=values)
    _publish(customer, kind, [was, str(address)], by=by, at=at)
    return address


@transaction.atomic
def remove_shipping_address(customer_id: int, *, by: User | None, at: datetime) -> None:
    """Goods go to the billing address from here on."""
    require(by, Permission.EDIT_CUSTOMERS)
    customer = locked(Customer, customer_id)
    address = customer.addresses.filter(kind=Address.SHIPPING).first()
    if address is None:
        raise Refused("There is no shipping address to remove.")
    was = str(address)
    address.delete()
    _publish(customer, Address.SHIPPING, [was, None], by=by, at=at)


def _publish(
    customer: Customer, kind: str, change: list[str | None], *, by: User | None, at: datetime
) -> None:
    if change[0] == change[1]:
        return
    customer.version += 1
    customer.save(update_fields=["version"])
    fact = CustomerEdited(at=at, customer_id=customer.pk)
    publish(fact, by=by, customer_id=customer.pk, changes={f"{kind} address": change})
