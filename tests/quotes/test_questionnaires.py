"""Questionnaires as they are written: kept with their history, in force when nothing is wrong."""

from dataclasses import replace

import pytest

from q2c.catalog.models import Product
from q2c.infra.bus import history
from q2c.kernel.errors import Refused
from quotes.actions import (
    QuestionnaireDraft,
    activate_questionnaire,
    add_questionnaire,
    change_questionnaire,
)
from quotes.models import Questionnaire
from tests.quotes.conftest import NOON

TODAY = NOON.date()


def test_the_history_tells_what_was_changed_in_a_questionnaire(written, admin):
    row = add_questionnaire(written, by=admin, at=NOON)
    questions = [dict(one) for one in written.questions]
    questions[1]["text"] = "Home work?"
    changed = replace(written, description="Desks", questions=tuple(questions))
    change_questionnaire(row.pk, changed, by=admin, at=NOON)
    (event, first) = history("questionnaire", row.pk)
    assert first.changes == {"questionnaire": ["", "Office"]}
    assert event.changes == {
        "description": ["", "Desks"],
        "question “Work from home?”": ["yes or no; begins with no", ""],
        "question “Home work?”": ["", "yes or no; begins with no"],
        "question “How many homes?”": [
            "a number; begins with 1; when “Work from home?” is yes",
            "a number; begins with 1; when “Home work?” is yes",
        ],
        "proposal “Home bundle”": [
            "“How many homes?”; when “Work from home?” is yes; 1 option",
            "“How many homes?”; when “Home work?” is yes; 1 option",
        ],
    }


def test_the_history_tells_an_order_that_changed_and_no_other(written, admin):
    row = add_questionnaire(written, by=admin, at=NOON)
    first, *others = written.proposals
    change_questionnaire(row.pk, replace(written, proposals=(first,)), by=admin, at=NOON)
    assert "order" not in history("questionnaire", row.pk)[0].changes
    change_questionnaire(row.pk, written, by=admin, at=NOON)
    assert "order" not in history("questionnaire", row.pk)[0].changes
    moved = replace(written, proposals=(*others, first))
    change_questionnaire(row.pk, moved, by=admin, at=NOON)
    [(what, (_, order))] = history("questionnaire", row.pk)[0].changes.items()
    assert what == "order"
    assert order.endswith("; proposal “Telephony seat”")


def test_a_questionnaire_is_offered_to_those_there_are(written, admin):
    row = {"field": "segment", "operator": "is", "value": ["tiny"]}
    with pytest.raises(Refused, match="“tiny” is no customer segment"):
        add_questionnaire(replace(written, offered=(row,)), by=admin, at=NOON)


def test_it_is_put_in_force_only_when_nothing_is_wrong_with_it(written, admin, products):
    empty = add_questionnaire(QuestionnaireDraft(name="Empty"), by=admin, at=NOON)
    with pytest.raises(Refused, match=r"It asks nothing yet.*It proposes nothing yet"):
        activate_questionnaire(empty.pk, by=admin, at=NOON)
    Product.objects.filter(sku="BOX").update(is_active=False)
    lonely = [dict(row) for row in written.proposals]
    del lonely[3]
    lonely[3]["options"] = [{"path": [products["NET"].pk]}]
    row = add_questionnaire(replace(written, proposals=tuple(lonely)), by=admin, at=NOON)
    with pytest.raises(Refused) as refusal:
        activate_questionnaire(row.pk, by=admin, at=NOON)
    assert refusal.value.message == (
        "Proposal 2: Router is no longer sold. Choose another product. "
        "Proposal 4: Site network is no option of Home bundle. "
        "“Support” has one alternative only: add another, or make it part of the offer."
    )
    assert not Questionnaire.objects.filter(is_active=True).exists()


@pytest.mark.parametrize(
    ("changes", "words", "field"),
    [
        ({"name": " "}, "a name of 1 to 100", "name"),
        ({"description": "x" * 301}, "room for 300", "description"),
        ({"starts_on": TODAY, "ends_on": TODAY}, "end before it starts", "ends_on"),
        ({"proposals": ({"product_id": 10**8},)}, "choose one of our", "proposals.0.product_id"),
    ],
)
def test_a_questionnaire_that_cannot_be_kept_is_refused(admin, written, changes, words, field):
    with pytest.raises(Refused, match=words) as refusal:
        add_questionnaire(replace(written, **changes), by=admin, at=NOON)
    assert refusal.value.field == field
    assert not Questionnaire.objects.exists()
