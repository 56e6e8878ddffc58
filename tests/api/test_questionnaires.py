"""Questionnaires over the API: written, put in force, tried, answered for a quote."""

import pytest

from q2c.catalog.models import Product
from q2c.identity.roles import Role
from quotes.models import GuidedAnswers, QuoteLine
from tests.api.test_core import problem
from tests.api.test_path import a_customer, ok


@pytest.fixture
def sales(keys):
    return keys[Role.SALES_REP]


@pytest.fixture
def manager(keys):
    return keys[Role.SALES_MANAGER]


@pytest.fixture
def body(entities):
    router, seat = (Product.objects.get(sku=sku) for sku in ("ROUTER", "SEAT"))
    return {
        "name": "Office",
        "offered": [{"field": "currency", "operator": "is", "value": ["EUR"]}],
        "questions": [
            {"text": "How many sites?", "kind": "number", "is_required": True, "most": 9},
            {"key": "phones", "text": "Phones?", "kind": "yes_no", "default": "no"},
            {
                "key": "people", "text": "How many people?", "kind": "number",
                "conditions": [{"question": "phones", "operator": "is", "value": ["yes"]}],
            },
        ],
        "proposals": [
            {"key": "box", "product_id": router.pk, "quantity_from": "how_many_sites"},
            {"key": "seat", "product_id": seat.pk, "quantity_from": "people", "role": "option"},
        ],
    }  # fmt: skip


@pytest.fixture
def office(manager, body):
    row = ok(manager.post("questionnaires", body), 201)
    return ok(manager.post(f"questionnaires/{row['id']}/activate"))


@pytest.fixture
def quote(sales, entities):
    customer = a_customer(sales, entities["DE"])
    return ok(sales.post("quotes", {"customer_id": customer["id"]}), 201)


def test_a_questionnaire_is_written_changed_and_put_in_force(manager, sales, body):
    row = ok(manager.post("questionnaires", body), 201)
    assert (row["edition"], row["is_active"]) == (1, False)
    assert row["questions"][0]["key"] == "how_many_sites"
    here = f"questionnaires/{row['id']}"
    etag = manager.get(here)["ETag"]
    assert ok(manager.patch(here, {"description": "x"}, etag=etag))["description"] == "x"
    assert manager.patch(here, {"description": "y"}, etag=etag).status_code == 412
    wrong = {"questions": [{"text": "Which?", "kind": "one", "choices": ["x"]}]}
    refused = problem(manager.patch(here, wrong, etag=manager.get(here)["ETag"]), 422, "refused")
    assert refused["errors"][0]["pointer"] == "/questions/0/choices"
    assert ok(manager.post(f"{here}/activate"))["is_active"]
    change = ok(manager.post(f"{here}/next-edition"), 201)
    assert (change["edition"], change["replaces_id"]) == (2, row["id"])
    assert not ok(manager.post(f"{here}/retire"))["is_active"]
    assert [one["edition"] for one in ok(sales.get("questionnaires", name="Office"))["data"]] == [1, 2]  # fmt: skip
    assert sales.post("questionnaires", body).status_code == 403
    assert sales.post(f"{here}/activate").status_code == 403


def test_answers_are_tried_without_a_quote_and_proposed_for_one(sales, quote, office):
    asked = {"answers": {"how_many_sites": 3, "phones": True}}
    tried = ok(sales.post(f"questionnaires/{office['id']}/try", asked))
    assert tried["totals"] is None
    assert [(one["key"], one["quantity"]) for one in tried["proposals"]] == [("box", "3")]
    asked["questionnaire_id"] = office["id"]
    asked["answers"]["people"] = "4"
    found = ok(sales.post(f"quotes/{quote['id']}/guided-proposals", asked))
    assert [(q["key"], q["answer"]) for q in found["questions"]] == [
        ("how_many_sites", "3"), ("phones", "yes"), ("people", "4"),
    ]  # fmt: skip
    box, seat = found["proposals"]
    assert (box["change"], box["over_term"], box["problem"]) == ("add", "567.00", "")
    assert (seat["role"], seat["over_term"]) == ("option", "672.00")
    assert found["totals"]["contract_total"] == "567.00"
    assert not QuoteLine.objects.exists()


def test_answers_are_given_for_a_quote_and_again(sales, quote, office):
    here = f"quotes/{quote['id']}/guided-answers"
    body = {"questionnaire_id": office["id"], "answers": {"how_many_sites": 3}}
    answered = ok(sales.post(here, body))
    assert [line["quantity"] for line in answered["lines"]] == ["3"]
    assert answered["guided"][0]["answers"] == {"how_many_sites": "3", "phones": "no"}
    more = {**body, "answers": {"how_many_sites": "5"}, "taken": {"box": "6"}}
    answered = ok(sales.post(here, more))
    assert [line["quantity"] for line in answered["lines"]] == ["6"]
    assert answered["guided"][0]["proposed"][0]["proposed"] == "5"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"answers": {}}, "/answers/how_many_sites"),
        ({"answers": {"how_many_sites": 10}}, "/answers/how_many_sites"),
        ({"answers": {"how_many_sites": {"a": 1}}}, "/answers/how_many_sites"),
        ({"answers": {"how_many_sites": 1, "phones": ["x"]}}, "/answers/phones"),
        ({"taken": {"box": "9999999999"}}, "/taken/box"),
        ({"answers": {"how_many_sites": 1, "colour": "red"}}, "/answers/colour"),
        ({"taken": {"van": "1"}}, "/taken/van"),
        ({"questionnaire_id": 0}, "/questionnaire_id"),
    ],
)
def test_wrong_answers_are_pointed_at_and_nothing_is_kept(sales, quote, office, change, pointer):
    body = {"questionnaire_id": office["id"], "answers": {"how_many_sites": 3}, **change}
    refused = problem(sales.post(f"quotes/{quote['id']}/guided-answers", body), 422, "refused")
    assert refused["errors"][0]["pointer"] == pointer
    assert not GuidedAnswers.objects.exists()
    assert not QuoteLine.objects.exists()
