"""Give up an order of which nothing was delivered."""

from datetime import date, datetime

from django.db import transaction

from contracts.actions import give_up_renewal
from orders.actions.subscribing import cancel_subscription
from orders.events import OrderCancelled
from orders.models import Order, Subscription
from orders.rules.states import ORDER_LIFECYCLE, OrderState, SubscriptionState
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.clock import day_in
from q2c.infra.locks import locked
from q2c.kernel.errors import Refused


@transaction.atomic
def cancel_order(order_id: int, *, reason: str, by: User | None, at: datetime) -> Order:
    """Give up an order; its subscriptions end on the day they would have started.

    What it renewed runs on as it would have without it, and may be renewed by another. Refuses when
    goods left, a subscription runs already, or (billing says so) something is billed.
    """
    require(by, Permission.FULFIL_ORDERS)
    if not reason.strip():
        raise Refused("Say why the order is cancelled.", field="reason")
    order = locked(Order, order_id)
    after = ORDER_LIFECYCLE.after(OrderState(order.state), "cancel")
    if order.contract.amends_id:
        raise Refused("This order amends what runs. Make another amendment instead.")
    subscriptions = list(order.subscriptions.order_by("pk"))
    if order.state == OrderState.COMPLETE.value and not subscriptions:
        raise Refused(
            "All of this order was delivered or given up, so it cannot be cancelled any more."
        )
    if order.shipments.exists():
        raise Refused(
            "Goods of this order have left, so it cannot be cancelled any more. Close short what "
            "is left of it."
        )
    today = day_in(order.legal_entity.time_zone, at)
    if order.contract.renews_id and order.contract.starts_on <= today:
        raise Refused(
            f"{order.contract} has renewed what ran since {order.contract.starts_on:%d %b %Y}. "
            "Terminate the contract instead."
        )
    for subscription in subscriptions:
        _end_before_it_starts(subscription, today=today, reason=reason, by=by, at=at)
    order.state = after.value
    order.save(update_fields=["state"])
    if order.contract.renews_id:
        words = f"{order} was cancelled: {reason}"
        give_up_renewal(order.contract_id, reason=words, by=by, at=at)
    publish(
        OrderCancelled(at=at, order_id=order.pk),
        by=by,
        customer_id=order.customer_id,
        reason=reason,
    )
    return order


def _end_before_it_starts(
    subscription: Subscription, *, today: date, reason: str, by: User | None, at: datetime
) -> None:
    starts_on = subscription.starts_on
    if starts_on == subscription.ends_on:
        return
    if starts_on <= today:
        raise Refused(
            f"Its subscription {subscription.number} has run since {starts_on:%d %b %Y}. "
            "Terminate the contract instead."
        )
    if subscription.state == SubscriptionState.RUNNING.value:
        cancel_subscription(subscription.pk, on=starts_on, reason=reason, by=by, at=at)
    else:
        raise Refused(
            f"Its subscription {subscription.number} was given another end already, so the order "
            "stands."
        )
