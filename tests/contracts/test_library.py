"""Clauses are written, versioned, guarded and put away; templates follow them."""

import pytest
from django.db import DatabaseError, transaction

from contracts.actions import (
    ClauseDraft,
    Place,
    TemplateDraft,
    archive_clause,
    restore_clause,
    save_clause,
    save_template,
)
from contracts.models import Clause, ClauseVersion
from q2c.infra.models import Event
from q2c.kernel.errors import NotAllowed, Refused, StaleVersion
from tests.contracts.factories import AT, a_clause, an_english_clause

LAW = {"en": {"title": "Law", "body": "German law."}}


def text_of(contract):
    return {clause["title"]: clause["body"] for clause in contract.body}


def rewritten(clause, body, **given):
    """The draft of a clause with a new English text."""
    texts = {**clause.versions.get(number=clause.version).texts}
    texts["en"] = {**texts["en"], "body": body}
    names = ("name", "topic", "alternate_of_id", "is_mandatory", "approver_role", "approver_id")
    now = {name: getattr(clause, name) for name in names}
    return ClauseDraft(**{**now, "texts": texts, "reason": "The court said so.", **given})


@pytest.fixture
def law(legal):
    return save_clause(None, ClauseDraft(name="Law", topic="Law", texts=LAW), by=legal, at=AT)


@pytest.fixture
def liability(legal):
    """A mandatory clause that the role legal alone may swap."""
    text = {"en": {"title": "Liability", "body": "Up to the charges of a year."}}
    draft = ClauseDraft(name="Liability", texts=text, is_mandatory=True, approver_role="legal")
    return save_clause(None, draft, by=legal, at=AT)


def test_new_words_are_a_new_version_with_who_when_and_why(law, legal):
    save_clause(law.pk, rewritten(law, "Danish law."), by=legal, at=AT, seen=1)
    first, second = law.versions.order_by("number")
    assert (first.texts["en"]["body"], second.texts["en"]["body"]) == ("German law.", "Danish law.")
    assert (second.number, second.made_by, second.made_at) == (2, legal, AT)
    assert (first.reason, second.reason) == ("First version", "The court said so.")
    told = Event.objects.filter(name="ClauseWritten", document_id=law.pk).latest("id")
    assert (told.changes, told.reason) == ({"version": [1, 2]}, "The court said so.")


def test_the_same_words_are_no_new_version(law, legal):
    saved = save_clause(law.pk, rewritten(law, "German law.", topic="Courts"), by=legal, at=AT)
    assert (saved.version, saved.topic) == (1, "Courts")
    told = Event.objects.get(name="ClauseEdited", document_id=law.pk)
    assert told.changes == {"topic": ["Law", "Courts"]}


def test_a_version_never_changes_whatever_the_door(law):
    version = law.versions.get()
    for change in (
        lambda: ClauseVersion.objects.filter(pk=version.pk).update(texts={}),
        lambda: ClauseVersion.objects.filter(pk=version.pk).delete(),
    ):
        with pytest.raises(DatabaseError, match="is final"), transaction.atomic():
            change()


def test_wrong_clauses_are_refused_in_words(law, legal, liability, rep):
    new = ClauseDraft(name="New", texts=LAW)
    with pytest.raises(NotAllowed, match="edit contracts"):
        save_clause(None, new, by=rep, at=AT)
    for draft, words in (
        (ClauseDraft(name=" ", texts=LAW), "name of 1 to 100"),
        (ClauseDraft(name="Law", texts=LAW), "Another one has this name"),
        (ClauseDraft(name="New", texts=LAW, topic="x" * 61), "up to 60 characters"),
        (ClauseDraft(name="New", texts=LAW, is_mandatory=True), "Say which role or person"),
        (ClauseDraft(name="New", texts=LAW, approver_role="legal"), "Only a mandatory clause"),
        (ClauseDraft(name="New", texts=LAW, alternate_of_id=0), "a clause that is in use"),
        (
            ClauseDraft(
                name="New", texts=LAW, alternate_of_id=law.pk, is_mandatory=True,
                approver_role="legal",
            ),
            "guarded by the clause it stands in for",
        ),
    ):  # fmt: skip
        with pytest.raises(Refused, match=words):
            save_clause(None, draft, by=legal, at=AT)
    with pytest.raises(Refused, match="Say why the words change"):
        save_clause(law.pk, rewritten(law, "None.", reason=" "), by=legal, at=AT)
    with pytest.raises(StaleVersion, match="Somebody else has saved this"):
        save_clause(law.pk, rewritten(law, "None."), by=legal, at=AT, seen=2)
    assert Clause.objects.count() == 2
    assert law.versions.count() == 1


def test_an_alternate_stands_for_a_main_clause_outside_templates(law, liability, legal):
    other = save_clause(
        None, ClauseDraft(name="Other", texts=LAW, alternate_of_id=law.pk), by=legal, at=AT
    )
    with pytest.raises(Refused, match="itself an alternate"):
        save_clause(
            None, ClauseDraft(name="Third", texts=LAW, alternate_of_id=other.pk), by=legal, at=AT
        )
    with pytest.raises(Refused, match="alternates of its own"):
        save_clause(
            law.pk, rewritten(law, "German law.", alternate_of_id=liability.pk), by=legal, at=AT
        )
    free = an_english_clause("Term")
    draft = TemplateDraft(name="One", language="en", clauses=[Place(free.pk)])
    save_template(None, draft, by=legal, at=AT)
    with pytest.raises(Refused, match="stands in a template"):
        save_clause(
            free.pk, rewritten(free, "As the law has it.", alternate_of_id=law.pk), by=legal, at=AT
        )


