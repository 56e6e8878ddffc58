"""What a customer reads of a proposal is said in the language of the quote."""

from dataclasses import replace

import pytest

from q2c.kernel.errors import Refused
from quotes.actions import (
    GuidedDraft,
    activate_questionnaire,
    add_questionnaire,
    answer_questionnaire,
    change_quote,
)
from tests.quotes.conftest import NOON


def test_the_customer_reads_groups_and_alternatives_in_the_quote_s_language(
    written, draft, rep, admin
):
    texts = {"good": ("Betreuung", "Gut"), "best": ("", "Besser")}
    proposals = [
        {
            **one,
            "translations": {"de": dict(zip(("group", "choice"), texts[one["key"]], strict=True))},
        }
        if one["key"] in texts
        else one
        for one in written.proposals
    ]
    row = add_questionnaire(replace(written, proposals=tuple(proposals)), by=admin, at=NOON)
    activate_questionnaire(row.pk, by=admin, at=NOON)
    change_quote(draft.pk, {"language": "de"}, by=rep, at=NOON)
    for seats in (60, 70):
        new = GuidedDraft(questionnaire_id=row.pk, answers={"seats": seats})
        answer_questionnaire(draft.pk, new, by=rep, at=NOON)
        named = draft.lines.exclude(choice="").values_list("choice_group", "choice", "is_chosen")
        assert set(named) == {("Betreuung", "Gut", False), ("Betreuung", "Besser", True)}


def test_a_language_in_which_nobody_is_written_to_is_refused(written, admin):
    wrong = {**written.proposals[0], "role": "choice", "group": "A", "choice": "B",
             "translations": {"tlh": {"group": "A"}}}  # fmt: skip
    with pytest.raises(Refused, match="we write to no customer in “tlh”"):
        add_questionnaire(replace(written, proposals=(wrong,)), by=admin, at=NOON)
