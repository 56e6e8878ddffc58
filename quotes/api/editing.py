"""The line editor for programs: text between lines, order, ramps, many lines at once, undo."""

from typing import Any

from rest_framework import serializers

from q2c.api.fields import Id, Input
from q2c.api.resources import Resource, verb
from q2c.kernel.errors import Refused
from quotes import actions
from quotes.api.inputs import QuoteChange
from quotes.models import TEXT_KINDS, Quote
from quotes.rules.ramps import WAYS, Segment

_QUANTITY: dict[str, Any] = {"max_digits": 18, "decimal_places": 6}
_PRICE: dict[str, Any] = {"max_digits": 18, "decimal_places": 8}


class TextInput(Input):
    """A section, with a subtotal of the lines below it, or a note to the customer."""

    kind = serializers.ChoiceField(TEXT_KINDS)
    description = serializers.CharField(max_length=300)


class LinesInput(Input):
    line_ids = serializers.ListField(child=Id(), min_length=1, max_length=1000)


class OrderInput(LinesInput):
    """Lines to move before another one, or to the end of a section or, without both, of the quote."""

    before = Id(required=False)
    section = Id(required=False)


class QuotePatch(QuoteChange):
    """`segments` says what becomes of lines with days of their own when the term changes."""

    segments = serializers.ChoiceField(list(WAYS), required=False)


class LineChange(Input):
    """The cells of a line; those left out stay. `agreed_unit_price` null returns to the list price.

    `ends_on` is the day after the last; null days are the quote's own.
    """

    quantity = serializers.DecimalField(max_digits=18, decimal_places=6, required=False)
    agreed_unit_price = serializers.DecimalField(
        max_digits=18, decimal_places=8, required=False, allow_null=True
    )
    price_reason = serializers.CharField(max_length=200, required=False, allow_blank=True)
    discount_percent = serializers.DecimalField(max_digits=7, decimal_places=4, required=False)
    description = serializers.CharField(max_length=300, required=False)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    starts_on = serializers.DateField(required=False, allow_null=True)
    ends_on = serializers.DateField(required=False, allow_null=True)
    is_optional = serializers.BooleanField(required=False)
    is_chosen = serializers.BooleanField(required=False)
    min_quantity = serializers.DecimalField(
        max_digits=18, decimal_places=6, required=False, allow_null=True
    )
    max_quantity = serializers.DecimalField(
        max_digits=18, decimal_places=6, required=False, allow_null=True
    )
    choice_group = serializers.CharField(max_length=60, required=False, allow_blank=True)
    choice = serializers.CharField(max_length=60, required=False, allow_blank=True)


class ManyChange(LinesInput):
    """The same values for many lines; those that cannot have them are passed over."""

    changes = LineChange()


class ChoiceInput(Input):
    group = serializers.CharField(max_length=60)
    choice = serializers.CharField(max_length=60)


class RowsInput(Input):
    """Rows as a spreadsheet copies them; one that is wrong stops all unless `only_good`."""

    text = serializers.CharField(max_length=200_000, trim_whitespace=False)
    only_good = serializers.BooleanField(required=False)


class SegmentInput(Input):
    """A stretch of a ramp up to, not including, `ends_on`; without a price the list price holds.

    What has tiers takes `uplift_percent` instead of a price: all of them so much dearer.
    """

    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    quantity = serializers.DecimalField(**_QUANTITY)
    discount_percent = serializers.DecimalField(max_digits=7, decimal_places=4, required=False)
    agreed_unit_price = serializers.DecimalField(**_PRICE, required=False, allow_null=True)
    uplift_percent = serializers.DecimalField(max_digits=9, decimal_places=4, required=False)


class RampInput(Input):
    """The segments of a line, without gaps or overlaps; a single one is no ramp."""

    segments = SegmentInput(many=True)


