"""Usage for programs: reported in batches, each event once by its own key."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from orders.actions import UsageInput, record_usage
from orders.models import UsageEvent
from q2c.api.fields import Input, Plain
from q2c.api.filters import days, instants, number, text
from q2c.api.resources import Resource, verb
from q2c.identity.roles import Permission

_NAMES = {"item_id", "key", "quantity", "used_at"}
_EVENT = {
    "type": "object",
    "required": sorted(_NAMES),
    "additionalProperties": False,
    "properties": {
        "item_id": {"type": "integer", "description": "A subscription item charged by usage"},
        "key": {"type": "string", "maxLength": 100, "description": "Unique within the item"},
        "quantity": {"type": "string", "format": "decimal"},
        "used_at": {"type": "string", "format": "date-time"},
    },
}


@extend_schema_field({"type": "array", "minItems": 1, "maxItems": 10_000, "items": _EVENT})
class EventsField(serializers.Field):
    """A list of events, read in one plain loop: a batch may hold ten thousand."""

    def to_internal_value(self, data: Any) -> list[UsageInput]:
        if not isinstance(data, list):
            raise serializers.ValidationError("This is a list of events.")
        events, errors = [], {}
        for place, event in enumerate(data):
            try:
                events.append(_read(event))
            except ValueError as error:
                name, words = error.args
                detail = [serializers.ErrorDetail(words, code="invalid")]
                errors[str(place)] = {name: detail} if name else detail
        if errors:
            raise serializers.ValidationError(errors)
        return events


def _read(event: Any) -> UsageInput:
    if not isinstance(event, Mapping) or set(event) != _NAMES:
        raise ValueError("", f"An event has exactly {', '.join(sorted(_NAMES))}.")
    item_id, key = event["item_id"], event["key"]
    if not isinstance(item_id, int) or isinstance(item_id, bool) or not 0 < item_id < 2**63:
        raise ValueError("item_id", "This is the id of a subscription item.")
    if not isinstance(key, str) or "\x00" in key:
        raise ValueError("key", "This is a text.")
    return UsageInput(item_id, key, _quantity(event["quantity"]), _instant(event["used_at"]))


def _quantity(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError("quantity", "This is a number, best as a string.")
    try:
        quantity = Decimal(value)
    except InvalidOperation:
        raise ValueError("quantity", "This is a number, best as a string.") from None
    # `record_usage` judges what is finite and fits; a thousand digits need not get that far.
    if quantity.is_finite() and abs(quantity.adjusted()) > 30:
        raise ValueError("quantity", "The number is too large or too small.")
    return quantity


def _instant(value: Any) -> datetime:
    try:
        instant = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        instant = None
    if instant is None or instant.tzinfo is None:
        raise ValueError("used_at", "This is an instant with its offset: 2026-11-24T12:00:00Z.")
    return instant


class UsageBatchInput(Input):
    """Up to 10,000 events; one that is wrong refuses them all."""

    events = EventsField()


class UsageBatchSerializer(serializers.Serializer):
    """How many events were new, and how many were known by their keys already."""

    accepted = serializers.IntegerField()
    duplicates = serializers.IntegerField()


class UsageEventSerializer(serializers.ModelSerializer):
    item_id = serializers.IntegerField()
    quantity = Plain()

    class Meta:
        model = UsageEvent
        fields = ["id", "item_id", "key", "quantity", "used_at", "used_on", "received_at"]
        read_only_fields = fields


class Usage(Resource):
    """What was used, event by event."""

    scope = "usage"
    permission = Permission.VIEW_ORDERS
    order = ("-id",)
    number_field = ""
    serializer_class = UsageEventSerializer
    filters = {
        "item_id": number("item_id"),
        "subscription_id": number("item__subscription_id"),
        "key": text("key"),
        "used_on": days("used_on"),
        "used": instants("used_at"),
    }

    def rows(self) -> QuerySet[UsageEvent]:
        return UsageEvent.objects.all()

    @verb(
        "usage:write",
        takes=UsageBatchInput,
        gives=UsageBatchSerializer,
        is_about_one=False,
        once=False,
    )
    def create(self, data: dict[str, Any]) -> Response:
        """Report usage.

        No Idempotency-Key is needed: each event's key makes sending it twice harmless.
        """
        accepted, duplicates = record_usage(data["events"], by=self.by, at=self.at)
        return Response({"accepted": accepted, "duplicates": duplicates})
