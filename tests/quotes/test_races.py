"""Several people at once: the row lock and the unique constraint decide, not luck."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection

from q2c.infra.models import Event
from q2c.kernel.errors import Refused, StaleVersion
from quotes.actions import (
    GuidedDraft,
    accept_quote,
    activate_questionnaire,
    add_questionnaire,
    answer_questionnaire,
    change_line,
)
from quotes.models import Acceptance, Quote
from tests.quotes.conftest import NOON

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls):
    """Run the calls at the same moment and return what each gave or refused."""
    barrier = Barrier(len(calls))

    def run(call):
        barrier.wait()
        try:
            return call()
        except Refused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_four_clicks_at_once_accept_once(transactional_db, sent, contact, signature):
    given = signature(sent)
    answers = at_once(
        *[lambda: accept_quote(sent.pk, given, by=None, at=NOON, contact=contact)] * 4
    )
    assert [answer.state for answer in answers] == ["accepted"] * 4
    assert Acceptance.objects.count() == 1
    assert Event.objects.filter(name="QuoteAccepted").count() == 1


def test_two_people_at_once_leave_one_signature(transactional_db, sent, contact, signature):
    hands = [signature(sent, name=name, image=name) for name in ("Ida Voss", "Bo Lind")]
    answers = at_once(
        *[
            lambda hand=hand: accept_quote(sent.pk, hand, by=None, at=NOON, contact=contact)
            for hand in hands
        ]
    )
    assert sorted(isinstance(answer, Refused) for answer in answers) == [False, True]
    assert Acceptance.objects.count() == 1


def test_two_reps_saving_at_once_leave_one_change(transactional_db, full_draft, rep, manager):
    line, seen = full_draft.lines.first(), full_draft.edit_version
    answers = at_once(
        *[
            lambda who=who, n=n: change_line(
                line.pk, {"quantity": Decimal(n)}, by=who, at=NOON, seen=seen
            )
            for who, n in ((rep, 20), (manager, 30))
        ]
    )
    assert sorted(isinstance(answer, StaleVersion) for answer in answers) == [False, True]
    assert Quote.objects.get(pk=full_draft.pk).edit_version == seen + 1


def test_answers_given_twice_at_once_bring_their_lines_once(
    transactional_db, draft, written, rep, admin
):
    row = add_questionnaire(written, by=admin, at=NOON)
    activate_questionnaire(row.pk, by=admin, at=NOON)
    new = GuidedDraft(questionnaire_id=row.pk, answers={"seats": 20})
    done = at_once(*[lambda: answer_questionnaire(draft.pk, new, by=rep, at=NOON)] * 3)
    assert sorted(len(guided.changes) for guided in done) == [0, 0, 3]
    assert draft.lines.count() == 3
