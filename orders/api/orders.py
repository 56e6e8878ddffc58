"""Orders for programs."""

from typing import Any

from django.db.models import Q, QuerySet
from rest_framework import serializers

from orders.actions import cancel_order, ship_goods
from orders.models import Order, OrderLine, Shipment, ShipmentLine
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
    """An ordered thing; goods wait until `shipped_quantity` reaches `quantity`."""

    product_id = serializers.IntegerField()
    quantity = Plain()
    shipped_quantity = Plain()
    list_unit_price = Plain()
    discount_percent = Plain()
    net_per_period = Amount(currency="order.currency")

    class Meta:
        model = OrderLine
        fields = [
            "id", "position", "product_id", "description", "kind", "charge_kind", "months",
            "in_advance", "unit", "quantity", "shipped_quantity", "list_unit_price",
            "discount_percent", "net_per_period", "is_adjustment",
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


class PlaceSerializer(serializers.Serializer):
    name = serializers.CharField(required=False)
    street = serializers.CharField(required=False)
    street2 = serializers.CharField(required=False)
    postal_code = serializers.CharField(required=False)
    city = serializers.CharField(required=False)
    region = serializers.CharField(required=False)
    country = serializers.CharField(required=False)


class OrderSerializer(OrderSummarySerializer):
    """An order with its lines, its shipments and where the goods go."""

    ship_to = PlaceSerializer()
    lines = OrderLineSerializer(many=True)
    shipments = ShipmentSerializer(many=True)

    class Meta(OrderSummarySerializer.Meta):
        fields = [*_FIELDS, "ship_to", "lines", "shipments"]
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
        return rows.select_related("legal_entity").prefetch_related("lines", "shipments__lines")

    @verb("orders:write", takes=ShipInput)
    def ship(self, order: Order, data: dict[str, Any]) -> None:
        """Ship some or all of the goods; what is shipped is charged."""
        now = self.at
        places = {line["line_id"]: place for place, line in enumerate(data["lines"])}
        if len(places) < len(data["lines"]):
            raise Refused("Name each line once.", field="lines")
        try:
            ship_goods(
                order.pk,
                quantities={line["line_id"]: line["quantity"] for line in data["lines"]},
                shipped_on=data.get("shipped_on") or day_in(order.legal_entity.time_zone, now),
                carrier=data.get("carrier", ""),
                tracking=data.get("tracking", ""),
                by=self.by,
                at=now,
            )
        except Refused as refusal:
            raise _pointed(refusal, places) from refusal

    @verb("orders:write", takes=CancelOrderInput)
    def cancel(self, order: Order, data: dict[str, Any]) -> None:
        """Give up an order of which nothing was shipped, started or billed."""
        cancel_order(order.pk, by=self.by, at=self.at, **data)


def _pointed(refusal: Refused, places: dict[int, int]) -> Refused:
    """Return the refusal at the place its line has in the request."""
    name, _, pk = refusal.field.partition("-")
    if name == "line" and pk.isdigit():
        return type(refusal)(refusal.message, field=f"lines.{places[int(pk)]}.quantity")
    return refusal
