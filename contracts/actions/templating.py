"""What contracts are drawn up from: the clauses of a template, in order."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from contracts.actions.setup import check_name
from contracts.events import ContractTemplateEdited
from contracts.models import Clause, ClauseVersion, Contract, ContractTemplate, TemplateClause
from contracts.queries.clauses import LANGUAGES, guard_of, language_name, newest_of
from contracts.rules.drafting import check_condition
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.locks import check_version, locked, locked_many
from q2c.kernel.errors import Refused


@dataclass(frozen=True, slots=True)
class Place:
    """A clause in a template: the fact that must hold for it, and the version it stays at (if any)."""

    clause_id: int
    when: str = ""
    version: int | None = None


@dataclass(frozen=True, kw_only=True)
class TemplateDraft:
    """A template and its clauses in their order."""

    name: str
    language: str
    clauses: Sequence[Place]
    is_default: bool = False


@transaction.atomic
def save_template(
    template_id: int | None,
    draft: TemplateDraft,
    *,
    by: User,
    at: datetime,
    seen: int | None = None,
) -> ContractTemplate:
    """Add a template or change it; contracts that were drawn up keep their text.

    `seen` is the version that was read; refuses to overwrite a later one. What it says of a mandatory clause, and of those of the default that it takes over from, is
    changed by that clause's approver alone.
    """
    require(by, Permission.EDIT_CONTRACTS)
    template = locked(ContractTemplate, template_id) if template_id else ContractTemplate()
    check_version(template.version, seen)
    check_name(ContractTemplate, draft.name, template.pk)
    _check_language(template, draft)
    rows = _rows(draft)
    others = ContractTemplate.objects.filter(language=draft.language, is_default=True)
    followed = others.exclude(pk=template.pk) if draft.is_default else others.none()
    _check_mandatory([template.pk, *followed.values_list("pk", flat=True)], rows, by=by)
    followed.update(is_default=False)
    before = {"version": template.version if template.pk else "", "clauses": _listed(template)}
    template.version += 1 if template.pk else 0
    template.name, template.language = draft.name.strip(), draft.language
    template.is_default = draft.is_default
    template.save()
    template.places.all().delete()
    for row in rows:
        row.template = template
    TemplateClause.objects.bulk_create(rows)
    after = {"version": template.version, "clauses": _listed(template)}
    publish(
        ContractTemplateEdited(at=at, contract_template_id=template.pk),
        by=by,
        changes={k: [before[k], after[k]] for k in after if before[k] != after[k]},
    )
    return template


def _check_language(template: ContractTemplate, draft: TemplateDraft) -> None:
    if draft.language not in LANGUAGES:
        raise Refused("There is no such language.", field="language")
    if template.is_default and not draft.is_default:
        raise Refused(
            "A language needs its default. Make another template the default instead.",
            field="is_default",
        )
    if not template.pk or template.language == draft.language:
        return
    if template.is_default:
        raise Refused("The default of a language stays in that language.", field="language")
    if Contract.objects.filter(template=template).exists():
        raise Refused("Contracts were drawn up from it in its language.", field="language")


def _rows(draft: TemplateDraft) -> list[TemplateClause]:
    """Return the places to write; refuses what could not be drawn up."""
    if not draft.clauses:
        raise Refused("A template needs at least one clause.", field="clauses")
    # Locked, so that none is archived or loses the language meanwhile.
    clauses = {one.pk: one for one in locked_many(Clause, {p.clause_id for p in draft.clauses})}
    newest = newest_of(clauses)
    rows = []
    for number, place in enumerate(draft.clauses, start=1):
        check_condition(place.when, number=number)
        clause = clauses.get(place.clause_id)
        if clause is None or clause.archived_at or clause.alternate_of_id:
            raise Refused(f"Clause {number} is not one that is in use.", field="clauses")
        pinned = _pinned(clause, place, number=number)
        if draft.language not in (pinned or newest[clause.pk]).texts:
            language = language_name(draft.language)
            raise Refused(
                f"Clause {number}, “{clause}”, has no {language} text. Add one in the library first.",
                field="clauses",
            )
        rows.append(TemplateClause(position=number, clause=clause, when=place.when, pinned=pinned))
    return rows


def _pinned(clause: Clause, place: Place, *, number: int) -> ClauseVersion | None:
    if place.version is None:
        return None
    found = clause.versions.filter(number=place.version).first()
    if found is None:
        raise Refused(
            f"Clause {number}, “{clause}”, has no version {place.version}. "
            f"Its newest is {clause.version}.",
            field="clauses",
        )
    return found


def _check_mandatory(
    template_ids: Collection[int | None], rows: Sequence[TemplateClause], *, by: User
) -> None:
    said = {(row.clause_id, row.when, row.pinned_id) for row in rows}
    stood = TemplateClause.objects.filter(template__in=[pk for pk in template_ids if pk])
    for place in stood.filter(clause__is_mandatory=True).select_related("clause__approver"):
        if (place.clause_id, place.when, place.pinned_id) not in said:
            what = "take it out of a template, pin it or say when it is printed"
            guard_of(place.clause).check(what, user_id=by.pk, role=by.role)


def _listed(template: ContractTemplate) -> str:
    """Name a template's clauses in their order, each with the version it is pinned to."""
    if not template.pk:
        return ""
    rows = template.places.select_related("clause", "pinned")
    return ", ".join(
        f"{row.clause.name} v{row.pinned.number}" if row.pinned else row.clause.name for row in rows
    )
