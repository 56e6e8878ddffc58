"""Guided selling: questionnaires kept in editions, answered for a draft, answered again."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from q2c.catalog.models import Product
from q2c.infra.bus import history
from q2c.kernel.errors import NotAllowed, Refused, StaleVersion
from quotes.actions import (
    GuidedDraft,
    NewQuote,
    activate_questionnaire,
    add_questionnaire,
    answer_questionnaire,
    change_line,
    change_questionnaire,
    clone_quote,
    create_quote,
    draft_next_edition,
    draft_of_questionnaire,
    guide,
    merge_quotes,
    ramp_line,
    recommend_choice,
    remove_line,
    retire_questionnaire,
    revise_quote,
    send_quote,
    submit_quote,
    undo_edit,
)
from quotes.models import GuidedAnswers, Price, Questionnaire, Quote
from quotes.queries import offered_to
from quotes.rules.ramps import Segment
from tests.quotes.conftest import NOON

TODAY = NOON.date()


@pytest.fixture
def office(written, admin):
    row = add_questionnaire(written, by=admin, at=NOON)
    return activate_questionnaire(row.pk, by=admin, at=NOON)


@pytest.fixture
def tell(office, draft, rep):
    def tell(answers, *, seen=None, **taken):
        numbers = {key: Decimal(number) for key, number in taken.items()}
        new = GuidedDraft(questionnaire_id=office.pk, answers=answers, taken=numbers)
        return answer_questionnaire(draft.pk, new, by=rep, at=NOON, seen=seen)

    return tell


def lines(quote):
    return {
        line.product.sku: int(line.quantity)
        for line in quote.lines.filter(parent=None).select_related("product")
    }


def test_answers_bring_their_products_onto_the_draft_at_its_prices(tell, draft):
    guided = tell({"seats": 60})
    assert lines(draft) == {"SEATS": 60, "BOX": 6, "SUP": 60, "SLA": 1, "SETUP": 1}
    quote = Quote.objects.get(pk=draft.pk)
    assert quote.contract_total == guided.after.contract_total
    # 25 seats at 14 and 35 at 9.50 a month, six routers, a service level; installation is optional.
    assert quote.contract_total == Decimal("8190.00") + 6 * 189 + 1200
    taken = {line.product.sku: line.is_chosen for line in quote.lines.select_related("product")}
    assert taken == {"SEATS": True, "BOX": True, "SUP": False, "SLA": True, "SETUP": False}
    names = [event.name for event in history("quote", quote.pk)]
    assert names[:2] == ["QuoteEdited", "QuestionnaireAnswered"]
    told = history("quote", quote.pk)[1]
    assert told.changes["How many seats?"] == ["", "60"]
    assert submit_quote(quote.pk, by=quote.owner, at=NOON).state == "approved"


@pytest.mark.parametrize(
    "answers", [{"seats": 3}, {"seats": 60}, {"seats": 8, "home": True, "homes": 2}]
)
def test_what_was_shown_before_is_what_the_quote_comes_to(tell, draft, office, answers, products):
    Price.objects.filter(product=products["SUP"]).update(free_periods=2, setup_fee=30)
    shown = guide(draft, office, answers)
    assert lines(draft) == {}
    tell(answers)
    quote = Quote.objects.get(pk=draft.pk)
    for name in ("contract_total", "monthly_total", "one_time_total", "first_invoice_total"):
        assert getattr(quote, name) == getattr(shown.after, name), name
    assert sum(1 for offer in shown.offers for _ in offer.lines) == quote.lines.count()


def test_answered_again_it_changes_its_lines_and_adds_none_twice(tell, draft, take):
    take(draft, "NET", 4)
    tell({"seats": 60})
    first = dict(draft.lines.values_list("product__sku", "pk"))
    guided = tell({"seats": 20, "home": True})
    assert lines(draft) == {"NET": 4, "SEATS": 20, "BOX": 2, "SUP": 20, "HOME": 1}
    now = dict(draft.lines.filter(parent=None).values_list("product__sku", "pk"))
    assert {sku: now[sku] for sku in ("NET", "SEATS", "BOX", "SUP")} == {
        sku: first[sku] for sku in ("NET", "SEATS", "BOX", "SUP")
    }
    assert draft.lines.get(product__sku="SUP", parent=None).is_chosen
    changed = {offer.key: offer.step.change.value for offer in guided.changes}
    assert changed == {
        "seats": "change", "box": "change", "good": "change", "home": "add", "best": "remove",
        "visit": "remove",
    }  # fmt: skip
    version = Quote.objects.get(pk=draft.pk).edit_version
    assert tell({"seats": 20, "home": True}).changes == []
    assert Quote.objects.get(pk=draft.pk).edit_version == version
    assert GuidedAnswers.objects.get().answers == {"seats": "20", "home": "yes", "homes": "1"}


def test_a_bundle_comes_with_the_options_and_follows_other_answers(tell, draft):
    tell({"seats": 5, "home": True, "homes": 3})
    assert lines(draft)["HOME"] == 3
    inside = draft.lines.exclude(parent=None).values_list("product__sku", "quantity")
    assert dict(inside) == {"SUP": 6, "BOX": 3}
    tell({"seats": 5, "home": True, "homes": 4})
    inside = draft.lines.exclude(parent=None).values_list("product__sku", "quantity")
    assert dict(inside) == {"SUP": 8, "BOX": 4}


def test_what_a_rep_changed_by_hand_stays_while_the_proposal_is_the_same(tell, draft, rep):
    tell({"seats": 20})
    box = draft.lines.get(product__sku="BOX")
    change_line(box.pk, {"quantity": Decimal(7)}, by=rep, at=NOON)
    remove_line(draft.lines.get(product__sku="SUP").pk, by=rep, at=NOON)
    assert tell({"seats": 20}).changes == []
    assert lines(draft) == {"SEATS": 20, "BOX": 7}
    tell({"seats": 20}, good=20)
    assert lines(draft)["SUP"] == 20
    tell({"seats": 31})
    assert lines(draft) == {"SEATS": 31, "BOX": 4, "SUP": 31}


def test_a_ramp_and_a_free_beginning_stay_the_proposals_line(tell, draft, rep, products):
    Price.objects.filter(product=products["SUP"]).update(free_periods=2)
    tell({"seats": 20})
    free = draft.lines.get(product__sku="SUP", ramp_of=None)
    remove_line(free.pk, by=rep, at=NOON)  # what is paid takes its place
    seats = draft.lines.get(product__sku="SEATS")
    half = date(2027, 7, 1)
    days = ((draft.starts_on, half), (half, date(2028, 1, 1)))
    ramp_line(seats.pk, [Segment(*one, quantity=Decimal(20)) for one in days], by=rep, at=NOON)
    assert tell({"seats": 20}).changes == []
    tell({"seats": 30})
    quantities = draft.lines.filter(product__sku__in=["SEATS", "SUP"])
    assert set(quantities.values_list("quantity", flat=True)) == {Decimal(30)}
    assert quantities.count() == 3


def test_an_amendment_is_not_guided(office, draft, rep):
    assert offered_to(draft, on=TODAY) == [office]
    Quote.objects.filter(pk=draft.pk).update(
        kind="amendment", amends_contract_id=1, amended_ends_on=date(2028, 1, 1)
    )
    amendment = Quote.objects.get(pk=draft.pk)
    assert offered_to(amendment, on=TODAY) == []
    new = GuidedDraft(questionnaire_id=office.pk, answers={"seats": 1})
    with pytest.raises(Refused, match="An amendment changes what runs"):
        answer_questionnaire(draft.pk, new, by=rep, at=NOON)


def test_an_alternative_that_a_rep_recommends_stays_so(tell, draft, rep):
    tell({"seats": 60})
    recommend_choice(draft.pk, "Support", "Good", by=rep, at=NOON)
    tell({"seats": 70})
    assert draft.lines.get(product__sku="SUP").is_chosen
    tell({"seats": 20})
    tell({"seats": 60})
    assert draft.lines.get(product__sku="SLA").is_chosen


def test_two_questionnaires_of_one_quote_leave_each_others_lines_alone(
    tell, draft, written, rep, admin
):
    tell({"seats": 20})
    other = add_questionnaire(replace(written, name="Branch"), by=admin, at=NOON)
    activate_questionnaire(other.pk, by=admin, at=NOON)
    new = GuidedDraft(questionnaire_id=other.pk, answers={"seats": 10}, taken={"good": Decimal(0)})
    answer_questionnaire(draft.pk, new, by=rep, at=NOON)
    tell({"seats": 30})
    found = draft.lines.filter(product__sku="SEATS").order_by("position")
    assert [int(line.quantity) for line in found] == [30, 10]


def test_a_rep_may_take_less_or_nothing_of_what_is_proposed(tell, draft):
    guided = tell({"seats": 20}, box=0, seats=18)
    assert lines(draft) == {"SEATS": 18, "SUP": 20}
    kept = {row["key"]: (row["proposed"], row["taken"]) for row in GuidedAnswers.objects.get().proposed}  # fmt: skip
    assert kept == {"seats": ("20", "18"), "box": ("2", "0"), "good": ("20", "20")}
    left_out = next(offer for offer in guided.offers if offer.key == "box")
    assert left_out.over_term == 2 * 189


def test_what_cannot_be_had_is_said_and_the_rest_is_added(tell, draft, products):
    Price.objects.filter(product=products["SEATS"]).delete()
    Product.objects.filter(sku="BOX").update(ends_on=draft.starts_on)
    Product.objects.filter(sku="SUP").update(is_active=False)
    guided = tell({"seats": 60, "home": True})
    assert lines(draft) == {"SLA": 1, "SETUP": 1}
    assert {offer.key: offer.problem for offer in guided.offers if offer.problem} == {
        "seats": "List EUR has no price for Telephony seat on 01 Jan 2027.",
        "box": "Router has expired: it was sold until 31 Dec 2026, not on 01 Jan 2027. "
        "Choose another product.",
        "good": "Support is no longer sold. Choose another product.",
        "home": "Support is no longer sold. Choose another product.",
    }
    assert draft.lines.get(product__sku="SLA").is_chosen


def test_a_bundle_against_its_rules_is_said_in_their_words(tell, draft, office):
    row = Questionnaire.objects.get(pk=office.pk)
    row.proposals[4]["options"][0]["quantity"] = "9"
    row.save()
    guided = tell({"seats": 5, "home": True})
    assert next(one.problem for one in guided.offers if one.key == "home") == (
        "Support: each Home bundle takes 0 to 5 of it, not 9; take 4 fewer."
    )


def test_answers_that_are_missing_or_wrong_change_nothing(tell, draft):
    with pytest.raises(Refused, match=r"How many seats\? An answer is needed here") as refusal:
        tell({})
    assert refusal.value.field == "seats"
    with pytest.raises(Refused, match="Give a number from 0"):
        tell({"seats": -1})
    with pytest.raises(Refused, match="A quantity has at most six decimals"):
        tell({"seats": 5}, seats="1.23456789")
    assert lines(draft) == {}
    assert not GuidedAnswers.objects.exists()


def test_a_line_that_a_colleague_changed_meanwhile_is_not_overwritten(tell, draft, rep):
    tell({"seats": 20})
    seen = Quote.objects.get(pk=draft.pk).edit_version
    box = draft.lines.get(product__sku="BOX")
    change_line(box.pk, {"quantity": Decimal(5)}, by=rep, at=NOON)
    with pytest.raises(StaleVersion):
        tell({"seats": 40}, seen=seen)
    assert lines(draft)["SEATS"] == 20


def test_one_undo_takes_back_all_that_answers_brought(tell, draft, rep):
    tell({"seats": 60})
    undo_edit(draft.pk, by=rep, at=NOON)
    assert lines(draft) == {}
    tell({"seats": 60}, seats=60)
    assert lines(draft) == {"SEATS": 60}


def test_answers_go_along_with_a_revision_and_a_copy(tell, draft, rep, office):
    tell({"seats": 20})
    submit_quote(draft.pk, by=rep, at=NOON)
    send_quote(draft.pk, by=rep, at=NOON)
    for new in (revise_quote(draft.pk, by=rep, at=NOON), clone_quote(draft.pk, by=rep, at=NOON)):
        kept = new.guided.get()
        assert (kept.answers["seats"], kept.at, kept.by) == ("20", NOON, rep)
        again = GuidedDraft(questionnaire_id=office.pk, answers={"seats": 30})
        answer_questionnaire(new.pk, again, by=rep, at=NOON)
        assert lines(new) == {"SEATS": 30, "BOX": 3, "SUP": 30}
    assert GuidedAnswers.objects.get(quote=draft).answers["seats"] == "20"


def test_merged_answers_come_along_and_what_both_answered_is_changed_once(
    tell, draft, customer, office, rep
):
    def another(seats):
        quote = create_quote(
            NewQuote(customer_id=customer.pk, starts_on=draft.starts_on), by=rep, at=NOON
        )
        new = GuidedDraft(questionnaire_id=office.pk, answers={"seats": seats})
        answer_questionnaire(quote.pk, new, by=rep, at=NOON)
        return quote

    merge_quotes(draft.pk, another(10).pk, by=rep, at=NOON)
    assert draft.guided.get().answers["seats"] == "10"
    merge_quotes(draft.pk, another(20).pk, by=rep, at=NOON)
    assert draft.guided.get().answers["seats"] == "10"
    tell({"seats": 30})
    found = draft.lines.filter(product__sku="SEATS").order_by("position")
    assert [int(line.quantity) for line in found] == [30, 20]


# Questionnaires


def test_an_edition_that_was_answered_stays_for_whom_it_guided(tell, draft, office, written, admin):
    tell({"seats": 20})
    with pytest.raises(Refused, match="in force or answered"):
        change_questionnaire(office.pk, written, by=admin, at=NOON)
    change = draft_next_edition(office.pk, by=admin, at=NOON)
    assert draft_next_edition(office.pk, by=admin, at=NOON) == change
    fewer = replace(draft_of_questionnaire(change), proposals=written.proposals[:1])
    change_questionnaire(change.pk, fewer, by=admin, at=NOON, seen=change.version)
    with pytest.raises(StaleVersion):
        change_questionnaire(change.pk, fewer, by=admin, at=NOON, seen=change.version)
    activate_questionnaire(change.pk, by=admin, at=NOON)
    office.refresh_from_db()
    assert (office.is_active, Questionnaire.objects.get(is_active=True).edition) == (False, 2)
    with pytest.raises(Refused, match="in force or answered"):
        change_questionnaire(office.pk, written, by=admin, at=NOON)
    assert offered_to(draft, on=TODAY) == [office]
    tell({"seats": 40})
    assert lines(draft)["BOX"] == 4


def test_a_questionnaire_out_of_force_or_for_others_is_not_asked(
    draft, rep, admin, written, office
):
    def refused(row, words):
        new = GuidedDraft(questionnaire_id=row.pk, answers={"seats": 1})
        with pytest.raises(Refused, match=words):
            answer_questionnaire(draft.pk, new, by=rep, at=NOON)

    retire_questionnaire(office.pk, by=admin, at=NOON)
    refused(office, "“Office” is not in force")
    public = replace(
        written,
        name="Public",
        offered=({"field": "segment", "operator": "is", "value": ["public"]},),
        starts_on=TODAY,
    )
    row = add_questionnaire(public, by=admin, at=NOON)
    activate_questionnaire(row.pk, by=admin, at=NOON)
    refused(row, "is not for this quote: it needs customer segment public; here it is none")
    assert offered_to(draft, on=TODAY) == []
    draft.customer.segment = "public"
    draft.customer.save()
    assert offered_to(draft, on=TODAY) == [row]
    assert offered_to(draft, on=TODAY - timedelta(days=1)) == []


def test_two_of_one_name_are_not_in_force(office, written, admin):
    other = add_questionnaire(written, by=admin, at=NOON)
    with pytest.raises(Refused, match="Another “Office” is in force"):
        activate_questionnaire(other.pk, by=admin, at=NOON)


def test_reps_write_no_questionnaires_and_answer_only_for_their_own_quotes(
    written, rep, rep2, office, draft
):
    for act in (
        lambda: add_questionnaire(written, by=rep, at=NOON),
        lambda: change_questionnaire(office.pk, written, by=rep, at=NOON),
        lambda: draft_next_edition(office.pk, by=rep, at=NOON),
        lambda: activate_questionnaire(office.pk, by=rep, at=NOON),
        lambda: retire_questionnaire(office.pk, by=rep, at=NOON),
        lambda: answer_questionnaire(
            draft.pk,
            GuidedDraft(questionnaire_id=office.pk, answers={"seats": 1}),
            by=rep2,
            at=NOON,
        ),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_the_number_of_queries_does_not_grow_with_the_proposals(office, draft):
    def asked(answers):
        with CaptureQueriesContext(connection) as found:
            guide(Quote.objects.get(pk=draft.pk), office, answers)
        return len(found)

    few = asked({"seats": 5, "home": True})
    office.proposals = [
        {**one, "key": f"{one['key']}_{n}"} for n in range(5) for one in office.proposals
    ]
    assert asked({"seats": 60, "home": True}) == few
