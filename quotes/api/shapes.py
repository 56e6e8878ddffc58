"""What quotes and their lines look like in JSON. No cost, no margin."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from q2c.api.fields import Amount, Plain
from q2c.kernel.money import round_amount
from quotes.actions import more_with_options
from quotes.api.amendments import AmendmentField
from quotes.api.approval_shapes import QuoteApprovalSerializer
from quotes.api.consent import ConsentField
from quotes.api.customer_shapes import (
    AcceptedTotalsSerializer,
    CounterOfferSerializer,
    QuoteCommentSerializer,
    SelectionSerializer,
)
from quotes.api.guiding import GuidedAnswersSerializer
from quotes.api.proration import InstalmentSerializer, ProrationInput
from quotes.models import Quote, QuoteLine, QuoteOutcome
from quotes.queries import planned_charges
from quotes.rules.schedule import instalments
from quotes.rules.states import QuoteState

_HEADER = [
    "id", "number", "version", "state", "title", "customer_id", "contact_id", "legal_entity_id",
    "owner_id", "price_book_id", "price_book_reason", "channel", "coupon_code",
    "priced_on", "kind", "renews_contract_id",
    "amends_contract_id", "copied_from_id", "merged_into_id", "currency", "term_months", "starts_on", "anchor_on",
    "proration", "valid_until", "payment_terms_days", "discount_percent", "auto_renew", "notes",
    "language", "cover_letter",
    "one_time_total", "monthly_total", "first_invoice_total", "tax_on_first_invoice",
    "contract_total", "list_total", "accepted_totals", "edit_version", "content_hash", "created_at", "sent_at",
    "first_viewed_at", "decided_at", "decline_reason",
]  # fmt: skip


class QuoteSummarySerializer(serializers.ModelSerializer):
    """One version of a quote; totals are in its currency, net of tax where not said.

    They are those proposed. `accepted_totals` are those the customer accepted, with the options
    they chose; null until then.
    """

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
    accepted_totals = serializers.SerializerMethodField()

    class Meta:
        model = Quote
        fields = _HEADER
        read_only_fields = fields

    @extend_schema_field(AcceptedTotalsSerializer(allow_null=True))
    def get_accepted_totals(self, quote: Quote) -> dict[str, str] | None:
        is_accepted = quote.state == QuoteState.ACCEPTED.value
        return AcceptedTotalsSerializer(quote).data if is_accepted else None


class QuoteLineSerializer(serializers.ModelSerializer):
    """A line; `months` or `weeks` is its billing period, both 0 is once.

    Its prices are for a billing period, or for `price_months` (12: a year) if that is not 0.

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
    uplift_percent = Plain()
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
            "months", "weeks", "price_months", "starts_on", "ends_on", "ramp_of_id", "setup_of_id", "in_advance",
            "charge_model", "tiers", "unit", "tax_class", "quantity", "list_unit_price",
            "discount_percent", "is_adjustment", "note", "is_optional", "is_chosen",
            "min_quantity", "max_quantity", "choice_group", "choice", "net_per_period",
            "list_per_period", "contract_total", "waterfall",
            "item_id", "change", "before", "agreed_unit_price", "uplift_percent", "price_reason", "from_line_id",
            "from_quote_id",
        ]  # fmt: skip
        read_only_fields = fields

    def get_from_quote_id(self, line: QuoteLine) -> int | None:
        """Return the quote that the line was merged in from."""
        return line.from_line.quote_id if line.from_line else None

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_waterfall(self, line: QuoteLine) -> list[dict[str, Any]]:
        """Return the steps from list to net and the rules that did not apply; nothing of margins."""
        return [row for row in line.waterfall if is_told(row)]


def is_told(row: dict[str, Any]) -> bool:
    """Tell whether programs read a row of a line's way: a step, why not, a floor; no margin."""
    return row["kind"] in ("step", "hint", "not") or row.get("limit") == "floor"


class QuoteOutcomeSerializer(serializers.ModelSerializer):
    """Why a quote was won or lost; `said_by_id` is null when the customer said it."""

    reason_id = serializers.IntegerField()
    reason = serializers.CharField(source="reason.name")
    said_by_id = serializers.IntegerField(allow_null=True)

    class Meta:
        model = QuoteOutcome
        fields = ["reason_id", "reason", "competitor", "note", "said_by_id", "said_at"]
        read_only_fields = fields


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
    outcome = QuoteOutcomeSerializer(allow_null=True, default=None)
    consent = ConsentField()

    class Meta(QuoteSummarySerializer.Meta):
        fields = [
            *_HEADER, "contract_total_with_all_options", "lines", "schedule", "approvals",
            "comments", "selections", "counter_offers", "guided", "amendment", "consent", "outcome",
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
