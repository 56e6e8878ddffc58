"""What contracts are drawn up from, and when legal is asked about them, for programs."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from rest_framework import serializers

from contracts import actions
from contracts.models import ContractPolicy, ContractTemplate, TemplateClause
from contracts.queries.clauses import LANGUAGES, text_of
from contracts.rules.drafting import CONDITIONS, Wording
from q2c.api.fields import Id, Input
from q2c.api.filters import number, one_of, text, truth
from q2c.api.history import WithHistory
from q2c.api.resources import look, verb
from q2c.identity.roles import Permission
from q2c.kernel.codes import currency_names

_POLICY = ("name", "currency", "legal_from_total", "legal_from_months", "is_active")


class TemplateClauseSerializer(serializers.ModelSerializer):
    """A clause's place: printed where the fact `when` holds (always, if empty), in the pinned
    version or, without one, in its newest.
    """

    clause_id = serializers.IntegerField()
    version = serializers.IntegerField(source="pinned.number", allow_null=True, default=None)

    class Meta:
        model = TemplateClause
        fields = ["clause_id", "when", "version"]
        read_only_fields = fields


class ContractTemplateSummarySerializer(serializers.ModelSerializer):
    """A template; the default of a language is what new contracts in it are drawn up from."""

    class Meta:
        model = ContractTemplate
        fields = ["id", "name", "language", "is_default", "version"]
        read_only_fields = fields


class ContractTemplateSerializer(ContractTemplateSummarySerializer):
    """A template with its clauses in their order."""

    clauses = TemplateClauseSerializer(many=True, source="places")

    class Meta(ContractTemplateSummarySerializer.Meta):
        fields = [*ContractTemplateSummarySerializer.Meta.fields, "clauses"]
        read_only_fields = fields


class WordingSerializer(serializers.Serializer[Wording]):
    """A clause as it would be taken now, its blanks open."""

    title = serializers.CharField()
    body = serializers.CharField()
    when = serializers.CharField()


class PlaceInput(Input):
    """A clause in use, no alternate; without a `version` it follows the newest."""

    clause_id = Id()
    when = serializers.ChoiceField([*CONDITIONS], required=False, allow_blank=True)
    version = serializers.IntegerField(
        min_value=1, max_value=100_000, required=False, allow_null=True
    )


class ContractTemplateChange(Input):
    """What shall be changed; what is left out stays. `clauses` are all of them in their order."""

    name = serializers.CharField(max_length=100, required=False)
    language = serializers.ChoiceField([*LANGUAGES], required=False)
    is_default = serializers.BooleanField(required=False)
    clauses = PlaceInput(many=True, required=False)


class ContractTemplateInput(ContractTemplateChange):
    """A template to add; as a default it takes over from the present one of its language."""

    name = serializers.CharField(max_length=100)
    language = serializers.ChoiceField([*LANGUAGES])
    clauses = PlaceInput(many=True)


class ContractTemplates(WithHistory):
    """The clauses that contracts are drawn up from; contracts that exist keep their text."""

    scope = "contracts"
    permission = Permission.EDIT_CONTRACTS
    document = "contract_template"
    order = ("name", "id")
    number_field = ""
    version_field = "version"
    serializer_class = ContractTemplateSerializer
    summary_class = ContractTemplateSummarySerializer
    filters = {
        "name": text("name"),
        "language": one_of("language", LANGUAGES),
        "is_default": truth("is_default"),
        "clause_id": number("places__clause"),
    }

    def rows(self) -> QuerySet[ContractTemplate]:
        return ContractTemplate.objects.distinct()

    def whole(self, rows: QuerySet[ContractTemplate]) -> QuerySet[ContractTemplate]:
        places = TemplateClause.objects.select_related("pinned").order_by("position")
        return rows.prefetch_related(Prefetch("places", places))

    @look(WordingSerializer, many=True)
    def text(self, template: ContractTemplate) -> tuple[Wording, ...]:
        """Read the words that a contract would be drawn up from now."""
        return text_of(template).wordings

    @verb("contracts:write", takes=ContractTemplateInput, status=201, is_about_one=False)
    def create(self, data: dict[str, Any]) -> int:
        """Add a template."""
        draft = actions.TemplateDraft(**{**data, "clauses": _places(data["clauses"])})
        return actions.save_template(None, draft, by=self.by, at=self.at).pk

    @verb("contracts:write", takes=ContractTemplateChange, method="patch")
    def partial_update(self, template: ContractTemplate, data: dict[str, Any]) -> None:
        """Change a template; a mandatory clause in it is changed by its approver alone."""
        now = {name: getattr(template, name) for name in ("name", "language", "is_default")}
        stood = [
            actions.Place(row.clause_id, row.when, row.pinned.number if row.pinned else None)
            for row in template.places.all()
        ]
        places = _places(data["clauses"]) if "clauses" in data else stood
        draft = actions.TemplateDraft(**{**now, **data, "clauses": places})
        seen = self.seen_version()
        actions.save_template(template.pk, draft, by=self.by, at=self.at, seen=seen)


def _places(rows: list[dict[str, Any]]) -> list[actions.Place]:
    return [actions.Place(**row) for row in rows]


class ContractPolicySerializer(serializers.ModelSerializer):
    """Legal approves contracts from a total in `currency`, or from a term in months, or either."""

    class Meta:
        model = ContractPolicy
        fields = ["id", *_POLICY, "version"]
        read_only_fields = fields


class ContractPolicyChange(Input):
    """What shall be changed; what is left out stays, null takes a limit away."""

    name = serializers.CharField(max_length=100, required=False)
    currency = serializers.ChoiceField([*currency_names()], required=False)
    legal_from_total = serializers.DecimalField(
        max_digits=19, decimal_places=4, min_value=0, required=False, allow_null=True
    )
    legal_from_months = serializers.IntegerField(
        min_value=1, max_value=600, required=False, allow_null=True
    )
    is_active = serializers.BooleanField(required=False)


class ContractPolicyInput(ContractPolicyChange):
    """A policy to add; it needs a total, a term, or both."""

    name = serializers.CharField(max_length=100)
    currency = serializers.ChoiceField([*currency_names()])


class ContractPolicies(WithHistory):
    """When legal is asked about a contract besides finance, which is always asked."""

    scope = "contracts"
    permission = Permission.MANAGE_SETTINGS
    document = "contract_policy"
    order = ("name", "id")
    number_field = ""
    version_field = "version"
    serializer_class = ContractPolicySerializer
    filters = {
        "name": text("name"),
        "currency": text("currency"),
        "is_active": truth("is_active"),
    }

    def rows(self) -> QuerySet[ContractPolicy]:
        return ContractPolicy.objects.all()

    @verb("policies:write", takes=ContractPolicyInput, status=201, is_about_one=False)
    def create(self, data: dict[str, Any]) -> int:
        """Add a policy; contracts that were drawn up keep the desks they were put before."""
        draft = actions.ContractPolicyDraft(**data)
        return actions.save_policy(None, draft, by=self.by, at=self.at).pk

    @verb("policies:write", takes=ContractPolicyChange, method="patch")
    def partial_update(self, policy: ContractPolicy, data: dict[str, Any]) -> None:
        """Change a policy, or take it out of force."""
        now = {name: getattr(policy, name) for name in _POLICY}
        seen, draft = self.seen_version(), actions.ContractPolicyDraft(**now | data)
        actions.save_policy(policy.pk, draft, by=self.by, at=self.at, seen=seen)
