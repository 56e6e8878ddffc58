"""Guided selling on its pages: an administrator writes and tries it, a rep answers."""

from decimal import Decimal

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from quotes.actions import activate_questionnaire, add_questionnaire
from quotes.models import GuidedAnswers, Questionnaire, Quote
from tests.quotes.conftest import NOON
from tests.quotes.test_guiding import lines


@pytest.fixture
def office(written, admin):
    row = add_questionnaire(written, by=admin, at=NOON)
    return activate_questionnaire(row.pk, by=admin, at=NOON)


@pytest.fixture
def url(draft, office):
    return reverse("quotes:guided_by", args=[draft.pk, office.pk])


def typed(**answers):
    return {"shown": ["seats", "home"], "answer-seats": "20", "answer-home": "no", **answers}


ROWS = {"conditions-TOTAL_FORMS": "1", "conditions-INITIAL_FORMS": "0"}


def condition(question, operator, value):
    names = ("question", "operator", "value")
    typed = zip(names, (question, operator, value), strict=True)
    return ROWS | {f"conditions-0-{name}": given for name, given in typed}


def test_an_administrator_writes_tries_and_puts_a_questionnaire_in_force(
    client, admin, products, book, draft
):
    client.force_login(admin)
    assert "No questionnaires yet" in client.get("/questionnaires/").text
    head = {"name": "Shop", "description": "For shops.", "offered-TOTAL_FORMS": "1",
            "offered-INITIAL_FORMS": "0", "offered-0-field": "currency",
            "offered-0-operator": "is", "offered-0-value": "eur"}  # fmt: skip
    page = client.post("/questionnaires/new/", head, follow=True)
    row = Questionnaire.objects.get()
    here = f"/questionnaires/{row.pk}/"
    assert "Before it can be put in force" in page.text
    assert "currency EUR" in page.text
    refused = client.post(f"{here}activate/")
    assert (refused.status_code, "add a question" in refused.text) == (422, True)

    tills = {"text": "How many tills?", "kind": "number", "least": "1", "is_required": "on"}
    client.post(f"{here}questions/new/", tills | ROWS)
    size = {"text": "Which size?", "kind": "one", "choices": "Small"}
    wrong = client.post(f"{here}questions/new/", size | ROWS)
    assert (wrong.status_code, "Give 2 to 30 choices" in wrong.text) == (422, True)
    size["choices"] = "Small\nLarge"
    client.post(f"{here}questions/new/", size | condition("how_many_tills", "at_least", "3"))
    many = {"text": "Extras?", "kind": "many", "choices": "Films\nMusic", "default": "Films; Music"}
    page = client.post(f"{here}questions/new/", many | ROWS, follow=True)
    assert "Asked when “How many tills?” is 3 or more" in page.text
    assert "begins with “Films, Music”" in page.text

    box = {"product": "BOX", "quantity_from": "how_many_tills", "factor": "0,5", "role": "line"}
    wrong = client.post(f"{here}proposals/new/", box | ROWS | {"product": "NONE"})
    assert "Choose one of our products by its SKU." in wrong.text
    page = client.post(f"{here}proposals/new/", box | ROWS, follow=True)
    assert "“How many tills?” × 0.5, rounded up" in page.text
    home = {"product": "HOME", "quantity": "1", "role": "option", "why": "For the owner."}
    asked = client.post(f"{here}proposals/new/", home | condition("which_size", "is", "Large"))
    assert "is a bundle: say below which options" in asked.text
    option = {"options-TOTAL_FORMS": "1", "options-INITIAL_FORMS": "0", "options-0-quantity": "3",
              "options-0-option": str(products["SUP"].pk)}  # fmt: skip
    page = client.post(
        f"{here}proposals/new/",
        home | condition("which_size", "is", "Large") | option,
        follow=True,
    )
    assert "3 × Support" in page.text
    assert "When “Which size?” is Large" in page.text
    assert "For the owner." in client.get(f"{here}proposals/1/").text
    good = {"product": "SUP", "role": "choice", "group": "Help", "choice": "Good",
            "group_de": "Hilfe", "choice_de": "Gut"}  # fmt: skip
    page = client.post(f"{here}proposals/new/", good | ROWS, follow=True)
    assert "in de Hilfe: Gut" in page.text
    assert 'value="Hilfe"' in client.get(f"{here}proposals/2/").text
    client.post(f"{here}proposals/2/remove/")

    # A question stays before those that look at it, and is not removed from under them.
    page = client.post(f"{here}questions/0/down/", follow=True)
    assert "which is no question before this one" in page.text
    page = client.post(f"{here}questions/1/remove/", follow=True)
    assert "proposal 2”: Condition 1 speaks of “which_size”" in page.text
    client.post(f"{here}questions/2/up/")
    assert [q["key"] for q in Questionnaire.objects.get().questions] == [
        "how_many_tills", "extras", "which_size",
    ]  # fmt: skip

    answers = {"shown": ["how_many_tills", "which_size", "extras"], "answer-how_many_tills": "5",
               "answer-which_size": "Large"}  # fmt: skip
    tried = client.post(f"{here}try/", answers)
    assert 'value="3"' in tried.text
    assert "189.00" not in tried.text
    priced = client.post(f"{here}try/", answers | {"number": draft.number})
    assert "567.00 EUR" in priced.text
    assert not GuidedAnswers.objects.exists()
    assert lines(draft) == {}

    page = client.post(f"{here}activate/", follow=True)
    assert "Shop is asked from now on." in page.text
    client.post(f"{here}change/")
    change = Questionnaire.objects.get(edition=2)
    page = client.post(f"/questionnaires/{change.pk}/proposals/1/remove/", follow=True)
    assert "takes the place of" in page.text
    client.post(f"/questionnaires/{change.pk}/activate/")
    client.post(f"/questionnaires/{change.pk}/retire/")
    assert not Questionnaire.objects.filter(is_active=True).exists()
    assert "Shop" in client.get("/questionnaires/?q=shop").text
    assert "No questionnaire matches" in client.get("/questionnaires/?q=ship").text


