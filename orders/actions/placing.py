"""A signed contract becomes an order, with its subscriptions."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from contracts.queries import SignedContract, signed_contract
from orders.actions.amending import (
    amend_subscription,
    check_amendment,
    running_subscriptions,
)
from orders.actions.copying import order_line, save_kits, subscription_item
from orders.actions.subscribing import end_subscriptions
from orders.events import OrderCompleted, OrderPlaced, SubscriptionsStarted
from orders.models import Order, OrderLine, Subscription, SubscriptionItem
from orders.queries.deliveries import GOODS_LEFT
from orders.rules.states import ORDER_LIFECYCLE, OrderState
from q2c.customers.models import Address, LegalEntity
from q2c.infra.bus import publish
from q2c.infra.clock import day_in
from q2c.infra.locks import locked
from q2c.infra.numbers import WHOLE_COMPANY, next_number
from quotes.queries import AcceptedLine, accepted_quote


@transaction.atomic
def place_order(contract_id: int, *, at: datetime) -> Order:
    """Place the order of a signed contract.

    Goods wait to be shipped; recurring and usage lines become items of one subscription, which
    starts on the contract's date and, unless the contract renews by itself, ends with it. Where the
    contract renews another, that one's subscriptions end as these start; where it amends another,
    the items of that one's subscription end and begin. An order with nothing to ship is complete
    at once.
    """
    contract = signed_contract(contract_id)
    quote = accepted_quote(contract.quote_id)
    zone = LegalEntity.objects.values_list("time_zone", flat=True).get(pk=contract.legal_entity_id)
    on = day_in(zone, at)
    order = Order.objects.create(
        number=next_number("O", entity_id=WHOLE_COMPANY, year=on.year),
        customer_id=contract.customer_id,
        legal_entity_id=contract.legal_entity_id,
        contract_id=contract.id,
        currency=contract.currency,
        total=contract.total,
        payment_terms_days=contract.payment_terms_days,
        proration=quote.proration,
        ordered_on=on,
        ship_to=_ship_to(contract.customer_id),
        created_at=at,
    )
    lines = _lines(order, quote.lines)
    recurring = [line for line in lines if line.charge_kind != "one_time"]
    subscription = None
    if contract.amends_id and (runs := running_subscriptions(contract.amends_id).first()):
        check_amendment(quote.id)
        amend_subscription(locked(Subscription, runs.pk), quote, recurring)
    elif recurring:
        subscription = _subscribe(order, contract, recurring, quote.anchor_on, at=at)
    if contract.renews_id:
        reason = f"Renewed by {contract.number}"
        end_subscriptions(
            contract.renews_id, on=contract.starts_on, reason=reason, at=at, renewed_by=order
        )
    publish(OrderPlaced(at=at, order_id=order.pk), by=None, customer_id=order.customer_id)
    if subscription:
        publish(
            SubscriptionsStarted(at=at, subscription_ids=(subscription.pk,)),
            by=None,
            customer_id=order.customer_id,
        )
    complete_if_delivered(order, at=at)
    return order


def complete_if_delivered(order: Order, *, at: datetime) -> None:
    """Complete an order whose goods have all been shipped or given up; nothing else holds it."""
    if not order.lines.filter(GOODS_LEFT).exists():
        order.state = ORDER_LIFECYCLE.after(OrderState(order.state), "complete").value
        order.save(update_fields=["state"])
        publish(OrderCompleted(at=at, order_id=order.pk), by=None, customer_id=order.customer_id)


def _lines(order: Order, accepted: Sequence[AcceptedLine]) -> list[OrderLine]:
    kits = save_kits({order.pk: accepted})
    return OrderLine.objects.bulk_create(
        [
            order_line(order.pk, line, kit=kits.get(line.id))
            for line in accepted
            if line.kind != "bundle"
        ]
    )


def _subscribe(
    order: Order,
    contract: SignedContract,
    recurring: list[OrderLine],
    anchor_on: date,
    *,
    at: datetime,
) -> Subscription:
    subscription = Subscription.objects.create(
        number=next_number("S", entity_id=WHOLE_COMPANY, year=order.ordered_on.year),
        customer_id=order.customer_id,
        legal_entity_id=order.legal_entity_id,
        contract_id=contract.amends_id or contract.id,
        order=order,
        currency=order.currency,
        starts_on=contract.starts_on,
        anchor_on=anchor_on,
        ends_on=None if contract.auto_renew else contract.ends_on,
        created_at=at,
    )
    SubscriptionItem.objects.bulk_create(
        [
            subscription_item(subscription.pk, line, contract_ends_on=contract.ends_on)
            for line in recurring
        ]
    )
    return subscription


def _ship_to(customer_id: int) -> dict[str, str]:
    fields = ("street", "street2", "postal_code", "city", "region", "country")
    addresses = Address.objects.filter(customer_id=customer_id).order_by("-kind")  # shipping first
    found = addresses.values(*fields).first()
    return dict(found) if found else {}
