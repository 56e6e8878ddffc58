"""What waits for an approver, and their word on it, for programs that act as them."""

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from q2c.api.fields import Amount, Id, Input, Plain
from q2c.api.filters import number
from q2c.api.resources import Resource, verb
from q2c.identity.roles import Permission
from quotes import actions
from quotes.api.approval_shapes import QuoteApprovalSerializer
from quotes.models import ApprovalComment, ApprovalRequest
from quotes.queries import case_for, grantable, inbox_of, visible_to
from quotes.rules.approval import Envelope

_PERCENT: dict[str, Any] = {"max_digits": 7, "decimal_places": 4}
_QUANTITY: dict[str, Any] = {"max_digits": 18, "decimal_places": 6, "min_value": Decimal(0)}


class ApprovalSerializer(QuoteApprovalSerializer):
    """One step asked about a quote: of whom, why, and what the quote is."""

    quote_id = serializers.IntegerField()
    number = serializers.CharField(source="quote.number")
    version = serializers.IntegerField(source="quote.version")
    customer_id = serializers.IntegerField(source="quote.customer_id")
    owner_id = serializers.IntegerField(source="quote.owner_id")
    currency = serializers.CharField(source="quote.currency")
    contract_total = Amount(source="quote.contract_total", currency="quote.currency")
    requested_by_id = serializers.IntegerField(source="round.requested_by_id")
    requested_at = serializers.DateTimeField(source="round.requested_at")

    class Meta(QuoteApprovalSerializer.Meta):
        fields = [
            *QuoteApprovalSerializer.Meta.fields, "quote_id", "number", "version", "customer_id",
            "owner_id", "currency", "contract_total", "requested_by_id", "requested_at",
        ]  # fmt: skip
        read_only_fields = fields


class ApprovalCommentSerializer(serializers.ModelSerializer):
    """A word that decides nothing; customers never read it."""

    author_id = serializers.IntegerField()

    class Meta:
        model = ApprovalComment
        fields = ["id", "author_id", "body", "at"]
        read_only_fields = fields


class ChangeSerializer(serializers.Serializer[Any]):
    """One difference: `where` is a line's description or empty for the terms."""

    where = serializers.CharField()
    what = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()


class MeasuredSerializer(serializers.Serializer[Any]):
    """A value that a policy measured, and that a standing grant may bound."""

    measure = serializers.CharField()
    value = serializers.CharField()


class ComparableSerializer(serializers.Serializer[Any]):
    """A closed deal with one of the same products, and what it gave away in per cent."""

    quote_id = serializers.IntegerField(source="quote.pk")
    number = serializers.CharField(source="quote.number")
    state = serializers.CharField(source="quote.state")
    currency = serializers.CharField(source="quote.currency")
    contract_total = Amount(source="quote.contract_total", currency="quote.currency")
    discount_percent = Plain(source="discount", allow_null=True)


class ApprovalCaseSerializer(serializers.Serializer[Any]):
    """What the key's person decides upon; `changes` are those since their own last decision.

    `cash` falls due in the first twelve months; `cash_given_away` is what of it the discounts take.
    `margin_percent` is null for who may not see it, and where a cost is not known.
    """

    decided_at = serializers.DateTimeField(source="since.at", default=None, allow_null=True)
    decided_yes = serializers.BooleanField(
        source="since.is_approval", default=None, allow_null=True
    )
    changes = ChangeSerializer(many=True)
    discount_percent = Plain(source="discount", allow_null=True)
    margin_percent = serializers.SerializerMethodField()
    cash = Amount(source="cash.amount", currency="cash.currency")
    cash_given_away = Amount(source="cash_given_away.amount", currency="cash.currency")
    comparables = ComparableSerializer(many=True)

    def get_margin_percent(self, case: Any) -> str | None:
        shown = case.sees_margin and case.margin is not None
        return str(case.margin) if shown else None


class ApprovalDetailSerializer(ApprovalSerializer):
    """A step with what was said about it and, for approvers, what they need to decide."""

    comments = ApprovalCommentSerializer(many=True)
    grantable = serializers.SerializerMethodField()
    case = serializers.SerializerMethodField()

    class Meta(ApprovalSerializer.Meta):
        fields = [*ApprovalSerializer.Meta.fields, "comments", "grantable", "case"]
        read_only_fields = fields

    @extend_schema_field(MeasuredSerializer(many=True))
    def get_grantable(self, request: ApprovalRequest) -> Any:
        return MeasuredSerializer(grantable(request, to=self.context["view"].by), many=True).data

    @extend_schema_field(ApprovalCaseSerializer(allow_null=True))
    def get_case(self, request: ApprovalRequest) -> Any:
        by = self.context["view"].by
        if not by.may(Permission.APPROVE_QUOTES):
            return None
        return ApprovalCaseSerializer(case_for(by, request.quote)).data


