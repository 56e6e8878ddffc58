"""Guided selling: which questions are asked, what is proposed, and what that changes."""

from datetime import date
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from q2c.kernel.errors import Refused
from quotes.rules.conditions import DealFacts
from quotes.rules.guiding.merging import Change, Standing, plan
from quotes.rules.guiding.proposals import HowMany, propose
from quotes.rules.guiding.questionnaires import (
    key_of,
    not_offered,
    read_offered,
    read_questionnaire,
    stored,
)
from quotes.rules.guiding.questions import answer


def ask(key, kind, *when, **more):
    conditions = [dict(zip(("question", "operator", "value"), one, strict=True)) for one in when]
    return {"key": key, "text": key.title(), "kind": kind, "conditions": conditions, **more}


def offer(key, *when, **more):
    conditions = [dict(zip(("question", "operator", "value"), one, strict=True)) for one in when]
    return {"key": key, "product_id": 1, "conditions": conditions, **more}


QUESTIONS = [
    ask("use", "one", choices=["Office", "Shop"], is_required=True),
    ask("seats", "number", ("use", "is", ["Office"]), least=1, most=500, default="10"),
    ask("extras", "many", choices=["Backup", "Films"]),
    ask("backup_size", "number", ("extras", "is", ["Backup"]), is_required=True),
    ask("visit", "yes_no", default="no"),
    ask("remarks", "text"),
]
PROPOSALS = [
    offer("seats", ("use", "is", ["Office"]), quantity_from="seats"),
    offer("switches", quantity_from="seats", factor="0.125"),
    offer("backup", ("extras", "is", ["Backup"]), quantity_from="backup_size", factor="2"),
    offer("no_films", ("extras", "is_not", ["Films"])),
    offer("good", role="choice", group="Support", choice="Good"),
    offer(
        "better", ("seats", "at_least", "50"), role="choice", group="Support", choice="Better",
        is_recommended=True,
    ),
    offer("visit", ("visit", "is", ["yes"]), role="option", quantity="2"),
]  # fmt: skip
WHOLE = read_questionnaire(QUESTIONS, PROPOSALS)


def proposed(**given):
    found = propose(WHOLE.proposals, answer(WHOLE.questions, given))
    return {one.key: int(one.quantity) for one in found}


def test_a_question_is_asked_when_its_condition_holds_and_takes_its_default():
    shop = answer(WHOLE.questions, {"use": "Shop", "seats": "400"})
    assert [one.key for one in shop.asked] == ["use", "extras", "visit", "remarks"]
    assert shop.given == {"use": "Shop", "visit": "no"}
    office = answer(WHOLE.questions, {"use": "Office"})
    assert office.given["seats"] == Decimal(10)
    assert answer(WHOLE.questions, {"use": "Office", "seats": ""}).given.get("seats") is None


def test_what_is_missing_or_wrong_is_said_beside_its_question():
    wrong = {"extras": ["Backup"], "seats": "many", "use": "Office", "visit": "perhaps"}
    found = answer(WHOLE.questions, wrong)
    assert dict(found.problems) == {
        "seats": "“many” is not a number.",
        "backup_size": "An answer is needed here.",
        "visit": "“perhaps” is no choice here; choose yes or no.",
    }
    with pytest.raises(Refused, match="Seats “many” is not a number") as refusal:
        found.checked()
    assert refusal.value.field == "seats"
    assert answer(WHOLE.questions, {}).problems == {"use": "An answer is needed here."}
    assert answer(WHOLE.questions, {"extras": ["Backup"], "backup_size": "1,000"}).given[
        "backup_size"
    ] == Decimal(1000)
    too_many = answer(WHOLE.questions, {"use": "Office", "seats": "501"})
    assert too_many.problems["seats"] == "Give a number from 1 to 500."


def test_answers_propose_products_and_how_many():
    assert proposed(use="Office", seats="9") == {"seats": 9, "switches": 2, "good": 1}
    shop = proposed(use="Shop", extras=["Backup"], backup_size="3", visit=True)
    assert shop == {"backup": 6, "no_films": 1, "good": 1, "visit": 2}
    assert "no_films" not in proposed(use="Shop", extras=["Films", "Backup"], backup_size=1)
    # Nothing ticked is an answer; a question passed over is none.
    assert "no_films" in proposed(use="Shop", extras=[])
    assert "no_films" not in proposed(use="Shop")


