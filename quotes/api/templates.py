"""What quotes start from, and the reasons why they end, for programs."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from q2c.api.fields import Input
from q2c.api.filters import one_of, text, truth
from q2c.api.history import WithHistory
from q2c.api.resources import verb
from q2c.identity.roles import Permission
from quotes.actions import ReasonDraft, change_template, save_close_reason
from quotes.models import CloseReason, QuoteTemplate


class QuoteTemplateSummarySerializer(serializers.ModelSerializer):
    created_by_id = serializers.IntegerField()

    class Meta:
        model = QuoteTemplate
        fields = ["id", "name", "description", "is_active", "created_by_id", "created_at"]
        read_only_fields = fields


class QuoteTemplateSerializer(QuoteTemplateSummarySerializer):
    """A template with its terms and lines, which have no prices; places count from 0."""

    content = serializers.DictField()

    class Meta(QuoteTemplateSummarySerializer.Meta):
        fields = [*QuoteTemplateSummarySerializer.Meta.fields, "content"]
        read_only_fields = fields


class TemplateChange(Input):
    """What of a template may be changed; keep another quote under its name to replace the rest."""

    name = serializers.CharField(max_length=100, required=False)
    description = serializers.CharField(max_length=300, required=False, allow_blank=True)
    is_active = serializers.BooleanField(required=False)


class QuoteTemplates(WithHistory):
    """What new quotes may start from; a quote is kept as one by `quotes/{id}/template`."""

    scope = "quotes"
    permission = Permission.EDIT_QUOTES
    document = "quote_template"
    order = ("name", "id")
    number_field = ""
    version_field = "version"
    serializer_class = QuoteTemplateSerializer
    summary_class = QuoteTemplateSummarySerializer
    filters = {"name": text("name"), "is_active": truth("is_active")}

    def rows(self) -> QuerySet[QuoteTemplate]:
        return QuoteTemplate.objects.all()

    @verb("quotes:write", takes=TemplateChange, method="patch")
    def partial_update(self, template: QuoteTemplate, data: dict[str, Any]) -> None:
        """Rename a template or take it out of use."""
        now = {name: getattr(template, name) for name in ("name", "description", "is_active")}
        seen = self.seen_version()
        change_template(template.pk, **now | data, by=self.by, at=self.at, seen=seen)


class CloseReasonSerializer(serializers.ModelSerializer):
    """A reason why quotes are won or lost."""

    class Meta:
        model = CloseReason
        fields = ["id", "kind", "name", "is_active"]
        read_only_fields = fields


class CloseReasonChange(Input):
    name = serializers.CharField(max_length=100, required=False)
    is_active = serializers.BooleanField(required=False)


class CloseReasonInput(Input):
    kind = serializers.ChoiceField([CloseReason.WON, CloseReason.LOST])
    name = serializers.CharField(max_length=100)


class CloseReasons(WithHistory):
    """The reasons to choose from for `quotes/{id}/outcome`."""

    scope = "quotes"
    permission = Permission.VIEW_QUOTES
    document = "close_reason"
    order = ("name", "id")
    number_field = ""
    version_field = "version"
    serializer_class = CloseReasonSerializer
    filters = {
        "kind": one_of("kind", [CloseReason.WON, CloseReason.LOST]),
        "is_active": truth("is_active"),
    }

    def rows(self) -> QuerySet[CloseReason]:
        return CloseReason.objects.all()

    @verb("policies:write", takes=CloseReasonInput, status=201, is_about_one=False)
    def create(self, data: dict[str, Any]) -> int:
        """Add a reason."""
        return save_close_reason(ReasonDraft(**data), by=self.by, at=self.at).pk

    @verb("policies:write", takes=CloseReasonChange, method="patch")
    def partial_update(self, reason: CloseReason, data: dict[str, Any]) -> None:
        """Reword a reason or take it off the list; what was said with it keeps it."""
        now = {name: getattr(reason, name) for name in ("kind", "name", "is_active")}
        seen, draft = self.seen_version(), ReasonDraft(**now | data)
        save_close_reason(draft, by=self.by, at=self.at, reason_id=reason.pk, seen=seen)
