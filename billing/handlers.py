"""What this app does about facts."""

from typing import Any

from django.utils import timezone

from billing.actions.deliveries import enqueue_deliveries
from orders.events import GoodsShipped, OrderPlaced, SubscriptionCancelled


def schedule_charges(fact: OrderPlaced) -> None:
    from billing.actions import charges

    charges.schedule_charges(fact.order_id, at=fact.at)


def charge_shipped_goods(fact: GoodsShipped) -> None:
    from billing.actions import charges

    charges.charge_shipped_goods(fact.shipment_id, at=fact.at)


def stop_charges(fact: SubscriptionCancelled) -> None:
    from billing.actions import charges

    charges.stop_charges(fact.subscription_id, at=fact.at)


def deliver_invoices(fact: dict[str, Any]) -> None:
    enqueue_deliveries(fact["invoice_ids"], at=timezone.now())


def mail_dunning_letter(fact: dict[str, Any]) -> None:
    raise NotImplementedError


def mail_failed_payment(fact: dict[str, Any]) -> None:
    raise NotImplementedError


def mail_receipt(fact: dict[str, Any]) -> None:
    raise NotImplementedError
