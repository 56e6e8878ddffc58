"""What customers do with an offer, in JSON: read, ask, choose, ask for other terms, sign."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from q2c.api.fields import Amount, FileContent, Id, Input
from q2c.kernel.money import round_amount
from quotes.models import Attachment, Comment, CounterItem, CounterOffer, Quote, Selection
from quotes.queries.selections import TOTALS
from quotes.rules.countering import Edit


class AttachmentSerializer(serializers.ModelSerializer):
    sha256 = serializers.CharField(source="blob_id")

    class Meta:
        model = Attachment
        fields = ["id", "name", "sha256"]
        read_only_fields = fields


class QuoteCommentSerializer(serializers.ModelSerializer):
    """A question or answer, about a line or the whole."""

    line_id = serializers.IntegerField(allow_null=True)
    attachments = AttachmentSerializer(many=True)

    class Meta:
        model = Comment
        fields = [
            "id", "line_id", "author_label", "is_from_customer", "wants_change", "body", "at",
            "attachments",
        ]  # fmt: skip
        read_only_fields = fields


class CounterItemSerializer(serializers.ModelSerializer):
    """An edit the customer asks for; `effect` is what it alone does to the total."""

    line_id = serializers.IntegerField(allow_null=True)
    effect = Amount(currency="counter_offer.quote.currency")

    class Meta:
        model = CounterItem
        fields = [
            "id", "position", "edit", "line_id", "before", "after", "reason", "effect", "state",
            "answer",
        ]  # fmt: skip
        read_only_fields = fields


class CounterOfferSerializer(serializers.ModelSerializer):
    """What the customer would sign instead; `effect` is of all edits together."""

    items = CounterItemSerializer(many=True)
    effect = Amount(currency="quote.currency")
    new_version_id = serializers.IntegerField(allow_null=True)

    class Meta:
        model = CounterOffer
        fields = [
            "id", "author_label", "message", "state", "effect", "made_at", "answer",
            "answered_at", "new_version_id", "items",
        ]  # fmt: skip
        read_only_fields = fields


class AcceptedTotalsSerializer(serializers.Serializer[Any]):
    """What the customer accepted, with their choice of options: the totals of a quote by name."""

    one_time_total = Amount()
    monthly_total = Amount()
    first_invoice_total = Amount()
    tax_on_first_invoice = Amount()
    contract_total = Amount()
    list_total = Amount()

    def to_representation(self, quote: Quote) -> dict[str, str]:
        acceptance = getattr(quote, "acceptance", None)
        chosen = acceptance.selection.totals if acceptance and acceptance.selection else {}
        totals = {name: Decimal(chosen.get(name) or getattr(quote, name)) for name in TOTALS}
        return {name: str(round_amount(total, quote.currency)) for name, total in totals.items()}


class SelectionSerializer(serializers.ModelSerializer):
    """What a customer chose, ready to be signed: accept with this `content_hash`."""

    document_sha256 = serializers.CharField(source="document_id")
    contract_total = serializers.SerializerMethodField()

    class Meta:
        model = Selection
        fields = ["id", "content_hash", "document_sha256", "contract_total", "made_at"]
        read_only_fields = fields

    def get_contract_total(self, selection: Selection) -> str:
        amount = Decimal(selection.totals["contract_total"])
        return str(round_amount(amount, selection.quote.currency))


class ReaderSerializer(serializers.Serializer[Any]):
    """A person with a private link, and what they read; `parts` maps a part to seconds."""

    name = serializers.CharField()
    email = serializers.CharField()
    may_sign = serializers.BooleanField()
    is_forwarded = serializers.BooleanField()
    is_living = serializers.BooleanField()
    forwarded_by = serializers.CharField()
    visits = serializers.IntegerField()
    seconds = serializers.IntegerField()
    first_at = serializers.DateTimeField(allow_null=True)
    last_at = serializers.DateTimeField(allow_null=True)
    parts = serializers.DictField(child=serializers.IntegerField())


class ReasonInput(Input):
    reason = serializers.CharField(max_length=2000)


class FileInput(Input):
    """A PDF, picture, office document or plain text of at most 10 MB."""

    name = serializers.CharField(max_length=150)
    content = FileContent()


class CommentInput(Input):
    """An answer, about a line or the whole; the customer is told by e-mail."""

    body = serializers.CharField(max_length=5000)
    line_id = Id(required=False)
    files = FileInput(many=True, required=False)


class AskInput(CommentInput):
    """What the contact of the quote asks, or wants changed; the owner is told."""

    wants_change = serializers.BooleanField(required=False)


class ForwardInput(Input):
    """A colleague who gets a link of their own; `may_sign`: who may accept in the company's name.

    With `hands_over` they sign instead of whoever might until now, who reads on.
    """

    name = serializers.CharField(max_length=200)
    email = serializers.CharField(max_length=254)
    may_sign = serializers.BooleanField(default=False)
    hands_over = serializers.BooleanField(default=False)


class RevokeInput(Input):
    """Of whose links to the offer it is asked."""

    email = serializers.CharField(max_length=254)


class PicksInput(Input):
    """What the customer picks: optional lines that are on, quantities by line, choices by group."""

    on = serializers.ListField(child=Id(), required=False)
    quantities = serializers.DictField(
        child=serializers.DecimalField(max_digits=18, decimal_places=6), required=False
    )
    choices = serializers.DictField(child=serializers.CharField(max_length=60), required=False)


class EditInput(Input):
    """An edit: `value` as a decimal, whole number or date; of a line where `line_id` says which."""

    edit = serializers.ChoiceField([edit.value for edit in Edit])
    value = serializers.CharField(max_length=40, required=False, allow_blank=True)
    reason = serializers.CharField(max_length=500)
    line_id = Id(required=False)


class CounterInput(Input):
    """A counter-offer in the customer's name."""

    edits = EditInput(many=True)
    message = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    name = serializers.CharField(max_length=200, required=False)


class ItemAnswerInput(Input):
    item_id = Id()
    is_taken = serializers.BooleanField()
    words = serializers.CharField(max_length=500, required=False, allow_blank=True)


class CounterAnswerInput(Input):
    """An answer to every edit; those taken make the next version, `submit` asks for its approval."""

    items = ItemAnswerInput(many=True)
    words = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    submit = serializers.BooleanField(required=False)


class AcceptInput(Input):
    """A customer's acceptance.

    `content_hash` is that of the quote they were shown, or of the selection they made of it; `consent` the sentence they agreed to,
    word for word; `signature` a PNG as a data: address when they drew it, else their typed name.
    """

    name = serializers.CharField(max_length=200)
    content_hash = serializers.CharField(max_length=64)
    consent = serializers.CharField(max_length=2000)
    signature_kind = serializers.ChoiceField(["typed", "drawn"], required=False)
    signature = serializers.CharField(max_length=400_000, required=False)
    contact_id = Id(required=False)
