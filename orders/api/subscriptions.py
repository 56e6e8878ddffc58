"""Subscriptions for programs."""

from typing import Any

from django.db.models import Q, QuerySet
from rest_framework import serializers

from orders.actions import cancel_subscription
from orders.models import Subscription, SubscriptionItem
from orders.rules.states import SubscriptionState
from q2c.api.fields import Amount, Input, Plain
from q2c.api.filters import days, instants, number, one_of, search, text
from q2c.api.resources import Resource, verb
from q2c.identity.roles import Permission

_FIELDS = [
    "id", "number", "state", "customer_id", "legal_entity_id", "contract_id", "order_id",
    "currency", "starts_on", "ends_on", "cancelled_at", "cancel_reason", "created_at",
]  # fmt: skip


class SubscriptionSummarySerializer(serializers.ModelSerializer):
    """A subscription; `ends_on` is the first day without it, null while it runs on."""

    customer_id = serializers.IntegerField()
    legal_entity_id = serializers.IntegerField()
    contract_id = serializers.IntegerField()
    order_id = serializers.IntegerField()

    class Meta:
        model = Subscription
        fields = _FIELDS
        read_only_fields = fields


class SubscriptionItemSerializer(serializers.ModelSerializer):
    """One thing within a subscription; usage is reported for it by its `id`."""

    product_id = serializers.IntegerField()
    quantity = Plain()
    unit_price = Plain()
    discount_percent = Plain()
    net_per_period = Amount(currency="subscription.currency")

    class Meta:
        model = SubscriptionItem
        fields = [
            "id", "product_id", "description", "charge_kind", "months", "in_advance",
            "charge_model", "unit", "quantity", "unit_price", "discount_percent",
            "net_per_period", "is_adjustment",
        ]  # fmt: skip
        read_only_fields = fields


class SubscriptionSerializer(SubscriptionSummarySerializer):
    """A subscription with its items."""

    items = SubscriptionItemSerializer(many=True)

    class Meta(SubscriptionSummarySerializer.Meta):
        fields = [*_FIELDS, "items"]
        read_only_fields = fields


class CancelInput(Input):
    """`on` is the first day without the subscription."""

    on = serializers.DateField()
    reason = serializers.CharField(max_length=2000)


def _matching(rows: QuerySet[Subscription], words: str) -> QuerySet[Subscription]:
    for word in words.split():
        rows = rows.filter(Q(number__icontains=word) | Q(customer__legal_name__icontains=word))
    return rows


class Subscriptions(Resource):
    """What customers receive and are charged for again and again."""

    scope = "subscriptions"
    permission = Permission.VIEW_ORDERS
    serializer_class = SubscriptionSerializer
    summary_class = SubscriptionSummarySerializer
    filters = {
        "q": search(_matching),
        "number": text("number"),
        "state": one_of("state", [state.value for state in SubscriptionState]),
        "customer_id": number("customer_id"),
        "contract_id": number("contract_id"),
        "order_id": number("order_id"),
        "starts_on": days("starts_on"),
        "ends_on": days("ends_on"),
        "created": instants("created_at"),
    }

    def rows(self) -> QuerySet[Subscription]:
        return Subscription.objects.all()

    def whole(self, rows: QuerySet[Subscription]) -> QuerySet[Subscription]:
        return rows.prefetch_related("items")

    @verb("subscriptions:write", takes=CancelInput)
    def cancel(self, subscription: Subscription, data: dict[str, Any]) -> None:
        """End a subscription; what was billed beyond its end is credited."""
        cancel_subscription(subscription.pk, by=self.by, at=self.at, **data)
