"""Approvals through the API: the inbox, a decision, beforehand, while away, and the policies."""

from datetime import timedelta

import pytest
from django.utils import timezone

from q2c.catalog.models import Product
from q2c.identity.roles import Role
from quotes.models import ApprovalPolicy, ApprovalRequest, Quote
from tests.api.test_core import problem
from tests.api.test_path import a_customer, ok


@pytest.fixture
def sales(keys):
    return keys[Role.SALES_REP]


@pytest.fixture
def manager(keys):
    return keys[Role.SALES_MANAGER]


@pytest.fixture
def quote(sales, entities):
    """Thirty seats at 25 % off, which the sales manager is asked about."""
    customer = a_customer(sales, entities["DE"])
    seat = Product.objects.get(sku="SEAT").pk
    body = {
        "customer_id": customer["id"], "term_months": 24, "discount_percent": "25",
        "lines": [{"product_id": seat, "quantity": "30"}],
    }  # fmt: skip
    return ok(sales.post("quotes", body), 201)


@pytest.fixture
def asked(sales, manager, quote):
    """The step that waits for the sales manager."""
    ok(sales.post(f"quotes/{quote['id']}/submit"))
    return ok(manager.get("approvals", quote_id=quote["id"]))["data"][0]


def test_a_rep_reads_who_would_be_asked_before_submitting(sales, quote):
    needed = ok(sales.get(f"quotes/{quote['id']}/needed-approvals"))
    assert needed[0]["role"] == "sales_manager"
    assert needed[0]["reason"].startswith("Discount of 27.2512 % on “Cloud telephony seat”")
    assert needed[0]["avoid"].startswith("a discount of at most")
    # Somebody is asked about a line below its product's margin, else it stops the quote.
    Product.objects.filter(sku="ROUTER").update(min_margin_percent=99)
    router = {"product_id": Product.objects.get(sku="ROUTER").pk}
    ok(sales.post(f"quotes/{quote['id']}/lines", router), 201)
    assert ok(sales.get(f"quotes/{quote['id']}/hindrances")) == []
    ApprovalPolicy.objects.filter(name__startswith="Below").update(is_active=False)
    (stopped,) = ok(sales.get(f"quotes/{quote['id']}/hindrances"))
    assert "is below its product's minimum of 99 %" in stopped["words"]
    refused = problem(sales.post(f"quotes/{quote['id']}/submit"), 422, "refused")
    assert refused["detail"] == stopped["words"]


def test_an_approver_reads_their_case_and_approves(sales, manager, quote, asked):
    path = f"approvals/{asked['id']}"
    read = ok(manager.get(path))
    case = read["case"]
    assert (case["decided_at"], case["discount_percent"]) == (None, "27.25")
    assert case["margin_percent"] is not None
    assert case["cash"] == "3579.24"  # 12 months at 298.27
    ok(manager.post(f"{path}/comments", {"body": "Why so deep?"}), 201)
    decided = ok(manager.post(f"{path}/approve", {"comment": "Fine."}))
    assert decided["state"] == "approved"
    assert decided["comments"][0]["body"] == "Why so deep?"
    assert ok(manager.get("approvals"))["data"] == []
    history = ok(sales.get(f"quotes/{quote['id']}/history"))
    assert history[0]["name"] in ("QuoteApproved", "QuoteStepApproved")
    assert (history[0]["actor"], history[0]["reason"]) == ("sales_manager", "Fine.")


def test_nobody_approves_their_own_quote_and_no_key_without_the_scope(
    sales, manager, api_for, quote, asked
):
    path = f"approvals/{asked['id']}/approve"
    problem(sales.post(path, {}), 403, "not_allowed")
    narrow = api_for(Quote.objects.get().owner, "quotes:read", "quotes:write")
    problem(narrow.post(path, {}), 403, "scope_missing")
    problem(manager.post(f"approvals/{asked['id']}/refuse", {}), 422, "invalid")
    refused = {"comment": "At most 10 %."}
    assert ok(manager.post(f"approvals/{asked['id']}/refuse", refused))["state"] == "refused"
    assert ok(sales.get(f"quotes/{quote['id']}"))["state"] == "draft"


