"""Amend what a contract's subscription holds: draft the offer, and do what was accepted."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from contracts.actions import open_to_amend
from orders.actions.copying import subscription_item
from orders.models import OrderLine, Subscription, SubscriptionItem, UsageEvent
from orders.queries import running_items
from orders.rules.states import SubscriptionState
from q2c.identity.models import User
from q2c.infra.locks import locked_many
from q2c.kernel.errors import Refused
from q2c.kernel.rating import ChargeKind
from quotes.actions import create_amendment_quote
from quotes.queries import AcceptedLine, AcceptedQuote, amended_items

_STALE = gettext_lazy(
    "What runs has changed since this amendment was drafted. It must be drafted anew."
)


@transaction.atomic
def start_amendment(contract_id: int, *, on: date, by: User, at: datetime) -> int:
    """Draft an amendment of a contract from a day on, of all that runs then or later.

    Returns the quote's id. Refuses a contract that is not in force, and days on which it is not.
    """
    subscription = running_subscriptions(contract_id).first()
    anchor_on = on
    if subscription:
        anchor_on = subscription.anchor_on or subscription.starts_on
    amended = open_to_amend(contract_id, on=on, anchor_on=anchor_on, by=by)
    return create_amendment_quote(amended, running_items(contract_id), on=on, by=by, at=at).pk


def check_amendment(quote_id: int) -> None:
    """Refuse an amendment whose items are no longer those that run."""
    found = amended_items(quote_id)
    if found is None:
        return
    contract_id, on, known = found
    runs = {
        item.id: item.ends_on
        for item in running_items(contract_id)
        if item.ends_on is None or item.ends_on > on
    }
    if set(runs) != {item.id for item in known}:
        raise Refused(str(_STALE))
    if any(runs[item.id] not in (None, item.ends_on) for item in known):
        raise Refused(str(_STALE))


def amend_subscription(
    subscription: Subscription, quote: AcceptedQuote, lines: Sequence[OrderLine]
) -> None:
    """End and begin items of a subscription as an accepted amendment says.

    What was to end with the subscription goes on to do so. Events of usage from the day on belong
    to the item that follows.
    """
    by_line = {line.id: line for line in quote.lines}
    named = [line.item_id for line in (*quote.lines, *quote.ended) if line.item_id]
    items = {item.pk: item for item in locked_many(SubscriptionItem, named)}
    new = []
    for line in lines:
        accepted = by_line[line.quote_line_id]
        old = items[accepted.item_id] if accepted.item_id else None
        item = _follower(subscription, line, accepted, old, quote)
        if old and accepted.change:
            old.ends_on = item.starts_on
        new.append(item)
    for gone in quote.ended:
        items[gone.item_id or 0].ends_on = gone.starts_on
    SubscriptionItem.objects.bulk_update(list(items.values()), ["ends_on"])
    _last_as_long_as(subscription, new)
    SubscriptionItem.objects.bulk_create(new)
    for item in new:
        if item.replaces_id and item.charge_kind == ChargeKind.USAGE:
            begun = UsageEvent.objects.filter(item=item.replaces_id, used_on__gte=item.starts_on)
            begun.update(item=item)


def _follower(
    subscription: Subscription,
    line: OrderLine,
    accepted: AcceptedLine,
    old: SubscriptionItem | None,
    quote: AcceptedQuote,
) -> SubscriptionItem:
    item = subscription_item(subscription.pk, line)
    item.starts_on, item.replaces = accepted.starts_on or quote.starts_on, old
    was_open = old is None or not accepted.change or old.ends_on is None
    if was_open and accepted.ends_on == quote.amended_ends_on:
        item.ends_on = None
    return item


def _last_as_long_as(subscription: Subscription, new: Sequence[SubscriptionItem]) -> None:
    """Let a subscription that ends last as long as its new items; the others end as before."""
    end = subscription.ends_on
    longest = max((item.ends_on for item in new if item.ends_on), default=None)
    if end is None or longest is None or longest <= end:
        return
    for item in new:
        item.ends_on = item.ends_on or end
    subscription.items.filter(ends_on=None).update(ends_on=end)
    subscription.ends_on = longest
    subscription.save(update_fields=["ends_on"])


def running_subscriptions(contract_id: int) -> QuerySet[Subscription]:
    """Return a contract's subscriptions that nobody has ended."""
    state = SubscriptionState.RUNNING.value
    return Subscription.objects.filter(contract_id=contract_id, state=state).order_by("pk")
