"""The library's pages, the page of a swap, and the same by program; who may, and what they show."""

import pytest
from django.test import Client
from django.urls import reverse

from contracts.actions import Swap, swap_clause
from contracts.models import Clause
from q2c.identity.models import User
from q2c.identity.roles import Role
from tests.api.conftest import api_for  # noqa: F401
from tests.contracts.factories import AT, a_clause, an_english_clause
from tests.support.queries import assert_constant

EDITORS = {Role.SALES_MANAGER, Role.LEGAL, Role.FINANCE_MANAGER, Role.ADMINISTRATOR}


def at(name, *args):
    return reverse(f"contracts:{name}", args=args)


def browser_of(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def law(db):
    return an_english_clause("Law", "German law.", topic="Courts")


@pytest.fixture
def swapped(contract, legal):
    """A contract whose clause “Term” stands in another wording."""
    main = Clause.objects.get(name="Term")
    text = {"en": {"title": "Term", "body": "From {{ starts_on }} without end."}}
    other = a_clause(text, name="Endless", alternate_of=main)
    position = contract.clauses.get(standard__clause=main).position
    why = Swap(position=position, clause_id=other.pk, reason="They stay for good.")
    return swap_clause(contract.pk, why, by=legal, at=AT)


@pytest.mark.parametrize("role", Role)
def test_who_keeps_templates_keeps_clauses(law, api_for, role):  # noqa: F811
    user, _ = User.objects.get_or_create(
        email="who@brightline.example", defaults={"full_name": "Who", "role": role.value}
    )
    may, client, program = role in EDITORS, browser_of(user), api_for(user, "contracts:read")
    for page in (at("clauses"), at("clause", law.pk), at("clause_new"), at("clause_edit", law.pk)):
        assert client.get(page).status_code == (200 if may else 403), page
    for page in (at("clause_archive", law.pk), at("clause_restore", law.pk)):
        assert client.post(page).status_code == (302 if may else 403), page
    assert program.get("clauses").status_code == (200 if may else 403)


def form_of(clause=None, **given):
    data = {"name": "Law", "topic": "Courts", "seen": clause.version if clause else ""}
    return {**data, "title_en": "Law", "body_en": "German law.", **given}


def test_legal_writes_a_clause_in_two_languages_and_a_new_version(legal):
    client = browser_of(legal)
    data = form_of(title_de="Recht", body_de="Deutsches Recht.")
    page = client.post(at("clause_new"), data, follow=True)
    assert "Law is saved as version 1. 0 templates follow it" in page.text
    clause = Clause.objects.get()
    changed = {**data, "seen": 1, "body_de": "Dänisches Recht."}
    answer = client.post(at("clause_edit", clause.pk), changed)
    assert (answer.status_code, "Say why the words change." in answer.text) == (422, True)
    page = client.post(at("clause_edit", clause.pk), {**changed, "reason": "Moved."}, follow=True)
    assert "“Moved.”" in page.text
    assert "<del>Deutsches</del><ins>Dänisches</ins> Recht." in page.text
    stale = client.post(at("clause_edit", clause.pk), {**changed, "reason": "Again."})
    assert "Somebody else has saved this" in stale.text


def test_a_text_that_cannot_be_printed_is_refused_beside_it(legal):
    data = form_of(title_fr="Droit", body_fr="{{ remise }}")
    answer = browser_of(legal).post(at("clause_new"), data)
    assert answer.status_code == 422
    assert "which no contract has" in str(answer.context["form"].errors["body_fr"])
    mandatory = form_of(is_mandatory="on")
    answer = browser_of(legal).post(at("clause_new"), mandatory)
    assert "approver" in answer.context["form"].errors
    assert not Clause.objects.exists()


def test_a_mandatory_clause_says_to_others_whose_it_is(law, legal, manager):
    Clause.objects.filter(pk=law.pk).update(is_mandatory=True, approver=legal)
    assert f"only {legal.full_name} may change its words" in (
        browser_of(manager).get(at("clause", law.pk)).text
    )
    data = form_of(law, body_en="None.", reason="x", is_mandatory="on",
                   approver=f"person:{legal.pk}")  # fmt: skip
    answer = browser_of(manager).post(at("clause_edit", law.pk), data)
    assert (answer.status_code, "“Law” is mandatory" in answer.text) == (403, True)
    answer = browser_of(legal).post(at("clause_edit", law.pk), data)
    assert answer.status_code == 302


def test_the_library_is_searched_by_name_topic_and_words_and_keeps_the_archived_apart(law, legal):
    client = browser_of(legal)
    an_english_clause("Old", archived_at=AT)
    for query, found in (("", True), ("?q=courts german", True), ("?q=danish", False)):
        assert (">Law</a>" in client.get(at("clauses") + query).text) is found, query
    assert ">Old</a>" not in client.get(at("clauses")).text
    assert ">Old</a>" in client.get(at("clauses") + "?show=archived").text
    assert "No clause matches" in client.get(at("clauses") + "?q=danish").text


def test_a_clause_that_a_template_takes_is_not_archived(template, legal):
    term = Clause.objects.get(name="Term")
    page = browser_of(legal).post(at("clause_archive", term.pk), follow=True)
    assert f"Take it out of “{template.name}” first." in page.text


def test_legal_swaps_a_clause_on_its_page(contract, legal, finance, fresh):
    main = Clause.objects.get(name="Term")
    a_clause(
        {"en": {"title": "Term", "body": "From {{ starts_on }} without end."}},
        name="Endless",
        alternate_of=main,
    )
    page = at("swap", contract.pk, contract.clauses.get(standard__clause=main).position)
    client, other = browser_of(legal), Clause.objects.get(name="Endless")
    shown = client.get(page).text
    assert "<ins>without end.</ins>" in shown.replace("<ins> ", "<ins>")
    assert client.post(page, {"clause": other.pk}).status_code == 422
    stale = client.post(page, {"clause": other.pk, "reason": "x", "text": "0" * 64})
    assert "The text has changed since you opened the page." in stale.text
    data = {"clause": other.pk, "reason": "They stay for good.", "text": contract.content_hash}
    done = client.post(page, data, follow=True).text
    assert "The text deviates from the clause library:" in done
    assert "They stay for good." in done
    assert "From 1 Jan 2027 without end." in done
    assert "Legal may swap it or leave it out" in browser_of(finance).get(page).text
    assert client.get(at("swap", contract.pk, 99)).status_code == 404


def test_a_clause_left_out_stands_on_the_page_as_such(contract, legal, client):
    position = contract.clauses.get(standard__clause__name="Parties").position
    data = {"clause": "none", "reason": "Said elsewhere."}
    page = browser_of(legal).post(at("swap", contract.pk, position), data, follow=True).text
    assert "<del>Parties</del>" in page
    assert "1. Term" in page


def test_the_desk_approves_the_text_that_it_read(swapped, contract, finance, fresh):
    client, page = browser_of(finance), at("approve", contract.pk, "finance")
    answer = client.post(page, {"text": contract.content_hash})  # as it was before the swap
    assert (answer.status_code, "changed since you opened" in answer.text) == (422, True)
    assert client.post(page, {"text": swapped.content_hash}).status_code == 302


def test_contracts_are_listed_by_deviation_and_by_clause(swapped, make_contract, legal):
    other, client = make_contract(), browser_of(legal)
    endless = Clause.objects.get(name="Endless").pk
    for query, listed in (
        ("?text=deviates", {swapped.number}),
        ("?text=standard", {other.number}),
        (f"?clause={endless}", {swapped.number}),
        (f"?clause={endless}&text=standard", set()),
        ("?clause=99999999999999999999&text=x", {swapped.number, other.number}),
    ):
        page = client.get(at("list") + query).text
        assert {one for one in (swapped.number, other.number) if one in page} == listed, query


def test_no_page_of_clauses_asks_more_as_they_grow(law, template, swapped, legal):
    def more():
        for _ in range(8):
            clause = an_english_clause("Clause")
            position = template.places.count() + 1
            template.places.create(position=position, clause=clause)
            a_clause({"en": {"title": "Other", "body": "Words."}}, alternate_of=law)

    client = browser_of(legal)
    for page in (at("clauses"), at("clause", law.pk), at("template", template.pk)):
        assert_constant(client, page, more)
    assert Clause.objects.count() > 48


# Programs


def test_a_program_writes_a_clause_its_versions_and_puts_it_away(legal, api_for):  # noqa: F811
    program = api_for(legal, "contracts:read", "contracts:write")
    text = {"language": "en", "title": "Law", "body": "German law."}
    made = program.post("clauses", {"name": "Law", "topic": "Courts", "texts": [text]})
    assert (made.status_code, made.json()["version"]) == (201, 1)
    path = f"clauses/{made.json()['id']}"
    new = {"texts": [{**text, "body": "Danish law."}], "reason": "Moved."}
    second = program.post(f"{path}/new-version", new).json()
    assert [(v["number"], v["texts"][0]["body"]) for v in second["versions"]] == [
        (2, "Danish law."),
        (1, "German law."),
    ]
    assert second["versions"][0]["reason"] == "Moved."
    etag = program.get(path)["ETag"]
    assert program.patch(path, {"topic": "Seat"}, etag='"1"').status_code == 412
    changed = program.patch(path, {"topic": "Seat"}, etag=etag).json()
    assert (changed["topic"], changed["version"]) == ("Seat", 2)
    assert program.post(f"{path}/archive").json()["archived_at"] is not None
    assert program.get("clauses", archived="false").json()["data"] == []
    assert [row["name"] for row in program.get("clauses", q="danish").json()["data"]] == ["Law"]
    assert program.post(f"{path}/restore").json()["archived_at"] is None
    bad = program.post("clauses", {"name": "Law", "texts": [text]})
    assert (bad.status_code, "Another one has this name." in bad.text) == (422, True)


def test_a_program_without_the_scope_writes_nothing(law, legal, contract, api_for):  # noqa: F811
    program = api_for(legal, "contracts:read")
    for path, body in (
        (f"clauses/{law.pk}/archive", {}),
        (f"contracts/{contract.pk}/swap-clause", {"position": 0, "clause_id": None, "reason": "x"}),
    ):
        answer = program.post(path, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


def test_a_program_swaps_a_clause_and_finds_the_contract_by_it(
    contract,
    make_contract,
    legal,
    finance,
    api_for,  # noqa: F811
):
    make_contract()
    main = Clause.objects.get(name="Term")
    text = {"en": {"title": "Term", "body": "Without end."}}
    other = a_clause(text, name="Endless", alternate_of=main)
    program = api_for(legal, "contracts:read", "contracts:write")
    place = next(
        row
        for row in program.get(f"contracts/{contract.pk}").json()["clauses"]
        if row["standard"]["clause_id"] == main.pk
    )
    wanted = {"position": place["position"], "clause_id": other.pk, "reason": "They stay."}
    path = f"contracts/{contract.pk}/swap-clause"
    answer = program.post(path, wanted).json()
    assert answer["body"][place["position"]] == {"title": "Term", "body": "Without end."}
    for query in ({"deviates": "true"}, {"clause_id": other.pk}):
        found = program.get("contracts", **query).json()["data"]
        assert [row["id"] for row in found] == [contract.pk]
    stale = {**wanted, "clause_id": None, "content_hash": contract.content_hash}
    assert program.post(path, stale).json()["code"] == "stale_version"
    approver = api_for(finance, "contracts:read", "contracts:approve")
    words = {"desk": "finance", "content_hash": contract.content_hash}
    answer = approver.post(f"contracts/{contract.pk}/approve", words)
    assert answer.json()["code"] == "stale_version"
