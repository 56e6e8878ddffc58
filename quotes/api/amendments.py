"""Amendments for programs: each item is kept, changed or ended; products are added with their end."""

from decimal import Decimal
from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from q2c.api.fields import Id, Input
from q2c.api.resources import Resource, verb
from q2c.infra.clock import day_in
from q2c.kernel.errors import Refused
from quotes import actions
from quotes.models import Quote, QuoteKind
from quotes.queries import Coterm, amendment_of
from quotes.rules.amending import Effects

_EFFECTS = ("before", "quantity", "price", "term", "mix", "change", "after")


class ItemInput(Input):
    """An item from the amendment on; `ends_on` is the first day without it."""

    quantity = serializers.DecimalField(
        max_digits=18, decimal_places=6, min_value=Decimal(0), required=False
    )
    unit_price = serializers.DecimalField(
        max_digits=18, decimal_places=8, min_value=Decimal(0), required=False
    )
    discount_percent = serializers.DecimalField(max_digits=7, decimal_places=4, required=False)
    ends_on = serializers.DateField(required=False)


class AdditionInput(Input):
    """A product to add; it ends with the contract, with what ends first, or after `own_months`.

    With `swaps_line_id` it takes the place of that item, which ends.
    """

    product_id = Id()
    quantity = serializers.DecimalField(max_digits=18, decimal_places=6, min_value=Decimal(0))
    months = serializers.IntegerField(min_value=0, max_value=120, required=False)
    discount_percent = serializers.DecimalField(max_digits=7, decimal_places=4, required=False)
    coterm = serializers.ChoiceField([each.value for each in Coterm], default="contract_end")
    own_months = serializers.IntegerField(min_value=1, max_value=120, default=12)
    swaps_line_id = Id(required=False)


_AMOUNT = {"type": "string", "format": "decimal"}
_BRIDGE = {"type": "object", "properties": dict.fromkeys(_EFFECTS, _AMOUNT)}


@extend_schema_field(
    {
        "type": ["object", "null"],
        "properties": {
            "contract_id": {"type": "integer"},
            "credit": _AMOUNT,
            "charge": _AMOUNT,
            "net": _AMOUNT,
            "arr": _BRIDGE,
            "tcv": _BRIDGE,
            "cash": _BRIDGE,
            "next_invoice": _BRIDGE,
        },
    }
)
class AmendmentField(serializers.Field):
    """What an amendment does today: credit, charge and the bridge; null for other quotes."""

    def __init__(self) -> None:
        super().__init__(read_only=True, source="*")

    def to_representation(self, quote: Quote) -> dict[str, Any] | None:
        if quote.kind != QuoteKind.AMENDMENT:
            return None
        on = day_in(quote.legal_entity.time_zone, timezone.now())
        found = amendment_of(quote, list(quote.lines.all()), on=on)
        bridge = found.bridge
        return {
            "contract_id": quote.amends_contract_id,
            "credit": str(found.credit.amount),
            "charge": str(found.charge.amount),
            "net": str(found.net.amount),
            "arr": _effects(bridge.arr),
            "tcv": _effects(bridge.tcv),
            "cash": _effects(bridge.cash),
            "next_invoice": _effects(bridge.next_invoice),
        }


def _effects(effects: Effects) -> dict[str, str]:
    return {name: str(getattr(effects, name).amount) for name in _EFFECTS}


class CotermChoiceSerializer(serializers.Serializer[Any]):
    """A choice for an addition's end: the first day without it, and what it costs until then."""

    coterm = serializers.CharField()
    ends_on = serializers.DateField()
    total = serializers.CharField(source="total.amount")
    first = serializers.CharField(source="first.amount")


class CotermChoicesSerializer(serializers.Serializer[Any]):
    choices = CotermChoiceSerializer(many=True)


class AmendmentVerbs(Resource):
    """The verbs of quotes that amend a contract."""

    @verb("quotes:write", takes=ItemInput, path=r"items/(?P<line_id>\d+)", method="patch")
    def change_item(self, quote: Quote, data: dict[str, Any], line_id: int) -> None:
        """Change an item's quantity, price, discount or end from the amendment on."""
        line = _line(quote, line_id)
        actions.change_item(line, data, by=self.by, at=self.at, seen=self.seen_version())

    @verb("quotes:write", path=r"items/(?P<line_id>\d+)/end")
    def end_item(self, quote: Quote, line_id: int) -> None:
        """End an item with the day of the amendment."""
        actions.end_item(_line(quote, line_id), by=self.by, at=self.at)

    @verb("quotes:write", path=r"items/(?P<line_id>\d+)/keep")
    def keep_item(self, quote: Quote, line_id: int) -> None:
        """Keep an item as it was after all."""
        actions.keep_item(_line(quote, line_id), by=self.by, at=self.at)

    @verb("quotes:write", path="end-all")
    def end_all_items(self, quote: Quote) -> None:
        """End everything with the day of the amendment, and the contract with it."""
        actions.end_all_items(quote.pk, by=self.by, at=self.at)

    @verb("quotes:write", takes=AdditionInput, path="coterm-choices", gives=CotermChoicesSerializer)
    def coterm_choices(self, quote: Quote, data: dict[str, Any]) -> Response:
        """Show the end and the price of an addition with each choice; nothing is added."""
        if quote.kind != QuoteKind.AMENDMENT:
            raise Refused("Only an amendment has a contract to end with.")
        found = actions.coterm_choices(quote, _new(data), own_months=data["own_months"])
        return Response(CotermChoicesSerializer({"choices": found}).data)

    @verb("quotes:write", takes=AdditionInput, path="additions", status=201)
    def add_to_amendment(self, quote: Quote, data: dict[str, Any]) -> None:
        """Add a product, on top or in the place of an item."""
        addition = actions.Addition(
            line=_new(data),
            coterm=Coterm(data["coterm"]),
            own_months=data["own_months"],
            swaps_line_id=data.get("swaps_line_id"),
        )
        actions.add_to_amendment(quote.pk, addition, by=self.by, at=self.at)


def _new(data: dict[str, Any]) -> actions.NewLine:
    names = ("product_id", "quantity", "months", "discount_percent")
    return actions.NewLine(**{name: data[name] for name in names if name in data})


def _line(quote: Quote, line_id: int) -> int:
    if not any(line.pk == line_id for line in quote.lines.all()):
        raise Http404
    return line_id
