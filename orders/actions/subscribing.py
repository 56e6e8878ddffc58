"""End subscriptions, and revive those that made way for nothing."""

from datetime import date, datetime, timedelta

from django.db import transaction

from contracts.queries import terminated_on
from orders.events import SubscriptionCancelled, SubscriptionRevived
from orders.models import Order, Subscription
from orders.rules.states import SUBSCRIPTION_LIFECYCLE, SubscriptionState
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.clock import day_in
from q2c.infra.locks import locked
from q2c.kernel.errors import Refused


@transaction.atomic
def cancel_subscription(
    subscription_id: int, *, on: date, reason: str, by: User | None, at: datetime
) -> Subscription:
    """End a subscription: `on` is the first day without it; what was billed beyond is credited."""
    require(by, Permission.MANAGE_SUBSCRIPTIONS)
    if not reason.strip():
        raise Refused("Say why the subscription ends.", field="reason")
    subscription = locked(Subscription, subscription_id)
    if on < subscription.starts_on:
        raise Refused(
            f"It starts on {subscription.starts_on:%d %b %Y} and cannot end before.", field="on"
        )
    if subscription.ends_on and on > subscription.ends_on:
        last_day = subscription.ends_on - timedelta(days=1)
        raise Refused(f"It ends after {last_day:%d %b %Y} already.", field="on")
    state = SUBSCRIPTION_LIFECYCLE.after(SubscriptionState(subscription.state), "cancel")
    before = subscription.ends_on
    subscription.state, subscription.ends_on = state.value, on
    subscription.cancelled_at, subscription.cancel_reason = at, reason
    subscription.save(update_fields=["state", "ends_on", "cancelled_at", "cancel_reason"])
    publish(
        SubscriptionCancelled(at=at, subscription_id=subscription.pk),
        by=by,
        customer_id=subscription.customer_id,
        changes={"ends_on": [str(before) if before else "", on.isoformat()]},
        reason=reason,
    )
    return subscription


@transaction.atomic
def end_subscriptions(
    contract_id: int,
    *,
    on: date,
    reason: str,
    at: datetime,
    renewed_by: Order | None = None,
) -> None:
    """End what runs under a contract that was terminated, or renewed by another's order."""
    running = Subscription.objects.filter(
        contract_id=contract_id, state=SubscriptionState.RUNNING.value
    )
    for subscription in running.order_by("pk"):
        if subscription.ends_on is None or subscription.ends_on > on:
            day = max(on, subscription.starts_on)
            if renewed_by is not None:
                subscription.renewed_by = renewed_by
                subscription.ends_on_unrenewed = subscription.ends_on
            cancel_subscription(subscription.pk, on=day, reason=reason, by=None, at=at)
            if renewed_by is not None:
                subscription.save(update_fields=["renewed_by", "ends_on_unrenewed"])


@transaction.atomic
def end_contract(contract_id: int, *, on: date, reason: str, at: datetime) -> None:
    """End what runs under a contract that was terminated, though it had made way for a renewal.

    Where the contract is a renewal that has not begun and never will, what made way for it runs on
    as it would have without it.
    """
    made_way = Subscription.objects.filter(contract_id=contract_id, ends_on__gt=on)
    for renewal in Order.objects.filter(pk__in=made_way.values("renewed_by")):
        _revive(renewal, why="The contract ends before its renewal begins", at=at)
    end_subscriptions(contract_id, on=on, reason=reason, at=at)
    orders = Order.objects.select_related("contract", "legal_entity")
    order = orders.filter(contract_id=contract_id).first()
    if order is None or order.contract.renews_id is None:
        return
    begins = order.contract.starts_on
    if on <= begins and day_in(order.legal_entity.time_zone, at) < begins:
        _revive(order, why=f"{order.contract} was given up", at=at)
        if (over := terminated_on(order.contract.renews_id)) is not None:
            words = f"The contract ended on {over:%d %b %Y}"
            end_subscriptions(order.contract.renews_id, on=over, reason=words, at=at)


def _revive(order: Order, *, why: str, at: datetime) -> None:
    ended = Subscription.objects.select_for_update(no_key=True).filter(renewed_by=order)
    for subscription in ended.order_by("pk"):
        state = SUBSCRIPTION_LIFECYCLE.after(SubscriptionState(subscription.state), "revive")
        was, subscription.ends_on = subscription.ends_on, subscription.ends_on_unrenewed
        assert was is not None, "what made way has an end"
        subscription.state, subscription.cancelled_at = state.value, None
        subscription.cancel_reason = ""
        subscription.renewed_by, subscription.ends_on_unrenewed = None, None
        subscription.save()
        now = subscription.ends_on.isoformat() if subscription.ends_on else ""
        publish(
            SubscriptionRevived(at=at, subscription_id=subscription.pk, ended_on=was),
            by=None,
            customer_id=subscription.customer_id,
            changes={"ends_on": [was.isoformat(), now]},
            reason=why,
        )
