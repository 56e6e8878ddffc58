"""What quotes look like in JSON, and what requests may say of them. No cost, no margin."""

from rest_framework import serializers

from q2c.api.fields import Amount, Id, Input, Plain
from quotes.models import ApprovalDecision, ApprovalRequest, Comment, Quote, QuoteLine

_HEADER = [
    "id", "number", "version", "state", "title", "customer_id", "contact_id", "legal_entity_id",
    "owner_id", "price_book_id", "price_book_reason", "channel", "renews_contract_id", "currency", "term_months", "starts_on",
    "valid_until", "payment_terms_days", "discount_percent", "auto_renew", "notes",
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
    """A line; `months` is its billing period, 0 is once."""

    parent_id = serializers.IntegerField(allow_null=True)
    product_id = serializers.IntegerField()
    quantity = Plain()
    list_unit_price = Plain()
    discount_percent = Plain()
    net_per_period = Amount(currency="quote.currency")
    list_per_period = Amount(currency="quote.currency")
    contract_total = Amount(currency="quote.currency")
    tiers = serializers.ListField(child=serializers.DictField())

    class Meta:
        model = QuoteLine
        fields = [
            "id", "parent_id", "position", "product_id", "description", "kind", "charge_kind",
            "months", "in_advance", "charge_model", "tiers", "unit", "tax_class", "quantity",
            "list_unit_price", "discount_percent", "is_adjustment", "net_per_period",
            "list_per_period", "contract_total",
        ]  # fmt: skip
        read_only_fields = fields


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


class QuoteCommentSerializer(serializers.ModelSerializer):
    class Meta:
        model = Comment
        fields = ["id", "author_label", "is_from_customer", "body", "at"]
        read_only_fields = fields


class QuoteSerializer(QuoteSummarySerializer):
    """A quote with its lines, approvals and comments."""

    lines = QuoteLineSerializer(many=True)
    approvals = QuoteApprovalSerializer(many=True)
    comments = QuoteCommentSerializer(many=True)

    class Meta(QuoteSummarySerializer.Meta):
        fields = [*_HEADER, "lines", "approvals", "comments"]
        read_only_fields = fields


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
    """A product to add. `months` chooses among its billing periods; the shortest, if left out."""

    product_id = Id()
    quantity = serializers.DecimalField(max_digits=18, decimal_places=6, required=False)
    discount_percent = serializers.DecimalField(max_digits=7, decimal_places=4, required=False)
    months = serializers.IntegerField(min_value=0, max_value=120, required=False)
    options = OptionQuantityInput(many=True, required=False)


class LineChange(Input):
    quantity = serializers.DecimalField(max_digits=18, decimal_places=6, required=False)
    discount_percent = serializers.DecimalField(max_digits=7, decimal_places=4, required=False)
    description = serializers.CharField(max_length=300, required=False)


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
    body = serializers.CharField(max_length=5000)


class AcceptInput(Input):
    """A customer's acceptance.

    `content_hash` is that of the quote they were shown, `consent` the sentence they agreed to,
    word for word; `signature` a PNG as a data: address when they drew it, else their typed name.
    """

    name = serializers.CharField(max_length=200)
    content_hash = serializers.CharField(max_length=64)
    consent = serializers.CharField(max_length=2000)
    signature_kind = serializers.ChoiceField(["typed", "drawn"], required=False)
    signature = serializers.CharField(max_length=400_000, required=False)
    contact_id = Id(required=False)
