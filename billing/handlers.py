"""What this app does about facts, and its jobs."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from billing.actions import charges, runs
from billing.actions.deliveries import DELIVERY_JOB, enqueue_deliveries
from billing.actions.deliveries import deliver_invoice as deliver
from billing.models import BillingShard
from orders.events import GoodsShipped, OrderPlaced, SubscriptionCancelled
from q2c.infra.jobs import TryLater, register


def schedule_charges(fact: OrderPlaced) -> None:
    charges.schedule_charges(fact.order_id, at=fact.at)


def charge_shipped_goods(fact: GoodsShipped) -> None:
    charges.charge_shipped_goods(fact.shipment_id, at=fact.at)


def stop_charges(fact: SubscriptionCancelled) -> None:
    charges.stop_charges(fact.subscription_id, at=fact.at)


def deliver_invoices(fact: dict[str, Any]) -> None:
    enqueue_deliveries(fact["invoice_ids"], at=timezone.now())


def deliver_invoice(payload: dict[str, Any]) -> None:
    """Mail one document with its PDF, then ask the saved card where the customer wants that."""
    deliver(payload["invoice_id"], at=timezone.now())
    charge_automatically(payload["invoice_id"])


def charge_automatically(invoice_id: int) -> None:
    """Ask for the payment of an invoice by the customer's saved method."""


def bill_shard(payload: dict[str, Any]) -> None:
    """Bill one shard of a run as a job; once, however often it is called."""
    shard = BillingShard.objects.filter(pk=payload["shard_id"], done_at=None).first()
    if shard is None:
        return
    at, run_id = timezone.now(), shard.run_id
    if not runs.bill_shard(shard.pk, at=at):
        raise TryLater("Another worker has this shard.", seconds=20)
    transaction.on_commit(lambda: runs.finish_run(run_id, at=at), robust=True)


def mail_dunning_letter(fact: dict[str, Any]) -> None:
    raise NotImplementedError


def mail_failed_payment(fact: dict[str, Any]) -> None:
    raise NotImplementedError


def mail_receipt(fact: dict[str, Any]) -> None:
    raise NotImplementedError


register(DELIVERY_JOB, deliver_invoice)
register(runs.SHARD_JOB, bill_shard)
