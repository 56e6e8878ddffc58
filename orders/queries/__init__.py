"""What can be asked of orders, subscriptions and usage."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from django.db.models import Count, F, Model, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, Least

from orders.models import (
    Order,
    OrderLine,
    ShipmentLine,
    Subscription,
    SubscriptionItem,
    UsageEvent,
)
from orders.rules.states import OrderState
from q2c.kernel.errors import Refused
from quotes.queries import RunningItem

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """An ordered thing as billing copies it; money in the order's currency."""

    id: int
    order_id: int
    position: int
    quote_line_id: int
    product_id: int
    description: str
    kind: str
    charge_kind: str
    months: int
    weeks: int
    price_months: int
    in_advance: bool
    charge_model: str
    tiers: list[dict[str, Any]]
    unit: str
    tax_class: str
    revenue_pattern: str
    quantity: Decimal
    list_unit_price: Decimal
    discount_percent: Decimal
    net_per_period: Decimal
    is_adjustment: bool
    shipped_quantity: Decimal


@dataclass(frozen=True, slots=True)
class PlacedItem:
    """A subscription item as billing copies it: charged on the days [starts_on, ends_on).

    Its billing periods are counted from `anchor_on`.
    """

    id: int
    subscription_id: int
    order_line_id: int
    product_id: int
    description: str
    charge_kind: str
    months: int
    weeks: int
    price_months: int
    in_advance: bool
    charge_model: str
    tiers: list[dict[str, Any]]
    unit: str
    tax_class: str
    revenue_pattern: str
    quantity: Decimal
    unit_price: Decimal
    discount_percent: Decimal
    net_per_period: Decimal
    is_adjustment: bool
    order_id: int
    anchor_on: date
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """An order with its lines and the items that it brought to subscriptions.

    An amendment's order belongs to the contract that it amends; `amendment` then names it, and the
    subscriptions of that contract are those whose items it may have ended.
    """

    id: int
    number: str
    customer_id: int
    legal_entity_id: int
    contract_id: int
    quote_id: int
    currency: str
    payment_terms_days: int
    proration: dict[str, Any]
    ordered_on: date
    starts_on: date
    lines: tuple[PlacedLine, ...]
    items: tuple[PlacedItem, ...]
    amendment: str = ""
    amended_subscription_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ShippedLine:
    """How many of an ordered thing went with a shipment, and when."""

    order_id: int
    order_line_id: int
    quantity: Decimal
    shipped_on: date


def placed_order(order_id: int) -> PlacedOrder:
    """Return an order; refuses one that does not exist."""
    found = placed_orders([order_id])
    if not found:
        raise Refused("There is no such order.")
    return found[0]


def placed_orders(order_ids: Collection[int]) -> list[PlacedOrder]:
    """Return orders with lines and items, by set: three queries for any number."""
    lines: dict[int, list[PlacedLine]] = {}
    line_names = list(PlacedLine.__dataclass_fields__)
    for row in OrderLine.objects.filter(order_id__in=order_ids).order_by("order_id", "position"):
        line = PlacedLine(*(getattr(row, name) for name in line_names))
        lines.setdefault(line.order_id, []).append(line)
    items: dict[int, list[PlacedItem]] = {}
    for item in _items(order_ids):
        items.setdefault(item.order_id, []).append(item)
    orders = Order.objects.filter(pk__in=order_ids).order_by("pk")
    orders = orders.select_related("contract").annotate(sold_as=F("contract__quote__number"))
    amended = _subscriptions([o.contract.amends_id for o in orders if o.contract.amends_id])
    return [
        PlacedOrder(
            id=order.pk,
            number=order.number,
            customer_id=order.customer_id,
            legal_entity_id=order.legal_entity_id,
            contract_id=order.contract.amends_id or order.contract_id,
            quote_id=order.contract.quote_id,
            currency=order.currency,
            payment_terms_days=order.payment_terms_days,
            proration=order.proration,
            ordered_on=order.ordered_on,
            starts_on=order.contract.starts_on,
            lines=tuple(lines.get(order.pk, ())),
            items=tuple(items.get(order.pk, ())),
            amendment=f"Amendment {order.sold_as}" if order.contract.amends_id else "",
            amended_subscription_ids=tuple(amended.get(order.contract.amends_id or 0, ())),
        )
        for order in orders
    ]


