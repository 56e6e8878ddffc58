"""Bring in the orders of many signed contracts, by set."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from contracts.queries import SignedContract, signed_contracts
from orders.actions.copying import order_line, save_kits, subscription_item
from orders.events import OrdersBroughtIn, SubscriptionsStarted
from orders.models import Order, OrderLine, Subscription, SubscriptionItem
from orders.rules.states import OrderState, SubscriptionState
from q2c.identity.models import User
from q2c.infra.bus import publish
from q2c.infra.numbers import WHOLE_COMPANY, document_number, take_numbers
from quotes.queries import AcceptedQuote, accepted_quotes

_BATCH = 1000


@transaction.atomic
def bring_in_orders(
    contract_ids: Collection[int],
    *,
    by: User | None,
    at: datetime,
    ended: Mapping[int, tuple[date, str]] | None = None,
) -> list[int]:
    """Place the orders of signed contracts that have none, with their subscriptions.

    The same rules as for one order. OrderPlaced is not published: the caller schedules the charges
    by set. Orders with goods stay open until they are shipped. `ended` holds, by contract, the first
    day without it and why. Returns the new orders' ids.
    """
    known = Order.objects.filter(contract_id__in=contract_ids).values_list("contract_id", flat=True)
    fresh = set(contract_ids) - set(known)
    contracts = signed_contracts(sorted(fresh), with_terminated=bool(ended))
    if not contracts:
        return []
    quotes = {quote.id: quote for quote in accepted_quotes([c.quote_id for c in contracts])}
    orders = _orders(contracts, quotes, at=at)
    lines = _lines(orders, [quotes[contract.quote_id] for contract in contracts])
    subscriptions = _subscribe(orders, contracts, lines, ended or {}, at=at)
    ids = tuple(order.pk for order in orders)
    publish(OrdersBroughtIn(at=at, order_ids=ids), by=by)
    publish(SubscriptionsStarted(at=at, subscription_ids=subscriptions), by=by)
    return list(ids)


def _lines(orders: list[Order], quotes: list[AcceptedQuote]) -> list[OrderLine]:
    pairs = list(zip(orders, quotes, strict=True))
    kits = save_kits({order.pk: quote.lines for order, quote in pairs})
    return OrderLine.objects.bulk_create(
        [
            order_line(order.pk, line, kit=kits.get(line.id))
            for order, quote in pairs
            for line in quote.lines
            if line.kind != "bundle"
        ],
        batch_size=_BATCH,
    )


def _orders(
    contracts: list[SignedContract], quotes: dict[int, AcceptedQuote], *, at: datetime
) -> list[Order]:
    numbers = take_numbers(entity_id=WHOLE_COMPANY, kind="O", year=at.year, count=len(contracts))
    orders = []
    for contract, number in zip(contracts, numbers, strict=True):
        has_goods = any(line.kind == "goods" for line in quotes[contract.quote_id].lines)
        state = OrderState.OPEN if has_goods else OrderState.COMPLETE
        orders.append(
            Order(
                number=document_number("O", at.year, number),
                state=state.value,
                customer_id=contract.customer_id,
                legal_entity_id=contract.legal_entity_id,
                contract_id=contract.id,
                currency=contract.currency,
                total=contract.total,
                payment_terms_days=contract.payment_terms_days,
                proration=quotes[contract.quote_id].proration,
                ordered_on=contract.starts_on,
                created_at=at,
            )
        )
    return Order.objects.bulk_create(orders, batch_size=_BATCH)


def _subscribe(
    orders: list[Order],
    contracts: list[SignedContract],
    lines: list[OrderLine],
    ended: Mapping[int, tuple[date, str]],
    *,
    at: datetime,
) -> tuple[int, ...]:
    recurring: dict[int, list[OrderLine]] = {}
    for line in lines:
        if line.charge_kind != "one_time":
            recurring.setdefault(line.order_id, []).append(line)
    pairs = [(o, c) for o, c in zip(orders, contracts, strict=True) if o.pk in recurring]
    if not pairs:
        return ()
    last = {order.pk: contract.ends_on for order, contract in pairs}
    numbers = take_numbers(entity_id=WHOLE_COMPANY, kind="S", year=at.year, count=len(pairs))
    made = Subscription.objects.bulk_create(
        [
            Subscription(
                number=document_number("S", at.year, number),
                customer_id=order.customer_id,
                legal_entity_id=order.legal_entity_id,
                contract_id=contract.id,
                order=order,
                currency=order.currency,
                starts_on=contract.starts_on,
                created_at=at,
                **_end(contract, ended.get(contract.id), at=at),
            )
            for (order, contract), number in zip(pairs, numbers, strict=True)
        ],
        batch_size=_BATCH,
    )
    SubscriptionItem.objects.bulk_create(
        [
            subscription_item(subscription.pk, line, contract_ends_on=last[subscription.order_id])
            for subscription in made
            for line in recurring[subscription.order_id]
        ],
        batch_size=_BATCH,
    )
    return tuple(subscription.pk for subscription in made)


def _end(
    contract: SignedContract, over: tuple[date, str] | None, *, at: datetime
) -> dict[str, Any]:
    if over is None:
        return {"ends_on": None if contract.auto_renew else contract.ends_on}
    return {
        "state": SubscriptionState.CANCELLED.value,
        "ends_on": max(over[0], contract.starts_on),
        "cancelled_at": at,
        "cancel_reason": over[1],
    }
