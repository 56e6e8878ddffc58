"""The clause library for programs."""

from typing import Any

from django.conf import settings
from django.db.models import F, Prefetch, QuerySet
from rest_framework import serializers

from contracts import actions
from contracts.models import Clause, ClauseVersion
from contracts.queries.clauses import library, matching_clauses
from q2c.api.fields import Id, Input
from q2c.api.filters import Filter, number, search, text, truth
from q2c.api.resources import Resource, verb
from q2c.identity.roles import Permission, Role

_SETTINGS = ["name", "topic", "alternate_of_id", "is_mandatory", "approver_role", "approver_id"]
_LANGUAGES = [code for code, _ in settings.LANGUAGES]


class ClauseTextSerializer(serializers.Serializer):
    language = serializers.CharField()
    title = serializers.CharField()
    body = serializers.CharField()


class ClauseVersionSerializer(serializers.ModelSerializer):
    """What a clause says from `made_at` on; it never changes."""

    texts = serializers.SerializerMethodField()
    made_by_id = serializers.IntegerField(allow_null=True)

    class Meta:
        model = ClauseVersion
        fields = ["number", "texts", "reason", "made_by_id", "made_at"]
        read_only_fields = fields

    def get_texts(self, version: ClauseVersion) -> ClauseTextSerializer(many=True):  # type: ignore[valid-type]
        return [
            {"language": code, **version.texts[code]}
            for code in _LANGUAGES
            if code in version.texts
        ]


class ClauseSummarySerializer(serializers.ModelSerializer):
    """A clause of the library; `version` is its newest one, which templates follow."""

    alternate_of_id = serializers.IntegerField(allow_null=True)
    approver_id = serializers.IntegerField(allow_null=True)

    class Meta:
        model = Clause
        fields = ["id", *_SETTINGS, "version", "archived_at"]
        read_only_fields = fields


class ClauseDetailSerializer(ClauseSummarySerializer):
    """A clause with all its versions, newest first, and the alternates that may take its place."""

    versions = ClauseVersionSerializer(many=True)
    alternate_ids = serializers.SerializerMethodField()

    class Meta(ClauseSummarySerializer.Meta):
        fields = [*ClauseSummarySerializer.Meta.fields, "alternate_ids", "versions"]
        read_only_fields = fields

    def get_alternate_ids(self, clause: Clause) -> list[int]:
        return [one.pk for one in clause.alternates.all()]


class ClauseTextInput(Input):
    """The words in one language; `{{ customer_name }}` and the like are filled by each contract."""

    language = serializers.ChoiceField(settings.LANGUAGES)
    title = serializers.CharField(max_length=200)
    body = serializers.CharField(max_length=20_000)


class ClauseChange(Input):
    """What shall be changed; what is left out stays. `texts` are all texts of the new version."""

    name = serializers.CharField(max_length=100, required=False)
    topic = serializers.CharField(max_length=60, required=False, allow_blank=True)
    alternate_of_id = Id(required=False, allow_null=True)
    is_mandatory = serializers.BooleanField(required=False)
    approver_role = serializers.ChoiceField(
        [role.value for role in Role], required=False, allow_blank=True
    )
    approver_id = Id(required=False, allow_null=True)
    texts = ClauseTextInput(many=True, required=False)
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)


class ClauseInput(ClauseChange):
    """A clause to add. A mandatory one names its approver: a role, or a person."""

    name = serializers.CharField(max_length=100)
    texts = ClauseTextInput(many=True)


class NewVersionInput(Input):
    """All texts of the new version, and why the words change."""

    texts = ClauseTextInput(many=True)
    reason = serializers.CharField(max_length=500)


class ArchiveInput(Input):
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)


def _archived(rows: QuerySet[Clause], is_archived: bool) -> QuerySet[Clause]:  # noqa: FBT001
    return rows.filter(archived_at__isnull=not is_archived)


class Clauses(Resource):
    """What contract templates are made of."""

    scope = "contracts"
    permission = Permission.EDIT_CONTRACTS
    order = ("name", "id")
    number_field = ""
    version_field = "version"
    serializer_class = ClauseDetailSerializer
    summary_class = ClauseSummarySerializer
    filters = {
        "q": search(matching_clauses),
        "name": text("name"),
        "topic": text("topic"),
        "is_mandatory": truth("is_mandatory"),
        "alternate_of_id": number("alternate_of_id"),
        "archived": Filter("", truth("").read, {"type": "boolean"}, narrow=_archived),
    }

    def rows(self) -> QuerySet[Clause]:
        return library()

    def whole(self, rows: QuerySet[Clause]) -> QuerySet[Clause]:
        versions = ClauseVersion.objects.order_by("-number")
        alternates = Clause.objects.filter(archived_at=None).order_by("pk")
        return rows.prefetch_related(
            Prefetch("versions", versions), Prefetch("alternates", alternates)
        )

    @verb("contracts:write", takes=ClauseInput, status=201, is_about_one=False)
    def create(self, data: dict[str, Any]) -> int:
        """Add a clause to the library."""
        draft = actions.ClauseDraft(**{**data, "texts": _texts(data["texts"])})
        return actions.save_clause(None, draft, by=self.by, at=self.at).pk

    @verb("contracts:write", takes=ClauseChange, method="patch")
    def partial_update(self, clause: Clause, data: dict[str, Any]) -> None:
        """Change a clause; texts that differ become a new version."""
        self._save(clause, data, seen=self.seen_version())

    @verb("contracts:write", takes=NewVersionInput)
    def new_version(self, clause: Clause, data: dict[str, Any]) -> None:
        """Write a new version; templates follow it, contracts that exist keep their words."""
        self._save(clause, data)

    @verb("contracts:write", takes=ArchiveInput)
    def archive(self, clause: Clause, data: dict[str, Any]) -> None:
        """Put a clause away; nothing new takes it, contracts keep it."""
        actions.archive_clause(clause.pk, by=self.by, at=self.at, **data)

    @verb("contracts:write")
    def restore(self, clause: Clause) -> None:
        """Take an archived clause into use again."""
        actions.restore_clause(clause.pk, by=self.by, at=self.at)

    def _save(self, clause: Clause, data: dict[str, Any], *, seen: int | None = None) -> None:
        now = {name: getattr(clause, name) for name in _SETTINGS}
        newest = clause.versions.get(number=F("clause__version")).texts
        texts = _texts(data["texts"]) if "texts" in data else newest
        draft = actions.ClauseDraft(**{**now, **data, "texts": texts})
        actions.save_clause(clause.pk, draft, by=self.by, at=self.at, seen=seen)


def _texts(rows: list[dict[str, str]]) -> dict[str, dict[str, str]]:
    return {row["language"]: {"title": row["title"], "body": row["body"]} for row in rows}
