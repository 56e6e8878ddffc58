"""What quotes look like in JSON, and what requests may say of them. No cost, no margin."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from q2c.api.fields import Amount, Id, Input, Plain
from q2c.kernel.money import round_amount
from quotes.actions import more_with_options
from quotes.api.amendments import AmendmentField
from quotes.api.guiding import GuidedAnswersSerializer
from quotes.api.proration import InstalmentSerializer, ProrationInput
from quotes.models import (
    ApprovalDecision,
    ApprovalRequest,
    Attachment,
    Comment,
    CounterItem,
    CounterOffer,
    Quote,
    QuoteLine,
    Selection,
)
from quotes.queries import planned_charges
from quotes.rules.countering import Edit
from quotes.rules.schedule import instalments

_HEADER = [
    "id", "number", "version", "state", "title", "customer_id", "contact_id", "legal_entity_id",
    "owner_id", "price_book_id", "price_book_reason", "channel", "coupon_code",
    "priced_on", "kind", "renews_contract_id",
    "amends_contract_id", "copied_from_id", "merged_into_id", "currency", "term_months", "starts_on", "anchor_on",
    "proration", "valid_until", "payment_terms_days", "discount_percent", "auto_renew", "notes",
    "language", "cover_letter",
    "one_time_total", "monthly_total", "first_invoice_total", "tax_on_first_invoice",
    "contract_total", "list_total", "edit_version", "content_hash", "created_at", "sent_at",
    "first_viewed_at", "decided_at", "decline_reason",
]  # fmt: skip


class QuoteSummarySerializer(serializers.ModelSerializer):
    """One version of a quote; totals are in its currency, net of tax where not said."""

    customer_id = serializers.IntegerField()
    contact_id = serializers.IntegerField(allow_null=True)
    legal_entity_id = serializers.IntegerField()
    owner_id = serializers.IntegerField()
    price_book_id = serializers.IntegerField()
    copied_from_id = serializers.IntegerField(allow_null=True)
    merged_into_id = serializers.IntegerField(allow_null=True)
    proration = ProrationInput()
    discount_percent = Plain()
    one_time_total = Amount()
    monthly_total = Amount()
    first_invoice_total = Amount()
    tax_on_first_invoice = Amount()
    contract_total = Amount()
    list_total = Amount()

    class Meta:
        model = Quote
        fields = _HEADER
        read_only_fields = fields


class QuoteLineSerializer(serializers.ModelSerializer):
    """A line; `months` or `weeks` is its billing period, both 0 is once.

    It is charged for the days [starts_on, ends_on), null: the quote's own. Segments of a ramp name
    the first one; a set-up fee names the line it came with.
    """

    parent_id = serializers.IntegerField(allow_null=True)
    ramp_of_id = serializers.IntegerField(allow_null=True)
    setup_of_id = serializers.IntegerField(allow_null=True)
    product_id = serializers.IntegerField(allow_null=True)
    from_line_id = serializers.IntegerField(allow_null=True)
    from_quote_id = serializers.SerializerMethodField()
    quantity = Plain()
    min_quantity = Plain(allow_null=True)
    max_quantity = Plain(allow_null=True)
    list_unit_price = Plain()
    agreed_unit_price = Plain(allow_null=True)
    discount_percent = Plain()
    net_per_period = Amount(currency="quote.currency")
    list_per_period = Amount(currency="quote.currency")
    contract_total = Amount(currency="quote.currency")
    waterfall = serializers.SerializerMethodField()
    tiers = serializers.ListField(child=serializers.DictField())
    before = serializers.DictField()

    class Meta:
        model = QuoteLine
        fields = [
            "id", "parent_id", "position", "product_id", "description", "kind", "charge_kind",
            "months", "weeks", "starts_on", "ends_on", "ramp_of_id", "setup_of_id", "in_advance",
            "charge_model", "tiers", "unit", "tax_class", "quantity", "list_unit_price",
            "discount_percent", "is_adjustment", "note", "is_optional", "is_chosen",
            "min_quantity", "max_quantity", "choice_group", "choice", "net_per_period",
            "list_per_period", "contract_total", "waterfall",
            "item_id", "change", "before", "agreed_unit_price", "price_reason", "from_line_id",
            "from_quote_id",
        ]  # fmt: skip
        read_only_fields = fields

    def get_from_quote_id(self, line: QuoteLine) -> int | None:
        """Return the quote that the line was merged in from."""
        return line.from_line.quote_id if line.from_line else None

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_waterfall(self, line: QuoteLine) -> list[dict[str, Any]]:
        """Return the steps from list to net and the rules that did not apply; nothing of margins."""
        return [row for row in line.waterfall if row["kind"] in ("step", "hint", "not")]


class ApprovalDecisionSerializer(serializers.ModelSerializer):
    """What one person answered; `seat_id` is in whose place, `carried_over` that it was given before."""

    by_id = serializers.IntegerField()
    seat_id = serializers.IntegerField()
    carried_over = serializers.SerializerMethodField()
    standing_grant_id = serializers.IntegerField(source="grant_id", allow_null=True)

    class Meta:
        model = ApprovalDecision
        fields = [
            "by_id",
            "seat_id",
            "is_approval",
            "at",
            "comment",
            "carried_over",
            "standing_grant_id",
        ]
        read_only_fields = fields

    def get_carried_over(self, decision: ApprovalDecision) -> bool:
        return decision.carried_from_id is not None


class QuoteApprovalSerializer(serializers.ModelSerializer):
    """One step asked of a role or a person; people decide it on their pages, keys never do."""

    policy_id = serializers.IntegerField()
    person_id = serializers.IntegerField(allow_null=True)
    decisions = ApprovalDecisionSerializer(many=True)

    class Meta:
        model = ApprovalRequest
        fields = [
            "id",
            "policy_id",
            "stage",
            "role",
            "person_id",
            "needs_all",
            "reason",
            "state",
            "opened_at",
            "escalated_at",
            "decisions",
        ]
        read_only_fields = fields


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


class QuoteSerializer(QuoteSummarySerializer):
    """A quote with its lines, its billing schedule, approvals and comments."""

    lines = QuoteLineSerializer(many=True)
    contract_total_with_all_options = serializers.SerializerMethodField()
    schedule = serializers.SerializerMethodField()
    approvals = QuoteApprovalSerializer(many=True)
    comments = QuoteCommentSerializer(many=True)
    selections = SelectionSerializer(many=True)
    counter_offers = CounterOfferSerializer(many=True)
    guided = GuidedAnswersSerializer(many=True)
    amendment = AmendmentField()

    class Meta(QuoteSummarySerializer.Meta):
        fields = [
            *_HEADER, "contract_total_with_all_options", "lines", "schedule", "approvals",
            "comments", "selections", "counter_offers", "guided", "amendment",
        ]  # fmt: skip
        read_only_fields = fields

    def get_contract_total_with_all_options(self, quote: Quote) -> str:
        """Return the total as proposed, and every optional line with it."""
        more = more_with_options(quote, list(quote.lines.all()))
        return str(round_amount(quote.contract_total if more is None else more, quote.currency))

    @extend_schema_field(InstalmentSerializer(many=True))
    def get_schedule(self, quote: Quote) -> Any:
        planned = planned_charges(quote, quote.lines.all())
        rows = instalments(planned, currency=quote.currency)
        return InstalmentSerializer(rows, many=True).data


class OptionQuantityInput(Input):
    """How many of an option one bundle takes.

    `within` are the bundles that hold it, from the outermost: none for an option of the bundle
    itself.
    """

    product_id = Id()
    quantity = serializers.DecimalField(max_digits=18, decimal_places=6, min_value=0)
    within = serializers.ListField(child=Id(), required=False, max_length=10)


class BundleChange(Input):
    """The options of a bundle chosen anew; those left out take their defaults."""

    quantity = serializers.DecimalField(max_digits=18, decimal_places=6, required=False)
    options = OptionQuantityInput(many=True, required=False)


class LineInput(Input):
    """A product to add; `months` or `weeks` choose among its billing periods, else the shortest."""

    product_id = Id()
    quantity = serializers.DecimalField(max_digits=18, decimal_places=6, required=False)
    discount_percent = serializers.DecimalField(max_digits=7, decimal_places=4, required=False)
    months = serializers.IntegerField(min_value=0, max_value=120, required=False)
    weeks = serializers.IntegerField(min_value=0, max_value=520, required=False)
    options = OptionQuantityInput(many=True, required=False)


class AdjustmentInput(Input):
    """A signed amount a billing period, billed and taxed like the line `like`."""

    description = serializers.CharField(max_length=300)
    amount = serializers.DecimalField(max_digits=19, decimal_places=4)
    like = Id()


class QuoteChange(Input):
    """The terms of a draft that may be changed; those left out stay."""

    title = serializers.CharField(max_length=200, required=False, allow_blank=True)
    term_months = serializers.IntegerField(required=False)
    starts_on = serializers.DateField(required=False)
    valid_until = serializers.DateField(required=False)
    payment_terms_days = serializers.IntegerField(required=False)
    discount_percent = serializers.DecimalField(max_digits=7, decimal_places=4, required=False)
    auto_renew = serializers.BooleanField(required=False)
    notes = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    contact_id = Id(required=False)
    channel = serializers.CharField(max_length=40, required=False, allow_blank=True)
    language = serializers.ChoiceField(settings.LANGUAGES, required=False)
    cover_letter = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    proration = ProrationInput(required=False)
    coupon_code = serializers.CharField(max_length=40, required=False, allow_blank=True)


class QuoteInput(QuoteChange):
    """A new quote; what is left out comes from the customer."""

    customer_id = Id()
    price_book_id = Id(required=False)
    template_id = Id(required=False)
    lines = LineInput(many=True, required=False)


class CloneInput(Input):
    """Whom the copy is for; the same customer, if left out."""

    customer_id = Id(required=False)


class OutcomeInput(Input):
    """Why a quote was won or lost: a reason of the list, and what else there is to say."""

    reason_id = Id()
    competitor = serializers.CharField(max_length=100, required=False, allow_blank=True)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class TemplateInput(Input):
    """Under which name a quote's terms and lines are kept; one of the same name is replaced."""

    name = serializers.CharField(max_length=100)
    description = serializers.CharField(max_length=300, required=False, allow_blank=True)


class SendInput(Input):
    contact_id = Id(required=False)
    message = serializers.CharField(max_length=5000, required=False, allow_blank=True)


class ReasonInput(Input):
    reason = serializers.CharField(max_length=2000)


class CommentInput(Input):
    """An answer, about a line or the whole; the customer is told by e-mail."""

    body = serializers.CharField(max_length=5000)
    line_id = Id(required=False)


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