class Editing(Resource):
    """What a rep does in the grid."""

    @verb("quotes:write", takes=TextInput, path="text-lines", status=201)
    def add_text(self, quote: Quote, data: dict[str, Any]) -> None:
        """Add a section or a note."""
        actions.add_text(quote.pk, data["kind"], data["description"], by=self.by, at=self.at)

    @verb("quotes:write", takes=OrderInput, path="order")
    def reorder_lines(self, quote: Quote, data: dict[str, Any]) -> None:
        """Move lines, each with what stands under it."""
        actions.reorder_lines(quote.pk, data.pop("line_ids"), by=self.by, at=self.at, **data)

    @verb("quotes:write", takes=ManyChange, path="change-lines")
    def change_lines(self, quote: Quote, data: dict[str, Any]) -> None:
        """Give many lines the same values."""
        ids, changes = data["line_ids"], data["changes"]
        actions.change_lines(quote.pk, ids, changes, by=self.by, at=self.at)

    @verb("quotes:write", takes=LinesInput, path="remove-lines")
    def remove_lines(self, quote: Quote, data: dict[str, Any]) -> None:
        """Take many lines off a draft."""
        actions.remove_lines(quote.pk, data["line_ids"], by=self.by, at=self.at)

    @verb("quotes:write", takes=ChoiceInput, path="recommend")
    def recommend_choice(self, quote: Quote, data: dict[str, Any]) -> None:
        """Propose one choice of a group; only its lines count."""
        actions.recommend_choice(quote.pk, data["group"], data["choice"], by=self.by, at=self.at)

    @verb("quotes:write", takes=RowsInput, path="rows", status=201)
    def paste_lines(self, quote: Quote, data: dict[str, Any]) -> None:
        """Add rows of product, quantity, price or discount, description."""
        only_good = data.get("only_good", False)
        actions.paste_lines(quote.pk, data["text"], only_good=only_good, by=self.by, at=self.at)

    @verb("quotes:write", takes=RampInput, path=r"lines/(?P<line_id>\d+)/ramp")
    def ramp_line(self, quote: Quote, data: dict[str, Any], line_id: int) -> None:
        """Make a recurring line a ramp of segments."""
        if not any(line.pk == line_id for line in quote.lines.all()):
            raise Refused("There is no such line on this quote.", field="line_id")
        segments = [
            Segment(row.pop("starts_on"), row.pop("ends_on"), row.pop("quantity"), **row)
            for row in data["segments"]
        ]
        actions.ramp_line(line_id, segments, by=self.by, at=self.at)

    @verb("quotes:write", takes=LinesInput, path="refresh-prices")
    def refresh_prices(self, quote: Quote, data: dict[str, Any]) -> None:
        """Take list prices anew from the price book; what was agreed stays."""
        actions.refresh_prices(quote.pk, data["line_ids"], by=self.by, at=self.at)

    @verb("quotes:write")
    def price_again(self, quote: Quote) -> None:
        """Price a draft by the price rules of today."""
        actions.price_as_of_today(quote.pk, by=self.by, at=self.at)

    @verb("quotes:write", path=r"lines/(?P<line_id>\d+)/freeze-again")
    def freeze_again(self, quote: Quote, line_id: int) -> None:
        """Take a frozen discount of what its lines come to now."""
        if not any(line.pk == line_id for line in quote.lines.all()):
            raise Refused("There is no such line on this quote.", field="line_id")
        actions.freeze_anew(line_id, by=self.by, at=self.at)

    @verb("quotes:write")
    def freeze_discount(self, quote: Quote) -> None:
        """Keep today's amount of the discount on the whole, whatever becomes of the lines."""
        actions.freeze_discount(quote.pk, by=self.by, at=self.at)

    @verb("quotes:write")
    def undo(self, quote: Quote) -> None:
        """Take back this user's last edit that still stands."""
        actions.undo_edit(quote.pk, by=self.by, at=self.at)

    @verb("quotes:write")
    def redo(self, quote: Quote) -> None:
        """Make the edit again that was undone last."""
        actions.redo_edit(quote.pk, by=self.by, at=self.at)
