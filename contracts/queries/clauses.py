"""What can be asked of the clause library, and of the clauses in templates and contracts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from contracts.models import (
    Clause,
    ClauseVersion,
    Contract,
    ContractClause,
    ContractTemplate,
    TemplateClause,
)
from contracts.rules.clauses import Guard
from contracts.rules.drafting import Wording
from q2c.identity.roles import Role
from q2c.kernel.errors import Refused

LANGUAGES = dict(settings.LANGUAGES)
_IN_ENGLISH = {"en": "English", "de": "German", "fr": "French", "es": "Spanish"}


@dataclass(frozen=True, slots=True)
class TemplateText:
    """A template with the words that it takes from the library now."""

    template: ContractTemplate
    wordings: tuple[Wording, ...]


def language_name(code: str) -> str:
    """Name a language for a sentence of ours."""
    return _IN_ENGLISH.get(code, code)


def library() -> QuerySet[Clause]:
    """Return all clauses, each topic's together."""
    return Clause.objects.select_related("alternate_of", "approver").order_by("topic", "name")


def matching_clauses(clauses: QuerySet[Clause], text: str) -> QuerySet[Clause]:
    """Keep the clauses whose name, topic or present words hold every word."""
    for word in text.split():
        said = newest_versions().filter(clause=OuterRef("pk"), texts__icontains=word)
        clauses = clauses.filter(Q(name__icontains=word) | Q(topic__icontains=word) | Exists(said))
    return clauses


def newest_versions() -> QuerySet[ClauseVersion]:
    """Return of every clause the version that holds now."""
    return ClauseVersion.objects.filter(number=F("clause__version"))


def newest_of(clause_ids: Collection[int]) -> dict[int, ClauseVersion]:
    """Return by clause the version that holds now."""
    return {
        version.clause_id: version for version in newest_versions().filter(clause__in=clause_ids)
    }


def guard_of(clause: Clause) -> Guard:
    """Return who alone may take a clause from a contract, where it is mandatory."""
    return Guard(
        name=clause.name,
        is_mandatory=clause.is_mandatory,
        role=clause.approver_role,
        person_id=clause.approver_id,
        words=approver_words(clause),
    )


def approver_words(clause: Clause) -> str:
    """Say who alone may swap a mandatory clause; nothing for another one."""
    if clause.approver:
        return clause.approver.full_name
    return f"the role {Role(clause.approver_role).label}" if clause.approver_role else ""


def text_in(version: ClauseVersion, language: str) -> Mapping[str, str]:
    """Return a version's title and body in a language; refuses one that it does not have."""
    text: Mapping[str, str] | None = version.texts.get(language)
    if text is None:
        raise Refused(
            f"“{version.clause.name}” has no {language_name(language)} text. "
            "Add one in the library first."
        )
    return text


def text_of(template: ContractTemplate) -> TemplateText:
    """Return a template's words as of now: newest versions, or the ones it pins."""
    rows = list(template.places.select_related("clause", "pinned__clause"))
    newest = newest_of([row.clause_id for row in rows])

    def wording(row: TemplateClause) -> Wording:
        version = row.pinned or newest[row.clause_id]
        text = text_in(version, template.language)
        return Wording(text["title"], text["body"], row.when, version.pk)

    return TemplateText(template, tuple(wording(row) for row in rows))


def templates_with(clause: Clause) -> QuerySet[TemplateClause]:
    """Return the places of a clause in templates, with the version each pins."""
    places = TemplateClause.objects.filter(clause=clause)
    return places.select_related("template", "pinned").order_by("template__name", "position")


def using(contracts: QuerySet[Contract], clause_id: int) -> QuerySet[Contract]:
    """Keep the contracts in whose text a clause stands, in whatever version."""
    standing = ContractClause.objects.filter(contract=OuterRef("pk"), used__clause=clause_id)
    return contracts.filter(Exists(standing))


def deviating(contracts: QuerySet[Contract], *, deviates: bool = True) -> QuerySet[Contract]:
    """Keep the contracts whose text deviates from their templates, or those that keep to them."""
    changed = Exists(changed_clauses().filter(contract=OuterRef("pk")))
    return contracts.filter(changed if deviates else ~changed)


def changed_clauses() -> QuerySet[ContractClause]:
    """Return the places where somebody swapped a clause or left it out."""
    return ContractClause.objects.filter(changed_at__isnull=False)


def clauses_in(contract: Contract) -> Sequence[ContractClause]:
    """Return what stands at a contract's places, in their order."""
    return list(
        contract.clauses.select_related(
            "standard__clause__approver", "used__clause", "changed_by"
        ).order_by("position")
    )


def choices_for(place: ContractClause) -> list[Clause]:
    """Return the clauses that may stand at a place: the standard one first, then its alternates."""
    main = place.standard.clause
    return [main, *main.alternates.filter(archived_at=None).order_by("pk")]