class QuantityBoundInput(Input):
    """How many of an optional product the customer may take."""

    product_id = Id()
    least = serializers.DecimalField(**_QUANTITY, default=Decimal(0))
    most = serializers.DecimalField(**_QUANTITY)


class EnvelopeInput(Input):
    """Bounds within which the customer configures options unasked; those left out stay open."""

    margin_at_least = serializers.DecimalField(**_PERCENT, required=False)
    discount_at_most = serializers.DecimalField(**_PERCENT, required=False)
    term_from = serializers.IntegerField(min_value=1, max_value=120, required=False)
    term_to = serializers.IntegerField(min_value=1, max_value=120, required=False)
    quantities = QuantityBoundInput(many=True, required=False)


class ApproveQuoteInput(Input):
    comment = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    envelope = EnvelopeInput(required=False)


class RefuseQuoteInput(Input):
    comment = serializers.CharField(max_length=2000)


class ApprovalCommentInput(Input):
    body = serializers.CharField(max_length=2000)


class GrantInput(Input):
    """What is approved beforehand: up to `bounds` (measures and values), to and with `last_day`.

    It holds for quotes of this `customer`, of this `owner`, or for `all`. Measures left out stay at
    what was measured.
    """

    last_day = serializers.DateField()
    scope = serializers.ChoiceField(["customer", "owner", "all"], default="customer")
    bounds = serializers.DictField(
        child=serializers.DecimalField(max_digits=19, decimal_places=4), required=False
    )


class Approvals(Resource):
    """What waits for the key's person, longest first; found by its id, also what was decided."""

    scope = "quotes"
    permission = Permission.VIEW_QUOTES
    order = ("opened_at", "id")
    number_field = ""
    serializer_class = ApprovalDetailSerializer
    summary_class = ApprovalSerializer
    filters = {"quote_id": number("quote_id"), "policy_id": number("policy_id")}

    def rows(self) -> QuerySet[ApprovalRequest]:
        if self.action == "list":
            found = inbox_of(self.by, at=self.at)
        else:
            found = ApprovalRequest.objects.filter(quote__in=visible_to(self.by))
        return found.select_related("quote__customer", "round").prefetch_related("decisions")

    def whole(self, rows: QuerySet[ApprovalRequest]) -> QuerySet[ApprovalRequest]:
        return rows.select_related("quote__legal_entity").prefetch_related("comments")

    @verb("quotes:approve", takes=ApproveQuoteInput)
    def approve(self, request: ApprovalRequest, data: dict[str, Any]) -> None:
        """Approve a step, with bounds for the customer's options if wanted."""
        envelope = _envelope(data["envelope"]) if "envelope" in data else None
        said = data.get("comment", "")
        actions.approve_quote(request.pk, by=self.by, at=self.at, comment=said, envelope=envelope)

    @verb("quotes:approve", takes=RefuseQuoteInput)
    def refuse(self, request: ApprovalRequest, data: dict[str, Any]) -> None:
        """Send the quote back to its owner with the reason."""
        actions.refuse_quote(request.pk, by=self.by, at=self.at, comment=data["comment"])

    @verb("quotes:write", takes=ApprovalCommentInput, path="comments", status=201)
    def comment(self, request: ApprovalRequest, data: dict[str, Any]) -> None:
        """Say something about a step without deciding it."""
        actions.comment_on_approval(request.pk, data["body"], by=self.by, at=self.at)

    @verb("quotes:approve", takes=GrantInput, path="standing-grants", status=201)
    def give_standing_grant(self, request: ApprovalRequest, data: dict[str, Any]) -> None:
        """Approve the like beforehand, up to bounds and until a day; see `standing-grants`."""
        draft = actions.GrantDraft(**data)
        actions.give_standing_grant(request.pk, draft, by=self.by, at=self.at)


def _envelope(data: dict[str, Any]) -> Envelope:
    quantities = {
        row["product_id"]: (row["least"], row["most"]) for row in data.pop("quantities", ())
    }
    return Envelope(**data, quantities=quantities)