def test_a_rep_reads_questionnaires_and_changes_none(client, rep, office):
    client.force_login(rep)
    here = f"/questionnaires/{office.pk}/"
    assert "Draft a change" not in client.get(here).text
    for path in ("edit/", "try/", "questions/0/", "proposals/new/"):
        assert client.get(here + path).status_code == 403
    for path in ("activate/", "retire/", "change/", "questions/0/remove/"):
        assert client.post(here + path).status_code == 403


def test_a_rep_answers_and_adds_and_answers_again(client, rep, draft, url):
    client.force_login(rep)
    assert (
        "Create and answer questions"
        in client.get(f"/quotes/new/?customer={draft.customer_id}").text
    )
    assert client.get(f"/quotes/{draft.pk}/guided/").url == url
    assert "Answer the questions to see what fits." in client.get(url).text
    live = client.post(url, typed(**{"answer-home": "yes"}), headers={"HX-Request": "true"})
    assert 'id="question-homes" hx-swap-oob="true"' in live.text
    assert "How many homes?" in live.text
    assert "3,360.00 EUR" in live.text
    assert "A seat each." in live.text
    missing = client.post(url, typed(**{"answer-seats": "", "do": "add"}))
    assert (missing.status_code, "An answer is needed here." in missing.text) == (422, True)
    page = client.post(url, typed(do="add"), follow=True)
    assert "Lines: 3 added." in page.text
    assert lines(draft) == {"SEATS": 20, "BOX": 2, "SUP": 20}
    again = client.get(url)
    assert "On the quote" in again.text
    assert "Keep the answers" in again.text
    more = client.post(url, typed(**{"answer-seats": "60"}), headers={"HX-Request": "true"})
    assert "20 → 60" in more.text
    assert "Change the quote" in more.text
    page = client.post(url, typed(**{"answer-seats": "60", "do": "add"}), follow=True)
    assert "Lines: 2 added, 3 changed." in page.text
    detail = client.get(f"/quotes/{draft.pk}/")
    assert "Guided by Office" in detail.text
    assert "How many seats?: <del>20</del> → <ins>60</ins>" in detail.text


def test_what_a_rep_unticks_and_types_is_taken_so_until_another_number_is_proposed(
    client, rep, draft, url
):
    client.force_login(rep)
    mine = typed(
        offered=["seats", "box", "good"],
        **{
            "take-seats": "on", "proposed-seats": "20", "quantity-seats": "18",
            "proposed-box": "2", "quantity-box": "2",
            "take-good": "on", "proposed-good": "10", "quantity-good": "10",
            "do": "add",
        },
    )  # fmt: skip
    client.post(url, mine)
    assert lines(draft) == {"SEATS": 18, "SUP": 20}
    wrong = client.post(url, mine | {"quantity-seats": "many"})
    assert (wrong.status_code, "“many” is not a number" in wrong.text) == (422, True)


def test_a_colleagues_quote_and_one_that_is_sent_are_not_guided(client, rep2, rep, sent, office):
    client.force_login(rep2)
    here = f"/quotes/{sent.pk}/guided/"
    assert client.get(here).status_code == 404
    client.force_login(rep)
    assert client.get(here).url == f"/quotes/{sent.pk}/"
    assert client.post(f"{here}{office.pk}/", typed(do="add")).url == here


def test_of_several_questionnaires_a_rep_chooses_and_of_none_is_told(
    client,
    rep,
    draft,
    office,
    written,
    admin,
):
    client.force_login(rep)
    Questionnaire.objects.filter(pk=office.pk).update(is_active=False)
    here = f"/quotes/{draft.pk}/guided/"
    assert "No questionnaire is offered here" in client.get(here).text
    Questionnaire.objects.filter(pk=office.pk).update(is_active=True)
    Questionnaire.objects.create(
        name="Shop", questions=office.questions, proposals=office.proposals, is_active=True,
        created_at=NOON,
    )  # fmt: skip
    page = client.get(here)
    assert "Office" in page.text
    assert "Shop" in page.text


@pytest.mark.django_db(transaction=True)
def test_proposals_follow_the_answers_in_a_browser(
    transactional_db, signed_in, axe, rep, draft, url
):
    page = signed_in(rep)
    page.goto(url)
    seats = page.get_by_label("How many seats?")
    seats.fill("60")
    expect(page.locator("#offers")).to_contain_text("Support: Best, recommended")
    expect(page.locator("#offers")).to_contain_text("10,524.00 EUR")
    expect(seats).to_be_focused()
    page.get_by_label("Yes").check()
    homes = page.get_by_label("How many homes?")
    homes.fill("2")
    expect(page.locator("#offers")).to_contain_text("4 × Support, 2 × Router")
    page.get_by_role("checkbox", name="Router").uncheck()
    expect(page.locator("#take-box")).not_to_be_checked()
    page.get_by_label("Quantity of Telephony seat").fill("55")
    expect(page.get_by_label("Quantity of Telephony seat")).to_have_value("55")
    page.get_by_label("No", exact=True).check()
    expect(homes).to_have_count(0)
    axe()
    page.get_by_role("button", name="Add to quote").click()
    expect(page.get_by_text("Lines: 4 added.")).to_be_visible()
    assert lines(draft) == {"SEATS": 55, "SUP": 60, "SLA": 1, "SETUP": 1}
    assert Quote.objects.get(pk=draft.pk).contract_total == Decimal("8820.00")