def test_of_alternatives_the_recommended_one_is_taken_or_else_the_first():
    def taken(**given):
        found = propose(WHOLE.proposals, answer(WHOLE.questions, given))
        return [one.key for one in found if one.proposal.group and one.is_taken]

    assert taken(use="Office", seats=49) == ["good"]
    assert taken(use="Office", seats=50) == ["better"]


GIVEN = st.fixed_dictionaries(
    {},
    optional={
        "use": st.sampled_from(["Office", "Shop", "", "Moon"]),
        "seats": st.one_of(st.decimals(-5, 900, places=2), st.text(max_size=3)),
        "extras": st.lists(st.sampled_from(["Backup", "Films"]), unique=True),
        "backup_size": st.integers(0, 10**9),
        "visit": st.sampled_from(["yes", "no", True, False, None]),
    },
)


@given(GIVEN, st.integers())
def test_the_order_of_the_questions_changes_nothing_that_is_proposed(given, seed):
    shuffled = list(WHOLE.questions)
    Random(seed).shuffle(shuffled)
    one, other = answer(WHOLE.questions, given), answer(shuffled, given)
    assert one.given == other.given
    assert one.problems == other.problems
    assert propose(WHOLE.proposals, one) == propose(WHOLE.proposals, other)


@given(GIVEN)
def test_a_quantity_is_whole_and_above_zero_and_what_is_not_asked_proposes_nothing(given):
    answers = answer(WHOLE.questions, given)
    asked = {question.key for question in answers.asked}
    assert answers.given.keys() <= asked
    for one in propose(WHOLE.proposals, answers):
        assert one.quantity > 0
        assert one.quantity == int(one.quantity)
        assert one.proposal.how_many.question in asked | {""}


@given(st.decimals(0, 10**6, places=3), st.decimals("0.001", 100, places=3))
def test_a_number_times_a_factor_is_rounded_up(number, factor):
    answers = answer(read_questionnaire([ask("n", "number")], []).questions, {"n": number})
    found = HowMany(question="n", factor=factor).of(answers)
    assert 0 <= found - number * factor < 1


@given(GIVEN)
def test_the_same_answers_again_change_nothing(given):
    found = propose(WHOLE.proposals, answer(WHOLE.questions, given))
    there = {one.key: Standing(place, one.quantity) for place, one in enumerate(found)}
    assert {step.change for step in plan(found, found, there, {})} <= {Change.KEEP}


def test_other_answers_add_change_and_take_off_and_leave_what_was_changed_by_hand():
    def at(**given):
        return propose(WHOLE.proposals, answer(WHOLE.questions, given))

    def steps(before, after, there, **taken):
        numbers = {key: Decimal(number) for key, number in taken.items()}
        standing = {key: Standing(1, Decimal(number)) for key, number in there.items()}
        return {
            step.key: (step.change.value, int(step.quantity))
            for step in plan(before, after, standing, numbers)
        }

    nine, twenty = at(use="Office", seats=9), at(use="Office", seats=20)
    there = {"seats": 9, "switches": 5, "good": 1}  # the rep made two switches five
    assert steps((), nine, {}) == {"seats": ("add", 9), "switches": ("add", 2), "good": ("add", 1)}
    assert steps(nine, nine, there)["switches"] == ("keep", 5)
    assert steps(nine, twenty, there)["switches"] == ("change", 3)
    assert steps(nine, twenty, there, seats=25)["seats"] == ("change", 25)
    assert steps(nine, nine, there, seats=0)["seats"] == ("remove", 0)
    gone = steps(nine, at(use="Shop"), there)
    assert gone == {"good": ("keep", 1), "seats": ("remove", 0), "switches": ("remove", 0)}
    # Taken off by hand, it does not come back by itself, but it can be asked for.
    assert steps(nine, nine, {"good": 1})["seats"] == ("leave_out", 0)
    assert steps(nine, nine, {"good": 1}, seats=9)["seats"] == ("add", 9)


def test_other_options_of_a_bundle_are_a_change():
    option = {"path": [7], "quantity_from": "n"}
    whole = read_questionnaire([ask("n", "number")], [offer("p", options=[option])])
    one, two = (propose(whole.proposals, answer(whole.questions, {"n": n})) for n in (1, 2))
    assert two[0].options == {(7,): Decimal(2)}
    (step,) = plan(one, two, {"p": Standing(1, Decimal(1))}, {})
    assert (step.change, step.takes_options) == (Change.CHANGE, True)