def _subscriptions(contract_ids: Collection[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    if contract_ids:
        rows = Subscription.objects.filter(contract_id__in=contract_ids).order_by("pk")
        for contract_id, pk in rows.values_list("contract_id", "pk"):
            found.setdefault(contract_id, []).append(pk)
    return found


def _items(order_ids: Collection[int]) -> list[PlacedItem]:
    names = list(PlacedItem.__dataclass_fields__)[:-4]
    rows = (
        SubscriptionItem.objects.filter(order_line__order_id__in=order_ids)
        .order_by("pk")
        .values_list(
            *names,
            "order_line__order_id",
            Coalesce("subscription__anchor_on", "subscription__starts_on"),
            Coalesce("starts_on", "subscription__starts_on"),
            Least("ends_on", "subscription__ends_on"),
        )
    )
    return [PlacedItem(*row) for row in rows]


def ordered_lines(contract_id: int) -> list[int]:
    """Return the ids of what was ordered by a contract or an amendment itself."""
    lines = OrderLine.objects.filter(order__contract_id=contract_id)
    return list(lines.values_list("pk", flat=True))


def shipped_lines(shipment_id: int) -> list[ShippedLine]:
    """Return what went with a shipment."""
    rows = ShipmentLine.objects.filter(shipment_id=shipment_id).values_list(
        "shipment__order_id", "order_line_id", "quantity", "shipment__shipped_on"
    )
    return [ShippedLine(*row) for row in rows.order_by("pk")]


def usage_totals(item_ids: Collection[int], start: date, end: date) -> dict[int, Decimal]:
    """Return the usage of items on the days [start, end); items without any are left out."""
    rows = (
        UsageEvent.objects.filter(item_id__in=item_ids, used_on__gte=start, used_on__lt=end)
        .values("item_id")
        .annotate(total=Sum("quantity"))
    )
    return {row["item_id"]: row["total"] for row in rows}


def usage_by_day(
    item_ids: Collection[int], start: date, end: date
) -> list[tuple[int, date, Decimal]]:
    """Return usage by item and day in [start, end), for billing many periods in one reading."""
    rows = (
        UsageEvent.objects.filter(item_id__in=item_ids, used_on__gte=start, used_on__lt=end)
        .values_list("item_id", "used_on")
        .annotate(total=Sum("quantity"))
    )
    return [(item, day, total) for item, day, total in rows]


def item_ends(subscription_id: int) -> dict[int, date | None]:
    """Return for each item of a subscription the first day without it; None while it runs on."""
    rows = SubscriptionItem.objects.filter(subscription_id=subscription_id)
    ends: dict[int, date | None] = {}
    for item in rows.select_related("subscription"):
        _, ends[item.pk] = item_days(item)
    return ends


def owned_products(customer_id: int, on: date, apart_from: int | None) -> set[int]:
    """Return the products of subscriptions that run on a day, but for those of one contract."""
    items = SubscriptionItem.objects.filter(
        Q(subscription__ends_on=None) | Q(subscription__ends_on__gt=on),
        subscription__customer_id=customer_id,
        subscription__state="running",
    )
    if apart_from is not None:
        items = items.exclude(subscription__contract_id=apart_from)
    return set(items.values_list("product_id", flat=True))


def running_items(contract_id: int) -> list[RunningItem]:
    """Return all that a contract's running subscriptions ever held for at least a day, oldest first.

    What an amendment replaced from its first day on is left out.
    """
    rows = list(
        SubscriptionItem.objects.filter(
            subscription__contract_id=contract_id, subscription__state="running"
        )
        .select_related("subscription", "order_line")
        .order_by("pk")
    )
    by_id = {item.pk: item for item in rows}
    found = []
    for item in rows:
        since, ends_on = item_days(item)
        if ends_on is None or since < ends_on:
            found.append(
                RunningItem(
                    id=item.pk,
                    quote_line_id=item.order_line.quote_line_id,
                    origin_line_id=_origin(item, by_id).order_line.quote_line_id,
                    charge_model=item.charge_model,
                    tiers=item.tiers,
                    quantity=item.quantity,
                    unit_price=item.unit_price,
                    discount_percent=item.discount_percent,
                    net_per_period=item.net_per_period,
                    since=since,
                    ends_on=ends_on,
                )
            )
    return found


def items_on(contract_id: int, on: date) -> list[SubscriptionItem]:
    """Return what a contract's subscriptions hold on a day."""
    rows = (
        SubscriptionItem.objects.filter(
            Q(ends_on=None) | Q(ends_on__gt=on),
            Q(subscription__ends_on=None) | Q(subscription__ends_on__gt=on),
            subscription__contract_id=contract_id,
        )
        .annotate(first_on=Coalesce("starts_on", "subscription__starts_on"))
        .filter(first_on__lte=on)
    )
    return list(rows.select_related("subscription", "product").order_by("pk"))


def item_days(item: SubscriptionItem) -> tuple[date, date | None]:
    """Return the days [first, end) of an item; without an end it runs on."""
    first = item.starts_on or item.subscription.starts_on
    known = [day for day in (item.ends_on, item.subscription.ends_on) if day]
    return first, max(min(known), first) if known else None


def _origin(item: SubscriptionItem, by_id: Mapping[int, SubscriptionItem]) -> SubscriptionItem:
    before = by_id.get(item.replaces_id or 0)
    return _origin(before, by_id) if before else item


def matching(rows: QuerySet[Row], text: str) -> QuerySet[Row]:
    """Keep orders or subscriptions whose number or customer holds every word."""
    for word in text.split():
        rows = rows.filter(
            Q(number__icontains=word)
            | Q(customer__legal_name__icontains=word)
            | Q(customer__number__icontains=word)
        )
    return rows


def counts_by_state(rows: QuerySet[Any]) -> dict[str, int]:
    """Return how many rows there are in each state."""
    return dict(rows.order_by().values_list("state").annotate(Count("pk")))


def can_cancel(order: Order, *, on: date) -> bool:
    """Tell whether nothing of an order has left or begun on a day, so that it may be given up."""
    is_over = order.state == OrderState.CANCELLED.value
    if is_over or order.contract.amends_id or order.shipments.exists():
        return False
    begins = [one.starts_on for one in order.subscriptions.all() if one.starts_on != one.ends_on]
    if order.contract.renews_id:
        begins.append(order.contract.starts_on)
    is_open = order.state == OrderState.OPEN.value
    return (is_open or bool(begins)) and all(day > on for day in begins)
