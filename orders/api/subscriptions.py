"""Subscriptions for programs."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from contracts.actions import RenewalTerms
from orders.actions import cancel_subscription, draft_renewal, start_amendment
from orders.models import Subscription, SubscriptionItem
from orders.queries.credits import credit_balances
from orders.rules.states import SubscriptionState
from q2c.api.fields import Amount, Input, Plain
from q2c.api.filters import days, instants, number, one_of, search, text
from q2c.api.resources import Resource, verb
from q2c.identity.roles import Permission
from q2c.infra.clock import day_in
from quotes.queries import RenewalBasis, RenewalMethod

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
    replaces_id = serializers.IntegerField(allow_null=True)
    quantity = Plain()
    unit_price = Plain()
    discount_percent = Plain()
    net_per_period = Amount(currency="subscription.currency")

    class Meta:
        model = SubscriptionItem
        fields = [
            "id", "product_id", "description", "starts_on", "ends_on", "replaces_id", "charge_kind", "months", "weeks", "price_months", "in_advance",
            "charge_model", "unit", "quantity", "unit_price", "discount_percent",
            "net_per_period", "is_adjustment",
        ]  # fmt: skip
        read_only_fields = fields


class ExpiringSerializer(serializers.Serializer):
    """Credits left that can no longer be used from a day on."""

    expires_on = serializers.DateField()
    quantity = Plain()


class CreditBalanceSerializer(serializers.Serializer):
    """Prepaid credits of a product today; use is drawn as it is billed."""

    product_id = serializers.IntegerField()
    granted = Plain()
    drawn = Plain()
    expired = Plain()
    balance = Plain()
    expiring = ExpiringSerializer(many=True)


class SubscriptionSerializer(SubscriptionSummarySerializer):
    """A subscription with its items, and the prepaid credits that they can use."""

    items = SubscriptionItemSerializer(many=True)
    credits = serializers.SerializerMethodField()

    class Meta(SubscriptionSummarySerializer.Meta):
        fields = [*_FIELDS, "items", "credits"]
        read_only_fields = fields

    @extend_schema_field(CreditBalanceSerializer(many=True))
    def get_credits(self, subscription: Subscription) -> Any:
        on = day_in(subscription.legal_entity.time_zone, timezone.now())
        balances = [
            {
                **asdict(balance),
                "expiring": [
                    {"expires_on": day, "quantity": left} for day, left in balance.expiring
                ],
            }
            for balance in credit_balances(subscription, on=on)
        ]
        return CreditBalanceSerializer(balances, many=True).data


class CancelInput(Input):
    """`on` is the first day without the subscription."""

    on = serializers.DateField()
    reason = serializers.CharField(max_length=2000)


class AmendInput(Input):
    """`on` is the first day on which it runs differently."""

    on = serializers.DateField()


class RenewInput(Input):
    """How the renewal is priced, and for how long; nothing given, as the contract says."""

    method = serializers.ChoiceField([m.value for m in RenewalMethod], required=False)
    uplift_percent = serializers.DecimalField(max_digits=7, decimal_places=4, required=False)
    basis = serializers.ChoiceField([b.value for b in RenewalBasis], required=False)
    term_months = serializers.IntegerField(min_value=1, max_value=120, required=False)


class StartedQuoteSerializer(serializers.Serializer[Any]):
    """The draft that was made."""

    quote_id = serializers.IntegerField()


def read_terms(data: dict[str, Any]) -> RenewalTerms:
    """Return a renewal's terms as the actions take them."""
    return RenewalTerms(
        method=RenewalMethod(data.get("method", RenewalMethod.SAME)),
        uplift_percent=data.get("uplift_percent", Decimal(0)),
        basis=RenewalBasis(data.get("basis", RenewalBasis.LAST_SEGMENT)),
        term_months=data.get("term_months"),
    )


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
        return rows.select_related("legal_entity").prefetch_related("items")

    @verb("quotes:write", takes=AmendInput, gives=StartedQuoteSerializer, status=201)
    def amend(self, subscription: Subscription, data: dict[str, Any]) -> Response:
        """Draft an amendment of its contract; the quote lists all that runs from that day on."""
        found = start_amendment(subscription.contract_id, on=data["on"], by=self.by, at=self.at)
        return Response({"quote_id": found}, status=201)

    @verb("quotes:write", takes=RenewInput, gives=StartedQuoteSerializer, status=201)
    def renew(self, subscription: Subscription, data: dict[str, Any]) -> Response:
        """Draft the renewal of its contract; what is left out, the contract says."""
        terms = read_terms(data) if data else None
        found = draft_renewal(subscription.contract_id, terms=terms, by=self.by, at=self.at)
        return Response({"quote_id": found}, status=201)

    @verb("subscriptions:write", takes=CancelInput)
    def cancel(self, subscription: Subscription, data: dict[str, Any]) -> None:
        """End a subscription; what was billed beyond its end is credited."""
        cancel_subscription(subscription.pk, by=self.by, at=self.at, **data)