def test_a_mandatory_clause_is_changed_by_its_approver_alone(liability, manager, legal, admin):
    only = "only the role Legal may"
    with pytest.raises(NotAllowed, match=f"{only} change its words"):
        save_clause(liability.pk, rewritten(liability, "None."), by=manager, at=AT)
    loose = rewritten(
        liability, "Up to the charges of a year.", is_mandatory=False, approver_role=""
    )
    with pytest.raises(NotAllowed, match=f"{only} say who may swap it"):
        save_clause(liability.pk, loose, by=manager, at=AT)
    with pytest.raises(NotAllowed, match=f"{only} archive"):
        archive_clause(liability.pk, by=manager, at=AT)
    assert (
        save_clause(liability.pk, rewritten(liability, "A year's."), by=legal, at=AT).version == 2
    )
    # When the approver has left, an administrator names another.
    liability.refresh_from_db()
    other = rewritten(liability, "A year's.", approver_role="", approver_id=admin.pk)
    save_clause(liability.pk, other, by=admin, at=AT)
    told = Event.objects.get(name="ClauseEdited", document_id=liability.pk)
    assert told.changes == {"mandatory": ["only the role Legal", f"only {admin}"]}


def test_a_template_gives_up_a_mandatory_clause_by_its_approver_alone(
    law, liability, manager, legal
):
    places = [Place(law.pk), Place(liability.pk)]
    draft = {"name": "One", "language": "en", "is_default": True}
    one = save_template(None, TemplateDraft(**draft, clauses=places), by=manager, at=AT)
    only = "only the role Legal may take it out of a template"
    for changed in (
        [Place(law.pk)],
        [Place(law.pk), Place(liability.pk, "amendment")],
        [Place(law.pk), Place(liability.pk, version=1)],
    ):
        for pk, name in ((one.pk, "One"), (None, "Two")):  # changed, or another made the default
            taken = TemplateDraft(**{**draft, "name": name}, clauses=changed)
            with pytest.raises(NotAllowed, match=only):
                save_template(pk, taken, by=manager, at=AT)
    turned = [Place(liability.pk), Place(law.pk)]
    save_template(one.pk, TemplateDraft(**draft, clauses=turned), by=manager, at=AT)
    save_template(one.pk, TemplateDraft(**draft, clauses=[Place(law.pk)]), by=legal, at=AT)
    told = Event.objects.filter(name="ContractTemplateEdited", document_id=one.pk).latest("id")
    assert told.changes == {"version": [2, 3], "clauses": ["Liability, Law", "Law"]}


def test_a_template_follows_the_newest_version_or_stays_at_one(law, legal, template, make_contract):
    term = an_english_clause("Years", "A year.")
    draft = TemplateDraft(
        name="All",
        language="en",
        is_default=True,
        clauses=[Place(law.pk), Place(term.pk, version=1)],
    )
    save_template(template.pk, draft, by=legal, at=AT)
    save_clause(law.pk, rewritten(law, "Danish law."), by=legal, at=AT)
    save_clause(term.pk, rewritten(term, "Two years."), by=legal, at=AT)
    assert text_of(make_contract()) == {"Law": "Danish law.", "Years": "A year."}


def test_a_language_that_a_template_needs_is_not_dropped(legal):
    both = {"en": LAW["en"], "de": {"title": "Recht", "body": "Deutsches Recht."}}
    clause = a_clause(both)
    draft = TemplateDraft(name="DE", language="de", clauses=[Place(clause.pk)])
    save_template(None, draft, by=legal, at=AT)
    with pytest.raises(Refused, match="“DE” needs its German text") as refusal:
        save_clause(clause.pk, ClauseDraft(name="Law", texts=LAW, reason="x"), by=legal, at=AT)
    assert refusal.value.field == "title_de"


def test_a_clause_is_archived_not_deleted_and_comes_back(law, legal, manager):
    draft = TemplateDraft(name="One", language="en", clauses=[Place(law.pk)])
    template = save_template(None, draft, by=legal, at=AT)
    with pytest.raises(Refused, match="Take it out of “One” first"):
        archive_clause(law.pk, by=legal, at=AT)
    other = TemplateDraft(name="One", language="en", clauses=[Place(an_english_clause("Term").pk)])
    save_template(template.pk, other, by=legal, at=AT)
    archive_clause(law.pk, by=manager, at=AT, reason="Out of use")
    with pytest.raises(Refused, match="is archived"):
        save_clause(law.pk, rewritten(law, "None."), by=legal, at=AT)
    with pytest.raises(Refused, match="archived already"):
        archive_clause(law.pk, by=legal, at=AT)
    assert restore_clause(law.pk, by=legal, at=AT).archived_at is None
    with pytest.raises(Refused, match="is not archived"):
        restore_clause(law.pk, by=legal, at=AT)
    names = ["ClauseWritten", "ClauseArchived", "ClauseRestored"]
    events = Event.objects.filter(document="clause", document_id=law.pk).order_by("id")
    assert list(events.values_list("name", flat=True)) == names
