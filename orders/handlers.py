"""What this app does about facts."""

from typing import Any

from django.utils import timezone, translation

from contracts.events import ContractSigned, ContractTerminated, RenewalReminded
from orders import actions
from orders.events import OrderPlaced
from orders.models import Shipment
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
    contact = primary_contact(shipment.order.customer)
    if contact is None:
        return
    with translation.override(shipment.order.customer.language):
        compose(
            "order_shipped",
            {"shipment": shipment, "contact": contact},
            cause=f"order_shipped:{shipment.pk}",
            to=contact.email,
            to_name=contact.name,
            at=timezone.now(),
            document="order",
            document_id=shipment.order_id,
            customer_id=shipment.order.customer_id,
        )
