"""Templates of contracts, and when legal is asked about them, are written by programs."""

import pytest

from q2c.identity.roles import Role
from tests.api.test_core import problem
from tests.api.test_path import ok

LAW = {"language": "en", "title": "Law", "body": "German law, {{ customer_name }}."}


@pytest.fixture
def counsel(keys, entities):
    return keys[Role.LEGAL]


@pytest.fixture
def law(counsel):
    return ok(counsel.post("clauses", {"name": "Law of Kiel", "texts": [LAW]}), 201)["id"]


@pytest.fixture
def made(counsel, law):
    body = {"name": "Kiel", "language": "en", "clauses": [{"clause_id": law}]}
    return ok(counsel.post("contract-templates", body), 201)


def test_a_template_is_made_of_clauses_and_says_its_words_as_of_now(counsel, law, made):
    url = f"contract-templates/{made['id']}"
    assert made["clauses"] == [{"clause_id": law, "when": "", "version": None}]
    assert (made["version"], made["is_default"]) == (1, False)
    assert ok(counsel.get(f"{url}/text")) == [{"title": "Law", "body": LAW["body"], "when": ""}]
    found = ok(counsel.get("contract-templates", clause_id=law))["data"]
    assert [one["id"] for one in found] == [made["id"]]
    assert ok(counsel.get(f"{url}/history"))[0]["name"] == "ContractTemplateEdited"


def test_a_place_is_pinned_under_the_version_that_was_read(counsel, law, made):
    url = f"contract-templates/{made['id']}"
    etag = counsel.get(url)["ETag"]
    places = [{"clause_id": law, "when": "goods", "version": 1}]
    changed = ok(counsel.patch(url, {"clauses": places}, etag=etag))
    assert (changed["clauses"], changed["version"]) == (places, 2)
    problem(counsel.patch(url, {"name": "Late"}, etag=etag), 412, "stale_version")
    renamed = ok(counsel.patch(url, {"name": "Harbour"}, etag='"2"'))
    assert (renamed["name"], renamed["clauses"]) == ("Harbour", places)


def test_a_template_without_a_usable_clause_is_refused_where_it_is_wrong(counsel, made):
    url = "contract-templates"
    body = {"name": "Empty", "language": "en", "clauses": []}
    assert problem(counsel.post(url, body), 422, "refused")["errors"][0]["pointer"] == "/clauses"
    unknown = {**body, "clauses": [{"clause_id": 999_999}]}
    words = problem(counsel.post(url, unknown), 422, "refused")["detail"]
    assert words == "Clause 1 is not one that is in use."
    strange = {**body, "clauses": [{"clause_id": 1, "when": "full moon"}]}
    problem(counsel.post(url, strange), 422, "invalid")


def test_templates_are_written_by_legal_alone_and_with_the_scope(keys, api_for, person, made):
    problem(keys[Role.SALES_REP].get("contract-templates"), 403, "not_allowed")
    reader = api_for(person(Role.LEGAL, "reader"), "contracts:read")
    assert ok(reader.get(f"contract-templates/{made['id']}"))["name"] == "Kiel"
    body = {"name": "X", "language": "en", "clauses": []}
    problem(reader.post("contract-templates", body), 403, "scope_missing")


def test_policies_say_from_which_total_or_term_legal_is_asked(keys, entities):
    admin, url = keys[Role.ADMINISTRATOR], "contract-policies"
    body = {"name": "Long ones", "currency": "EUR", "legal_from_months": 36}
    made = ok(admin.post(url, body), 201)
    assert (made["legal_from_total"], made["is_active"], made["version"]) == (None, True, 1)
    one = f"{url}/{made['id']}"
    limit = {"legal_from_months": None, "legal_from_total": "50000"}
    changed = ok(admin.patch(one, limit, etag='"1"'))
    assert (changed["legal_from_total"], changed["version"]) == ("50000.0000", 2)
    nothing = problem(admin.patch(one, {"legal_from_total": None}, etag='"2"'), 422, "refused")
    assert nothing["errors"][0]["pointer"] == "/legal_from_total"
    problem(keys[Role.LEGAL].get(url), 403, "not_allowed")
