"""What this app does about facts."""

from typing import Any

from django.db.models import Model
from django.utils import timezone, translation

from contracts.events import ContractSigned, ContractTerminated, RenewalReminded
from orders import actions
from orders.events import OrderPlaced
from orders.models import Closing, Order, Shipment
from q2c.customers.portal import primary_contact
from q2c.infra.mail import compose
from quotes.events import QuoteAccepted, QuoteSent


def place_order(fact: ContractSigned) -> None:
    actions.place_order(fact.contract_id, at=fact.at)


def grant_credits(fact: OrderPlaced) -> None:
    """Give the prepaid credits that were bought, and those of the first period."""
    actions.grant_credits(fact.order_id, at=fact.at)


def check_amendment(fact: QuoteSent | QuoteAccepted) -> None:
    """Hold an amendment to what runs, when it is sent and again when it is accepted."""
    actions.check_amendment(fact.quote_id)


def draft_renewal(fact: RenewalReminded) -> None:
    """Have the renewal quote ready as the owner is reminded."""
    actions.draft_renewal(fact.contract_id, by=None, at=fact.at)


def end_subscriptions(fact: ContractTerminated) -> None:
    actions.end_contract(fact.contract_id, on=fact.on, reason=fact.reason, at=fact.at)


def mail_shipment(fact: dict[str, Any]) -> None:
    """Tell the customer what is on its way."""
    shipment = (
        Shipment.objects.select_related("order__customer", "order__legal_entity")
        .prefetch_related("lines__order_line")
        .get(pk=fact["shipment_id"])
    )
    _mail("order_shipped", shipment.order, shipment=shipment)


def mail_closing(fact: dict[str, Any]) -> None:
    """Tell the customer what will not come, and why."""
    closing = (
        Closing.objects.select_related("order__customer", "order__legal_entity")
        .prefetch_related("lines__order_line")
        .get(pk=fact["closing_id"])
    )
    _mail("order_closed_short", closing.order, closing=closing)


def _mail(template: str, order: Order, **about: Model) -> None:
    """Mail the customer about one row of an order, once."""
    contact, [row] = primary_contact(order.customer), about.values()
    if contact is None:
        return
    with translation.override(order.customer.language):
        compose(
            template,
            {**about, "contact": contact},
            cause=f"{template}:{row.pk}",
            to=contact.email,
            to_name=contact.name,
            at=timezone.now(),
            document="order",
            document_id=order.pk,
            customer_id=order.customer_id,
        )
