"""Orders for programs."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from rest_framework import serializers

from orders.actions import cancel_order, close_short, ship_goods
from orders.models import (
    ClosedLine,
    Closing,
    ClosingReason,
    Kit,
    Order,
    OrderLine,
    Shipment,
    ShipmentLine,
)
from orders.rules.delivery import LineState
from orders.rules.states import OrderState
from q2c.api.fields import Amount, Id, Input, Plain
from q2c.api.filters import days, instants, number, one_of, search, text
from q2c.api.resources import Resource, verb
from q2c.identity.roles import Permission
from q2c.infra.clock import day_in
from q2c.kernel.errors import Refused

_FIELDS = [
    "id", "number", "state", "customer_id", "legal_entity_id", "contract_id", "currency", "total",
    "payment_terms_days", "ordered_on", "created_at",
]  # fmt: skip


class OrderSummarySerializer(serializers.ModelSerializer):
    customer_id = serializers.IntegerField()
    legal_entity_id = serializers.IntegerField()
    contract_id = serializers.IntegerField()
    total = Amount()

    class Meta:
        model = Order
        fields = _FIELDS
        read_only_fields = fields


class OrderLineSerializer(serializers.ModelSerializer):
    """An ordered thing; goods are open until all are shipped or given up (`closed_quantity`).

    What is still to come is reserved. Services and what recurs need no delivery.
    """

    product_id = serializers.IntegerField()
    kit_id = serializers.IntegerField(allow_null=True)
    delivery_state = serializers.ChoiceField([state.value for state in LineState])
    quantity = Plain()
    shipped_quantity = Plain()
    closed_quantity = Plain()
    reserved_quantity = Plain()
    list_unit_price = Plain()
    discount_percent = Plain()
    net_per_period = Amount(currency="order.currency")

    class Meta:
        model = OrderLine
        fields = [
            "id", "position", "product_id", "description", "kind", "charge_kind", "months",
            "in_advance", "unit", "quantity", "shipped_quantity", "closed_quantity",
            "reserved_quantity", "delivery_state", "kit_id", "list_unit_price",
            "discount_percent", "net_per_period", "is_adjustment",
        ]  # fmt: skip
        read_only_fields = fields


class KitSerializer(serializers.ModelSerializer):
    """A bundle with goods: delivered as often as all of them are; lines name it by `kit_id`."""

    product_id = serializers.IntegerField()
    delivery_state = serializers.ChoiceField([state.value for state in LineState])
    quantity = Plain()
    delivered_quantity = Plain(source="delivery.delivered")
    closed_quantity = Plain(source="delivery.closed")

    class Meta:
        model = Kit
        fields = [
            "id", "position", "product_id", "description", "quantity", "delivered_quantity",
            "closed_quantity", "delivery_state",
        ]  # fmt: skip
        read_only_fields = fields


class ShippedLineSerializer(serializers.ModelSerializer):
    line_id = serializers.IntegerField(source="order_line_id")
    quantity = Plain()

    class Meta:
        model = ShipmentLine
        fields = ["line_id", "quantity"]
        read_only_fields = fields


class ShipmentSerializer(serializers.ModelSerializer):
    lines = ShippedLineSerializer(many=True)

    class Meta:
        model = Shipment
        fields = ["id", "number", "shipped_on", "carrier", "tracking", "lines"]
        read_only_fields = fields


class ClosedLineSerializer(serializers.ModelSerializer):
    line_id = serializers.IntegerField(source="order_line_id")
    quantity = Plain()

    class Meta:
        model = ClosedLine
        fields = ["line_id", "quantity"]
        read_only_fields = fields


class ClosingSerializer(serializers.ModelSerializer):
    """What was given up at once, and why."""

    lines = ClosedLineSerializer(many=True)

    class Meta:
        model = Closing
        fields = ["id", "reason", "words", "closed_on", "lines"]
        read_only_fields = fields


class PlaceSerializer(serializers.Serializer):
    name = serializers.CharField(required=False)
    street = serializers.CharField(required=False)
    street2 = serializers.CharField(required=False)
    postal_code = serializers.CharField(required=False)
    city = serializers.CharField(required=False)
    region = serializers.CharField(required=False)
    country = serializers.CharField(required=False)


class OrderSerializer(OrderSummarySerializer):
    """An order with its lines, its shipments, what was given up and where the goods go."""

    ship_to = PlaceSerializer()
    kits = KitSerializer(many=True)
    lines = OrderLineSerializer(many=True)
    shipments = ShipmentSerializer(many=True)
    closings = ClosingSerializer(many=True)

    class Meta(OrderSummarySerializer.Meta):
        fields = [*_FIELDS, "ship_to", "kits", "lines", "shipments", "closings"]
        read_only_fields = fields


class ShippedInput(Input):
    line_id = Id()
    quantity = serializers.DecimalField(max_digits=18, decimal_places=6)


class ShipInput(Input):
    """What leaves the house; without a day, today where the legal entity is."""

    lines = ShippedInput(many=True, allow_empty=False)
    shipped_on = serializers.DateField(required=False)
    carrier = serializers.CharField(max_length=100, required=False, allow_blank=True)
    tracking = serializers.CharField(max_length=100, required=False, allow_blank=True)


class ClosedKitInput(Input):
    kit_id = Id()
    quantity = serializers.DecimalField(max_digits=18, decimal_places=6)


class CloseShortInput(Input):
    """What is given up, by line or by kit; the customer reads the reason and the words."""

    lines = ShippedInput(many=True, required=False)
    kits = ClosedKitInput(many=True, required=False)
    reason = serializers.ChoiceField(ClosingReason.values)
    words = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class CancelOrderInput(Input):
    reason = serializers.CharField(max_length=2000)


def _matching(rows: QuerySet[Order], words: str) -> QuerySet[Order]:
    for word in words.split():
        rows = rows.filter(Q(number__icontains=word) | Q(customer__legal_name__icontains=word))
    return rows


class Orders(Resource):
    """What we owe customers: goods to ship, services to start."""

    scope = "orders"
    permission = Permission.VIEW_ORDERS
    serializer_class = OrderSerializer
    summary_class = OrderSummarySerializer
    filters = {
        "q": search(_matching),
        "number": text("number"),
        "state": one_of("state", [state.value for state in OrderState]),
        "customer_id": number("customer_id"),
        "contract_id": number("contract_id"),
        "ordered_on": days("ordered_on"),
        "created": instants("created_at"),
    }

    def rows(self) -> QuerySet[Order]:
        return Order.objects.all()

    def whole(self, rows: QuerySet[Order]) -> QuerySet[Order]:
        return rows.select_related("legal_entity").prefetch_related(
            "lines", "kits__parts", "shipments__lines", "closings__lines"
        )

    @verb("orders:write", takes=ShipInput)
    def ship(self, order: Order, data: dict[str, Any]) -> None:
        """Ship some or all of the goods; what is shipped is charged."""
        now = self.at
        with _placed(data, "lines") as quantities:
            ship_goods(
                order.pk,
                quantities=quantities,
                shipped_on=data.get("shipped_on") or day_in(order.legal_entity.time_zone, now),
                carrier=data.get("carrier", ""),
                tracking=data.get("tracking", ""),
                by=self.by,
                at=now,
            )

    @verb("orders:write", takes=CloseShortInput)
    def close_short(self, order: Order, data: dict[str, Any]) -> None:
        """Give up what is left of goods, or services charged once; nothing of it is charged."""
        with _placed(data, "lines") as quantities, _placed(data, "kits") as kits:
            close_short(
                order.pk,
                quantities=quantities,
                kits=kits,
                reason=data["reason"],
                words=data.get("words", ""),
                by=self.by,
                at=self.at,
            )

    @verb("orders:write", takes=CancelOrderInput)
    def cancel(self, order: Order, data: dict[str, Any]) -> None:
        """Give up an order of which nothing was shipped, started or billed."""
        cancel_order(order.pk, by=self.by, at=self.at, **data)


@contextmanager
def _placed(data: dict[str, Any], name: str) -> Iterator[dict[int, Decimal]]:
    """Give the quantities of `lines` or `kits` by id, each named once.

    A refusal of one of them points at its place in the request.
    """
    key = name.removesuffix("s")
    rows = data.get(name, [])
    places = {row[f"{key}_id"]: place for place, row in enumerate(rows)}
    if len(places) < len(rows):
        raise Refused(f"Name each {key} once.", field=name)
    try:
        yield {row[f"{key}_id"]: row["quantity"] for row in rows}
    except Refused as refusal:
        kind, _, pk = refusal.field.partition("-")
        if kind != key or not pk.isdigit() or int(pk) not in places:
            raise
        place = f"{name}.{places[int(pk)]}.quantity"
        raise type(refusal)(refusal.message, field=place) from refusal
