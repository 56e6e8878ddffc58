"""End subscriptions."""

from datetime import date, datetime, timedelta

from django.db import transaction

from orders.events import SubscriptionCancelled
from orders.models import Subscription
from orders.rules.states import SUBSCRIPTION_LIFECYCLE, SubscriptionState
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
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
def end_subscriptions(contract_id: int, *, on: date, reason: str, at: datetime) -> None:
    """End what runs under a contract that was terminated or renewed by another."""
    running = Subscription.objects.filter(
        contract_id=contract_id, state=SubscriptionState.RUNNING.value
    )
    for subscription in running.order_by("pk"):
        if subscription.ends_on is None or subscription.ends_on > on:
            day = max(on, subscription.starts_on)
            cancel_subscription(subscription.pk, on=day, reason=reason, by=None, at=at)
