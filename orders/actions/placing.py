"""A signed contract becomes an order, with its subscriptions."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import F

from contracts.queries import SignedContract, signed_contract
from orders.actions.subscribing import end_subscriptions
from orders.events import OrderCompleted, OrderPlaced, SubscriptionsStarted
from orders.models import Order, OrderLine, Subscription, SubscriptionItem
from orders.rules.states import ORDER_LIFECYCLE, OrderState
from q2c.customers.models import Address, LegalEntity
from q2c.infra.bus import publish
from q2c.infra.clock import day_in
from q2c.infra.numbers import WHOLE_COMPANY, next_number
from quotes.queries import AcceptedLine, accepted_quote


@transaction.atomic
def place_order(contract_id: int, *, at: datetime) -> Order:
    """Place the order of a signed contract.

    Goods wait to be shipped; recurring and usage lines become items of one subscription, which
    starts on the contract's date and, unless the contract renews by itself, ends with it. Where the
    contract renews another, that one's subscriptions end as these start. An order with nothing to
    ship is complete at once.
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
    sold = [line for line in quote.lines if line.kind != "bundle"]
    lines = OrderLine.objects.bulk_create([order_line(order.pk, line) for line in sold])
    subscription = _subscribe(order, contract, lines, quote.anchor_on, at=at)
    if contract.renews_id:
        reason = f"Renewed by {contract.number}"
        end_subscriptions(contract.renews_id, on=contract.starts_on, reason=reason, at=at)
    publish(OrderPlaced(at=at, order_id=order.pk), by=None, customer_id=order.customer_id)
    if subscription:
        publish(
            SubscriptionsStarted(at=at, subscription_ids=(subscription.pk,)),
            by=None,
            customer_id=order.customer_id,
        )
    complete_if_delivered(order, at=at)
    return order


def order_line(order_id: int, line: AcceptedLine) -> OrderLine:
    """Copy an accepted line onto an order, without saving."""
    return OrderLine(
        order_id=order_id,
        position=line.position,
        quote_line_id=line.id,
        product_id=line.product_id,
        description=line.description,
        kind=line.kind,
        charge_kind=line.charge_kind,
        months=line.months,
        weeks=line.weeks,
        starts_on=line.starts_on,
        ends_on=line.ends_on,
        in_advance=line.in_advance,
        charge_model=line.charge_model,
        tiers=line.tiers,
        unit=line.unit,
        tax_class=line.tax_class,
        revenue_pattern=line.revenue_pattern,
        quantity=line.quantity,
        list_unit_price=line.list_unit_price,
        discount_percent=line.discount_percent,
        net_per_period=line.net_per_period,
        is_adjustment=line.is_adjustment,
    )


def subscription_item(subscription_id: int, line: OrderLine) -> SubscriptionItem:
    """Copy a recurring or usage line onto a subscription, without saving."""
    return SubscriptionItem(
        subscription_id=subscription_id,
        order_line_id=line.pk,
        product_id=line.product_id,
        description=line.description,
        charge_kind=line.charge_kind,
        months=line.months,
        weeks=line.weeks,
        starts_on=line.starts_on,
        ends_on=line.ends_on,
        in_advance=line.in_advance,
        charge_model=line.charge_model,
        tiers=line.tiers,
        unit=line.unit,
        tax_class=line.tax_class,
        revenue_pattern=line.revenue_pattern,
        quantity=line.quantity,
        unit_price=line.list_unit_price,
        discount_percent=line.discount_percent,
        net_per_period=line.net_per_period,
        is_adjustment=line.is_adjustment,
    )


def complete_if_delivered(order: Order, *, at: datetime) -> None:
    """Close an order whose goods have all been shipped."""
    open_lines = order.lines.filter(kind="goods").exclude(shipped_quantity__gte=F("quantity"))
    if not open_lines.exists():
        order.state = ORDER_LIFECYCLE.after(OrderState(order.state), "complete").value
        order.save(update_fields=["state"])
        publish(OrderCompleted(at=at, order_id=order.pk), by=None, customer_id=order.customer_id)


def _subscribe(
    order: Order,
    contract: SignedContract,
    lines: list[OrderLine],
    anchor_on: date,
    *,
    at: datetime,
) -> Subscription | None:
    recurring = [line for line in lines if line.charge_kind != "one_time"]
    if not recurring:
        return None
    subscription = Subscription.objects.create(
        number=next_number("S", entity_id=WHOLE_COMPANY, year=order.ordered_on.year),
        customer_id=order.customer_id,
        legal_entity_id=order.legal_entity_id,
        contract_id=contract.id,
        order=order,
        currency=order.currency,
        starts_on=contract.starts_on,
        anchor_on=anchor_on,
        ends_on=None if contract.auto_renew else contract.ends_on,
        created_at=at,
    )
    SubscriptionItem.objects.bulk_create(
        [subscription_item(subscription.pk, line) for line in recurring]
    )
    return subscription


def _ship_to(customer_id: int) -> dict[str, str]:
    fields = ("street", "street2", "postal_code", "city", "region", "country")
    addresses = Address.objects.filter(customer_id=customer_id).order_by("-kind")  # shipping first
    found = addresses.values(*fields).first()
    return dict(found) if found else {}
