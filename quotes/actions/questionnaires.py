"""Write questionnaires, and put them in force and out of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction

from q2c.catalog.models import Product
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.clock import day_in
from q2c.infra.locks import check_version, locked
from q2c.kernel.errors import Refused
from quotes.actions.in_force import begin, end, end_replaced
from quotes.actions.rule_conditions import checked_conditions
from quotes.events import QuestionnaireEdited
from quotes.models import Questionnaire
from quotes.queries import content_of, faults, said_of
from quotes.rules.guiding.questionnaires import read_offered, read_questionnaire, stored

Rows = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class QuestionnaireDraft:
    """A questionnaire as told: rows as the rules read them; `ends_on` is the first day without it."""

    name: str
    description: str = ""
    offered: Rows = ()
    starts_on: date | None = None
    ends_on: date | None = None
    questions: Rows = ()
    proposals: Rows = ()


@transaction.atomic
def add_questionnaire(draft: QuestionnaireDraft, *, by: User, at: datetime) -> Questionnaire:
    """Write a questionnaire that is not in force yet: try it out first."""
    require(by, Permission.EDIT_CATALOG)
    row = Questionnaire.objects.create(**_checked(draft), created_at=at)
    _publish(row, {"questionnaire": ["", row.name]}, by=by, at=at)
    return row


@transaction.atomic
def draft_next_edition(questionnaire_id: int, *, by: User, at: datetime) -> Questionnaire:
    """Begin a change of an edition as a copy; those who answered the old one keep it.

    There is one draft of a change at a time: another asking gets the same.
    """
    require(by, Permission.EDIT_CATALOG)
    old = locked(Questionnaire, questionnaire_id)
    row = Questionnaire.objects.filter(replaces=old, is_active=False, answered=None).first()
    if row is not None:
        return row
    row = Questionnaire.objects.get(pk=old.pk)
    row.pk, row.replaces, row.created_at = None, old, at
    row.edition, row.is_active, row.version = old.edition + 1, False, 1
    row.save(force_insert=True)
    _publish(row, {"edition": [str(old.edition), str(row.edition)]}, by=by, at=at)
    return row


@transaction.atomic
def change_questionnaire(
    questionnaire_id: int,
    draft: QuestionnaireDraft,
    *,
    by: User,
    at: datetime,
    seen: int | None = None,
) -> Questionnaire:
    """Change an edition that is neither in force nor answered; `seen` is the version looked at."""
    require(by, Permission.EDIT_CATALOG)
    row = locked(Questionnaire, questionnaire_id)
    check_version(row.version, seen)
    if row.is_active or row.answered.exists():
        raise Refused("This edition was put in force or answered. Draft a change instead.")
    before = said_of(row)
    for name, value in _checked(draft).items():
        setattr(row, name, value)
    row.version += 1
    row.save()
    after = said_of(row)
    changes = {
        name: [before.get(name, ""), after.get(name, "")]
        for name in {**before, **after}
        if before.get(name, "") != after.get(name, "")
    }
    stood, stands = (
        [name for name in said if name in before and name in after] for said in (before, after)
    )
    if stood != stands:
        changes["order"] = ["; ".join(_parts(stood)), "; ".join(_parts(stands))]
    _publish(row, changes, by=by, at=at)
    return row


@transaction.atomic
def activate_questionnaire(questionnaire_id: int, *, by: User, at: datetime) -> Questionnaire:
    """Put an edition in force; the one it replaces ends. Refuses with all that is wrong with it."""
    require(by, Permission.EDIT_CATALOG)
    row = locked(Questionnaire, questionnaire_id)
    if row.is_active:
        return row
    today = day_in("UTC", at)
    wrong = faults(content_of(row), on=today)
    if row.ends_on and row.ends_on <= today:
        wrong.insert(0, "Its last day has passed: choose a later one.")
    if wrong:
        raise Refused(" ".join(wrong))
    tell = partial(_publish, by=by, at=at)
    end_replaced(row, tell, words=f"replaced by edition {row.edition}")
    if Questionnaire.objects.filter(name=row.name, is_active=True).exists():
        raise Refused(f"Another “{row.name}” is in force: take that out of force, or rename one.")
    begin(row, tell)
    return row


@transaction.atomic
def retire_questionnaire(questionnaire_id: int, *, by: User, at: datetime) -> Questionnaire:
    """Take an edition out of force; drafts that were guided by it may be answered again."""
    require(by, Permission.EDIT_CATALOG)
    row = locked(Questionnaire, questionnaire_id)
    end(row, partial(_publish, by=by, at=at))
    return row


def draft_of_questionnaire(row: Questionnaire) -> QuestionnaireDraft:
    """Return what an edition says now, to be changed in parts."""
    return QuestionnaireDraft(
        name=row.name,
        description=row.description,
        offered=tuple(row.offered),
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        questions=tuple(row.questions),
        proposals=tuple(row.proposals),
    )


def _parts(said: list[str]) -> list[str]:
    return [name for name in said if name.startswith(("question “", "proposal “"))]


def _checked(draft: QuestionnaireDraft) -> dict[str, Any]:
    name = draft.name.strip()
    if not 1 <= len(name) <= 100:
        raise Refused("Give the questionnaire a name of 1 to 100 characters.", field="name")
    if len(draft.description.strip()) > 300:
        raise Refused("There is room for 300 characters here.", field="description")
    if draft.starts_on and draft.ends_on and draft.ends_on <= draft.starts_on:
        raise Refused("It would end before it starts.", field="ends_on")
    asked = checked_conditions(read_offered(draft.offered))
    offered = [condition.to_json() for condition in asked]
    content = read_questionnaire(draft.questions, draft.proposals)
    wanted = {one.product_id for one in content.proposals}
    known = set(Product.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    for place, one in enumerate(content.proposals):
        if one.product_id not in known:
            words = f"Proposal {place + 1}: choose one of our products."
            raise Refused(words, field=f"proposals.{place}.product_id")
        for language, *_names in one.translations:
            if language not in dict(settings.LANGUAGES):
                words = f"Proposal {place + 1}: we write to no customer in “{language}”."
                raise Refused(words, field=f"proposals.{place}.translations")
    given = {"name": name, "description": draft.description.strip(), "offered": offered}
    return {**asdict(draft), **given, **stored(content)}


def _publish(row: Questionnaire, changes: dict[str, list[str]], *, by: User, at: datetime) -> None:
    publish(QuestionnaireEdited(at=at, questionnaire_id=row.pk), by=by, changes=changes)
