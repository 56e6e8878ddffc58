"""The clause library: what clauses say, who guards them, and what is put away."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from contracts.actions.setup import check_name
from contracts.events import ClauseArchived, ClauseEdited, ClauseRestored, ClauseWritten
from contracts.models import Clause, ClauseVersion
from contracts.queries.clauses import (
    LANGUAGES,
    approver_words,
    guard_of,
    language_name,
    templates_with,
)
from contracts.rules.clauses import Texts, checked_texts
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission, Role
from q2c.infra.bus import publish
from q2c.infra.locks import check_version, locked
from q2c.kernel.errors import Refused

FIRST = "First version"


@dataclass(frozen=True, kw_only=True)
class ClauseDraft:
    """A clause as it shall be; `reason` says why its words are new.

    A mandatory clause names its approver: a role, or a person. `alternate_of_id` makes it a
    fallback wording of another clause.
    """

    name: str
    texts: Texts
    topic: str = ""
    alternate_of_id: int | None = None
    is_mandatory: bool = False
    approver_role: str = ""
    approver_id: int | None = None
    reason: str = ""


@transaction.atomic
def save_clause(
    clause_id: int | None, draft: ClauseDraft, *, by: User, at: datetime, seen: int | None = None
) -> Clause:
    """Add a clause or change it; words that differ become a new version, which templates follow.

    Contracts that were drawn up keep the words they have. A mandatory clause is changed by its
    approver alone; an administrator may name another approver. `seen` is the version that was read.
    """
    require(by, Permission.EDIT_CONTRACTS)
    clause = locked(Clause, clause_id) if clause_id else Clause()
    if clause.archived_at:
        raise Refused(f"“{clause}” is archived. Restore it to change it.")
    check_version(clause.version, seen)
    texts = checked_texts(draft.texts, languages=LANGUAGES)
    before = _described(clause)
    latest = clause.versions.get(number=clause.version) if clause.pk else None
    is_new_text = latest is None or latest.texts != texts
    if clause.pk and is_new_text:
        guard_of(clause).check("change its words", user_id=by.pk, role=by.role)
    if clause.pk:
        _check_languages_kept(clause, texts)
    _take(clause, draft, by=by)
    if latest and is_new_text:
        clause.version += 1
    changes = {k: [v, now] for k, v in before.items() if v != (now := _described(clause)[k])}
    clause.save()
    if is_new_text:
        _write(clause, texts, draft.reason, changes=changes, by=by, at=at)
    elif changes:
        publish(
            ClauseEdited(at=at, clause_id=clause.pk), by=by, changes=changes, reason=draft.reason
        )
    return clause


@transaction.atomic
def archive_clause(clause_id: int, *, by: User, at: datetime, reason: str = "") -> Clause:
    """Put a clause away: nothing new takes it, contracts keep it. One that a template takes stays."""
    clause = _to_put_away(clause_id, by)
    if clause.archived_at:
        raise Refused(f"“{clause}” is archived already.")
    names = sorted({place.template.name for place in templates_with(clause)})
    if names:
        raise Refused(f"Take it out of {', '.join(f'“{name}”' for name in names)} first.")
    clause.archived_at = at
    clause.save(update_fields=["archived_at"])
    publish(ClauseArchived(at=at, clause_id=clause.pk), by=by, reason=reason)
    return clause


@transaction.atomic
def restore_clause(clause_id: int, *, by: User, at: datetime) -> Clause:
    """Take an archived clause into use again."""
    clause = _to_put_away(clause_id, by)
    if clause.archived_at is None:
        raise Refused(f"“{clause}” is not archived.")
    clause.archived_at = None
    clause.save(update_fields=["archived_at"])
    publish(ClauseRestored(at=at, clause_id=clause.pk), by=by)
    return clause


def _to_put_away(clause_id: int, by: User) -> Clause:
    require(by, Permission.EDIT_CONTRACTS)
    clause = locked(Clause, clause_id)
    guard_of(clause).check("archive or restore it", user_id=by.pk, role=by.role)
    return clause


def _take(clause: Clause, draft: ClauseDraft, *, by: User) -> None:
    """Set what a clause is besides its words; refuses what does not go together."""
    check_name(Clause, draft.name, clause.pk)
    _check_topic(draft.topic)
    _check_alternate(clause, draft)
    given = (draft.is_mandatory, draft.approver_role, draft.approver_id)
    _check_approver(draft)
    is_new_guard = given != (clause.is_mandatory, clause.approver_role, clause.approver_id)
    # An administrator may, so that another is named when the approver has left.
    if clause.pk and is_new_guard and not by.may(Permission.MANAGE_SETTINGS):
        guard_of(clause).check("say who may swap it", user_id=by.pk, role=by.role)
    clause.name, clause.topic = draft.name.strip(), draft.topic.strip()
    clause.alternate_of_id = draft.alternate_of_id
    clause.is_mandatory, clause.approver_role, clause.approver_id = given


def _check_topic(topic: str) -> None:
    if len(topic.strip()) > 60:
        raise Refused("A topic has up to 60 characters.", field="topic")


def _check_approver(draft: ClauseDraft) -> None:
    if draft.approver_role and draft.approver_role not in set(Role):
        raise Refused("There is no such role.", field="approver")
    person = User.objects.filter(pk=draft.approver_id or 0).first()
    if draft.approver_id and (person is None or not person.is_active):
        raise Refused("There is no such person any more.", field="approver")
    named = bool(draft.approver_role) + bool(draft.approver_id)
    if draft.is_mandatory and named != 1:
        raise Refused("Say which role or person may swap a mandatory clause.", field="approver")
    if named and not draft.is_mandatory:
        raise Refused("Only a mandatory clause has an approver.", field="approver")


def _check_alternate(clause: Clause, draft: ClauseDraft) -> None:
    if draft.alternate_of_id is None:
        return
    field = "alternate_of"
    main = Clause.objects.filter(pk=draft.alternate_of_id).first()
    if main is None or main.archived_at or main.pk == clause.pk:
        raise Refused("Choose a clause that is in use.", field=field)
    if main.alternate_of_id:
        raise Refused(
            f"“{main}” is itself an alternate. Choose the clause it stands in for.", field=field
        )
    if draft.is_mandatory:
        raise Refused(
            "An alternate is guarded by the clause it stands in for.", field="is_mandatory"
        )
    if clause.pk and clause.alternates.exists():
        raise Refused("It has alternates of its own.", field=field)
    if clause.pk and clause.places.exists():
        raise Refused(
            "It stands in a template. Only a clause outside templates is an alternate.", field=field
        )


def _check_languages_kept(clause: Clause, texts: Texts) -> None:
    """Refuse to drop a language in which a template follows the clause."""
    for place in templates_with(clause):
        language = place.template.language
        if place.pinned is None and language not in texts:
            raise Refused(
                f"“{place.template}” needs its {language_name(language)} text.",
                field=f"title_{language}",
            )


def _write(
    clause: Clause, texts: Texts, reason: str, *, changes: dict[str, Any], by: User, at: datetime
) -> None:
    is_first = clause.version == 1
    if not is_first and not reason.strip():
        raise Refused("Say why the words change.", field="reason")
    words = reason.strip() or FIRST
    ClauseVersion.objects.create(
        clause=clause,
        number=clause.version,
        texts=texts,
        reason=words[:500],
        made_by=by,
        made_at=at,
    )
    before = "" if is_first else clause.version - 1
    publish(
        ClauseWritten(at=at, clause_id=clause.pk, version=clause.version),
        by=by,
        changes={**({} if is_first else changes), "version": [before, clause.version]},
        reason=words,
    )


def _described(clause: Clause) -> dict[str, str]:
    if not clause.pk:
        return dict.fromkeys(("name", "topic", "alternate_of", "mandatory"), "")
    guard = f"only {approver_words(clause)}" if clause.is_mandatory else ""
    return {
        "name": clause.name,
        "topic": clause.topic,
        "alternate_of": str(clause.alternate_of or ""),
        "mandatory": guard,
    }