def test_bounds_for_the_customers_options_are_kept_with_the_approval(manager, asked):
    upside_down = {"term_from": 36, "term_to": 12}
    refused = manager.post(f"approvals/{asked['id']}/approve", {"envelope": upside_down})
    problem(refused, 422, "refused")
    seat = Product.objects.get(sku="SEAT").pk
    envelope = {
        "margin_at_least": "30", "quantities": [{"product_id": seat, "least": "10", "most": "60"}]
    }  # fmt: skip
    ok(manager.post(f"approvals/{asked['id']}/approve", {"envelope": envelope}))
    kept = ApprovalRequest.objects.get(pk=asked["id"]).decisions.get().envelope
    assert (kept.margin_at_least, kept.quantities) == (30, {str(seat): ["10.000000", "60.000000"]})


def test_what_is_granted_beforehand_is_not_asked_again_until_it_is_revoked(
    sales, manager, quote, asked
):
    path = f"approvals/{asked['id']}"
    measured = {row["measure"]: row["value"] for row in ok(manager.get(path))["grantable"]}
    until = str(timezone.localdate() + timedelta(days=30))
    beyond = {"last_day": str(timezone.localdate() - timedelta(days=1))}
    problem(manager.post(f"{path}/standing-grants", beyond), 422, "refused")
    ok(manager.post(f"{path}/standing-grants", {"last_day": until, "bounds": measured}), 201)
    grant = ok(manager.get("standing-grants"))["data"][0]
    assert (grant["is_in_force"], grant["customer_id"]) == (True, quote["customer_id"])
    ok(sales.post(f"quotes/{quote['id']}/recall"))
    assert ok(sales.get(f"quotes/{quote['id']}/needed-approvals"))[0]["is_settled"]
    assert ok(sales.post(f"quotes/{quote['id']}/submit"))["state"] == "approved"
    assert not ok(manager.post(f"standing-grants/{grant['id']}/revoke"))["is_in_force"]


def test_somebody_stands_in_while_the_approver_is_away(manager, keys, asked):
    finance = keys[Role.FINANCE_MANAGER]
    people = {row["role"]: row["id"] for row in ok(manager.get("approvers"))["data"]}
    today = timezone.localdate()
    away = {
        "delegate_id": people["finance_manager"], "first_day": str(today), "last_day": str(today),
    }  # fmt: skip
    assert ok(finance.get("approvals"))["data"] == []
    nobody = problem(manager.post("delegations", away | {"delegate_id": 0}), 422, "refused")
    assert nobody["errors"][0]["pointer"] == "/delegate_id"
    made = ok(manager.post("delegations", away), 201)
    assert [row["id"] for row in ok(finance.get("approvals"))["data"]] == [asked["id"]]
    assert not made["is_over"]
    assert ok(manager.post(f"delegations/{made['id']}/end"))["is_over"]
    problem(finance.post(f"delegations/{made['id']}/end"), 422, "refused")


def test_an_administrator_writes_a_policy_and_tries_it_on_a_quote(keys, sales, quote):
    admin = keys[Role.ADMINISTRATOR]
    body = {
        "name": "Long terms", "is_active": False,
        "conditions": [{"measure": "term", "operator": "above", "limit": "12"}],
        "steps": [{"asks": "manager", "manager_level": 1}, {"asks": "role", "role": "legal"}],
    }  # fmt: skip
    problem(sales.post("approval-policies", body), 403, "not_allowed")
    wrong = body | {"conditions": [{"measure": "term", "operator": "above", "limit": "400"}]}
    refused = problem(admin.post("approval-policies", wrong), 422, "refused")
    assert refused["errors"][0]["pointer"] == "/conditions/0/limit"
    made = admin.post("approval-policies", body)
    policy = ok(made, 201)
    tried = ok(admin.get(f"approval-policies/{policy['id']}/trial", quote_id=quote["id"]))
    assert [row["reason"] for row in tried] == ["A term of 24 months exceeds 12 months"] * 2
    patch = {"is_active": True, "steps": policy["steps"][1:]}
    changed = admin.patch(f"approval-policies/{policy['id']}", patch, etag=made["ETag"])
    assert [step["role"] for step in ok(changed)["steps"]] == ["legal"]
    again = admin.patch(f"approval-policies/{policy['id']}", patch, etag=made["ETag"])
    problem(again, 412, "stale_version")
