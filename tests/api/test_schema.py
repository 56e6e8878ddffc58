"""The description of the API and the pages that show it."""

import json
import re

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from q2c.runtime.bootstrap import ROOT


@pytest.fixture(scope="module")
def schema():
    with GENERATOR_STATS.silence():
        GENERATOR_STATS.reset()
        made = SchemaGenerator().get_schema(request=None, public=True)
        complaints = [*GENERATOR_STATS._error_cache, *GENERATOR_STATS._warn_cache]
    assert complaints == []
    return made


def operations(schema):
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_it_is_valid_openapi_3_1(schema):
    validate_schema(schema)
    assert schema["openapi"] == "3.1.0"


def test_the_kept_description_is_the_true_one(schema):
    """A change of the API shows in a diff: manage.py spectacular --format openapi-json --file …"""
    kept = json.loads((ROOT / "docs" / "openapi.json").read_text())
    assert json.loads(json.dumps(schema, default=str)) == kept


def test_every_resource_of_the_api_is_in_it(schema):
    roots = {path.split("/")[3] for path in schema["paths"]}
    assert roots == {
        "customers", "products", "quotes", "contracts", "orders", "subscriptions", "usage",
        "invoices", "payments", "billing-runs", "legal-entities", "price-books", "price-rules",
        "approval-policies", "questionnaires", "clauses",
        "contract-templates", "contract-policies",
        "approvals", "approvers", "delegations", "standing-grants",
        "quote-templates", "close-reasons", "price-rule-trials",
    }  # fmt: skip


def test_every_operation_has_a_name_a_summary_and_its_problems(schema):
    names = [operation["operationId"] for _, _, operation in operations(schema)]
    assert len(names) == len(set(names))
    for path, method, operation in operations(schema):
        assert operation["summary"], (method, path)
        assert {"401", "403", "429"} <= operation["responses"].keys(), (method, path)
        assert operation["security"] == [{"key": []}], (method, path)


def test_every_post_asks_for_an_idempotency_key_and_every_patch_for_a_version(schema):
    for path, method, operation in operations(schema):
        headers = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "header"}
        if method == "post" and path != "/api/v1/usage":  # its events have keys of their own
            assert headers == {"Idempotency-Key"}, path
        if method == "patch":
            assert headers == {"If-Match"}, path


def test_no_cost_leaves_the_house_and_a_margin_only_to_its_approver(schema):
    for name, component in schema["components"]["schemas"].items():
        if name.endswith(("Input", "Change", "Request")) or name in ("Problem", "ApprovalCase"):
            continue
        leaking = [p for p in component.get("properties", ()) if re.search("cost|margin", p)]
        assert leaking == [], name


def test_no_amount_is_a_number(schema):
    for name, component in schema["components"]["schemas"].items():
        for field, described in component.get("properties", {}).items():
            assert described.get("type") != "number", (name, field)


def test_the_pages_need_nothing_from_elsewhere(client, db):
    for name in ("docs", "problems"):
        response = client.get(f"/api/v1/{name}")
        assert response.status_code == 200
        assert not re.search(r"""(src|href)=["']https?:""", response.content.decode()), name
        assert "unsafe-eval" not in response["Content-Security-Policy"]
        script = re.search(r"script-src ([^;]*)", response["Content-Security-Policy"])[1]
        assert "unsafe-inline" not in script
    assert client.get("/api/v1/openapi.json").json()["openapi"] == "3.1.0"
    assert "url:" in client.get("/api/v1/docs?script=").content.decode()