@pytest.mark.parametrize(
    ("questions", "proposals", "words", "field"),
    [
        ([ask("a", "one", choices=["x"])], [], "Give 2 to 30 choices", "questions.0.choices"),
        ([ask("a", "one", choices=["x", "x"])], [], "“x” is there twice", "questions.0.choices"),
        ([ask("a", "one", choices=["x;y", "z"])], [], "no semicolon", "questions.0.choices"),
        ([ask("a", "text"), ask("a", "text")], [], "Another question has the", "questions.1.key"),
        ([ask("A b", "text")], [], "made of small letters", "questions.0.key"),
        ([ask("a", "poem")], [], "Choose how it is answered", "questions.0.kind"),
        ([ask("a", "text") | {"text": " "}], [], "1 to 200 characters", "questions.0.text"),
        ([ask("a", "number", least=5, most=4)], [], "lies below the smallest", "questions.0.most"),
        ([ask("a", "number", default="x")], [], "“x” is not a number", "questions.0.default"),
        ([ask("a", "yes_no", default="x")], [], "no choice here", "questions.0.default"),
        (
            [ask("a", "text", ("b", "is", ["yes"])), ask("b", "yes_no")],
            [], "Condition 1 speaks of “b”, which is no question before this one",
            "questions.0.conditions",
        ),
        ([ask("a", "yes_no"), ask("b", "text", ("a", "is", ["x"]))], [],
         "waits for “x”, which is no answer to “A”", "questions.1.conditions"),
        ([ask("a", "yes_no"), ask("b", "text", ("a", "at_least", "1"))], [],
         "compares “A” with “is or is not” only", "questions.1.conditions"),
        ([ask("a", "number"), ask("b", "text", ("a", "is", ["1"]))], [],
         "compares “A” with “at least or at most” only", "questions.1.conditions"),
        ([ask("a", "number"), ask("b", "text", ("a", "at_most", "x"))], [], "needs a number",
         "questions.1.conditions"),
        ([ask("a", "text"), ask("b", "text", ("a", "is", ["x"]))], [], "a note that no condition",
         "questions.1.conditions"),
        ([ask("a", "text")], [offer("p", quantity_from="a")], "no question for a number",
         "proposals.0.quantity_from"),
        ([ask("a", "number")], [offer("p", quantity_from="a", factor="0")], "A factor lies above",
         "proposals.0.factor"),
        ([], [offer("p", quantity="-1")], "Give a number from 0", "proposals.0.quantity"),
        ([], [offer("p", quantity="0")], "A quantity lies above 0", "proposals.0.quantity"),
        ([], [offer("p"), offer("p")], "Another proposal has the name p", "proposals.1.key"),
        ([], [offer("p", role="choice", group="G")], "a group and a name", "proposals.0.group"),
        ([], [offer("p", role="gift")], "as what it is offered", "proposals.0.role"),
        ([], [{"key": "p"}], "Choose the product", "proposals.0.product_id"),
        ([], [offer("p", ("x", "is", ["y"]))], "speaks of “x”", "proposals.0.conditions"),
    ],
)  # fmt: skip
def test_a_questionnaire_that_makes_no_sense_is_refused_in_words(questions, proposals, words, field):  # fmt: skip
    with pytest.raises(Refused, match=words) as refusal:
        read_questionnaire(questions, proposals)
    assert refusal.value.field == field


def test_a_questionnaire_reads_as_it_was_stored():
    kept = stored(WHOLE)
    assert read_questionnaire(kept["questions"], kept["proposals"]) == WHOLE


def test_keys_are_made_of_the_text():
    assert key_of("How many sites?", []) == "how_many_sites"
    assert key_of("How many sites?", ["how_many_sites"]) == "how_many_sites_2"
    assert key_of("2 lines?", []) == "q_2_lines"
    assert key_of("？", []) == "q"


def test_it_is_offered_where_its_conditions_hold():
    when = read_offered([{"field": "segment", "operator": "is", "value": ["public"]}])
    deal = DealFacts(date(2027, 1, 1), "EUR", segment="mid")
    assert not_offered(when, deal) == "needs customer segment public; here it is mid"
    assert not not_offered(when, DealFacts(date(2027, 1, 1), "EUR", segment="public"))
    with pytest.raises(Refused, match="looks at the quote, not at its lines"):
        read_offered([{"field": "product", "operator": "is", "value": ["X"]}])
