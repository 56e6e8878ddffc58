"""Contracts, orders, subscriptions, usage, invoices and payments: who may, and what is refused."""

import pytest
from django.utils import timezone

from billing.actions import work_off
from billing.models import Invoice, Payment, PaymentMethod
from contracts.models import Contract
from orders.models import UsageEvent
from q2c.catalog.models import Product
from q2c.customers.models import Customer
from q2c.identity.roles import Role
from q2c.infra.models import Job
from tests.api.test_core import problem
from tests.api.test_path import a_customer, a_signed_contract, an_accepted_quote, ok


@pytest.fixture
def finance(keys):
    return keys[Role.FINANCE]


@pytest.fixture
def sales(keys):
    return keys[Role.SALES_REP]


@pytest.fixture
def quote(sales, entities):
    customer = a_customer(sales, entities["DE"])
    skus = {p.sku: p.pk for p in Product.objects.all()}
    lines = [
        {"product_id": skus["ROUTER"], "quantity": "3"},
        {"product_id": skus["FIBER"]},
        {"product_id": skus["CALLS"]},
    ]
    return an_accepted_quote(sales, customer, lines, timezone.localdate())


@pytest.fixture
def order(keys, finance, quote):
    contract = a_signed_contract(keys, quote)
    found = ok(finance.get("orders", contract_id=contract["id"]))["data"][0]
    return ok(finance.get(f"orders/{found['id']}"))


@pytest.fixture
def invoice(finance, order):
    run = ok(finance.post("billing-runs", {"on": str(timezone.localdate()), "post": True}), 201)
    work_off(run["id"], at=timezone.now())
    found = ok(finance.get("invoices", run_id=run["id"]))["data"][0]
    return ok(finance.get(f"invoices/{found['id']}"))


def test_a_contract_is_signed_by_others_with_a_scope_for_it(keys, api_for, person, quote):
    contract = Contract.objects.get()
    path = f"contracts/{contract.pk}"
    sales, finance = keys[Role.SALES_REP], keys[Role.FINANCE]
    yes = {"desk": "finance"}
    problem(sales.post(f"{path}/approve", yes), 403, "not_allowed")
    reader = api_for(person(Role.FINANCE, "farah"), "contracts:read")
    problem(reader.post(f"{path}/approve", yes), 403, "scope_missing")
    owner = contract.owner
    owner.role = Role.FINANCE.value
    owner.save()
    problem(sales.post(f"{path}/approve", yes), 403, "not_allowed")
    problem(finance.post(f"{path}/countersign"), 409, "illegal_transition")
    problem(finance.post(f"{path}/approve", {"desk": "moon"}), 422, "invalid")
    problem(finance.get(f"{path}/pdf"), 404, "not_found")
    refused = ok(finance.post(f"{path}/refuse", {"desk": "finance", "comment": "Too long"}))
    assert refused["state"] == "refused"
    assert refused["approvals"][0]["comment"] == "Too long"
    problem(finance.post(f"{path}/approve", yes), 422, "refused")


def test_a_contract_is_terminated_by_who_keeps_contracts(keys, order):
    path = f"contracts/{order['contract_id']}"
    body = {"on": str(timezone.localdate()), "reason": "Insolvent"}
    problem(keys[Role.FINANCE].post(f"{path}/terminate", body), 403, "not_allowed")
    assert ok(keys[Role.LEGAL].post(f"{path}/terminate", body))["state"] == "terminated"


def test_goods_ship_line_by_line_and_never_too_many(finance, sales, order):
    path = f"orders/{order['id']}/ship"
    goods = next(line for line in order["lines"] if line["kind"] == "goods")
    two = {"lines": [{"line_id": goods["id"], "quantity": "2"}]}
    problem(sales.post(path, two), 403, "not_allowed")
    assert ok(finance.post(path, two))["lines"][0]["shipped_quantity"] == "2"
    refused = problem(finance.post(path, two), 422, "refused")
    assert refused["errors"][0]["pointer"] == "/lines/0/quantity"
    assert "1 are left" in refused["detail"]
    problem(finance.post(path, {"lines": []}), 422, "invalid")
    problem(finance.post(path, {"lines": two["lines"] * 2}), 422, "refused")
    problem(finance.post(path, {"lines": [{"line_id": 0, "quantity": "1"}]}), 422, "refused")
    last = {"lines": [{"line_id": goods["id"], "quantity": "1"}]}
    assert ok(finance.post(path, last))["state"] == "complete"


def test_usage_is_taken_in_once_and_whole_or_not_at_all(finance, sales, order):
    found = ok(finance.get("subscriptions", order_id=order["id"]))["data"][0]
    subscription = ok(finance.get(f"subscriptions/{found['id']}"))
    items = {item["charge_kind"]: item["id"] for item in subscription["items"]}
    now = timezone.now().isoformat()
    good = {"item_id": items["usage"], "key": "a", "quantity": "1.5", "used_at": now}
    problem(sales.post("usage", {"events": [good]}), 403, "not_allowed")
    bad = [
        good | {"quantity": "many"},
        good | {"used_at": "2026-11-24"},
        good | {"item_id": "7"},
        {"key": "b"},
        good | {"quantity": "1e400"},
    ]
    refused = problem(finance.post("usage", {"events": [good, *bad]}), 422, "invalid")
    assert [error["pointer"] for error in refused["errors"]] == [
        "/events/1/quantity", "/events/2/used_at", "/events/3/item_id", "/events/4",
        "/events/5/quantity",
    ]  # fmt: skip
    wrong = good | {"item_id": items["recurring"]}
    refused = problem(finance.post("usage", {"events": [good, wrong]}), 422, "refused")
    assert refused["errors"][0]["pointer"] == "/events/1"
    assert not UsageEvent.objects.exists()
    batch = {"events": [good, good | {"key": "b", "quantity": 2.5}]}
    assert ok(finance.post("usage", batch)) == {"accepted": 2, "duplicates": 0}
    assert ok(finance.post("usage", batch)) == {"accepted": 0, "duplicates": 2}
    listed = ok(sales.get("usage", item_id=items["usage"], **{"used[gte]": now}))["data"]
    assert [(row["key"], row["quantity"]) for row in listed] == [("b", "2.5"), ("a", "1.5")]


def test_a_subscription_ends_with_a_reason_on_a_day_it_runs(finance, sales, order):
    found = ok(finance.get("subscriptions", order_id=order["id"]))["data"][0]
    path = f"subscriptions/{found['number']}/cancel"
    end = {"on": str(timezone.localdate()), "reason": "Moved"}
    problem(sales.post(path, end), 403, "not_allowed")
    refused = problem(finance.post(path, end | {"on": "2020-01-01"}), 422, "refused")
    assert refused["errors"][0]["pointer"] == "/on"
    assert ok(finance.post(path, end))["state"] == "cancelled"
    problem(finance.post(path, end), 409, "illegal_transition")


def test_invoices_are_found_and_credited_to_the_cent(finance, sales, invoice):
    assert (invoice["net"], invoice["tax"], invoice["total"]) == ("50.00", "9.50", "59.50")
    assert invoice["status"] == "open"
    assert invoice["buyer"]["name"] == "Hafen AG"

    def numbers(**query):
        return [row["number"] for row in ok(sales.get("invoices", **query))["data"]]

    assert numbers(status="in:open,paid") == [invoice["number"]]
    assert numbers(status="overdue") == []
    assert numbers(**{"due_on[lt]": str(timezone.localdate())}) == []
    assert numbers(q="hafen") == [invoice["number"]]
    path = f"invoices/{invoice['number']}/credit"
    line = invoice["lines"][0]["id"]
    part = {"lines": [{"line_id": line, "net": "10"}], "reason": "Outage"}
    problem(sales.post(path, part), 403, "not_allowed")
    problem(finance.post(path, part | {"lines": [{"line_id": line, "net": "51"}]}), 422, "refused")
    credited = finance.post(path, part)
    note = ok(credited, 201)
    assert (note["kind"], note["net"], note["tax"]) == ("credit_note", "10.00", "1.90")
    assert note["corrects_id"] == invoice["id"]
    assert credited["Location"] == f"/api/v1/invoices/{note['id']}"
    rest = ok(finance.post(path, {"reason": "All of it"}), 201)
    assert rest["total"] == "47.60"
    assert ok(sales.get(f"invoices/{invoice['id']}"))["status"] == "paid"


def test_a_transfer_pays_only_what_is_open(finance, sales, invoice):
    customer = invoice["customer_id"]
    body = {
        "customer_id": customer, "amount": "100", "received_on": str(timezone.localdate()),
        "reference": invoice["number"],
    }  # fmt: skip
    problem(sales.post("payments", body), 403, "not_allowed")
    too_much = body | {"invoices": [{"invoice_id": invoice["id"], "amount": "60"}]}
    refused = problem(finance.post("payments", too_much), 422, "refused")
    assert refused["errors"][0]["pointer"] == "/invoices/0/amount"
    refused = problem(finance.post("payments", body | {"customer_id": 0}), 422, "refused")
    assert refused["errors"][0]["pointer"] == "/customer_id"
    assert not Payment.objects.exists()
    made = ok(finance.post("payments", body, key="t-1"), 201)
    assert (made["amount"], made["allocated"], made["kind"]) == ("100.00", "0.00", "bank_transfer")
    apply = {"invoice_id": invoice["id"], "amount": "59.50"}
    applied = ok(finance.post(f"payments/{made['number']}/apply", apply))
    assert applied["allocated"] == "59.50"
    assert applied["allocations"][0]["invoice_id"] == invoice["id"]
    assert Invoice.objects.get().settled == Invoice.objects.get().total


def test_refunds_are_for_others_than_who_recorded_the_money(keys, invoice):
    manager = keys[Role.FINANCE_MANAGER]
    body = {
        "customer_id": invoice["customer_id"], "amount": "20",
        "received_on": str(timezone.localdate()),
    }  # fmt: skip
    own = ok(manager.post("payments", body), 201)
    back = {"amount": "5", "reason": "Paid twice"}
    problem(manager.post(f"payments/{own['id']}/refund", back), 403, "not_allowed")
    made = ok(keys[Role.FINANCE].post("payments", body), 201)
    problem(keys[Role.FINANCE].post(f"payments/{made['id']}/refund", back), 403, "not_allowed")
    refunded = ok(manager.post(f"payments/{made['id']}/refund", back))
    assert (refunded["refunded"], refunded["refunds"][0]["amount"]) == ("5.00", "5.00")


def test_a_saved_card_is_charged_by_a_worker_once(finance, sales, invoice):
    path = f"invoices/{invoice['id']}/pay"
    problem(sales.post(path), 403, "not_allowed")
    problem(finance.post(path), 422, "refused")
    Customer.objects.update(autopay=True)
    PaymentMethod.objects.create(
        customer_id=invoice["customer_id"], kind="card", stripe_customer="cus_1",
        stripe_id="pm_1", is_default=True, created_at=timezone.now(),
    )  # fmt: skip
    assert finance.post(path).status_code == 202
    assert finance.post(path).status_code == 202
    asked = Job.objects.filter(kind="billing.autopay", key__contains="asked")
    assert asked.get().payload == {"invoice_id": invoice["id"]}


def test_a_dry_run_bills_nobody(finance, sales, order):
    body = {"on": str(timezone.localdate()), "post": False}
    problem(sales.post("billing-runs", body), 403, "not_allowed")
    problem(sales.get("billing-runs"), 403, "not_allowed")
    run = ok(finance.post("billing-runs", body), 201)
    work_off(run["id"], at=timezone.now())
    assert ok(finance.get("billing-runs", post="false"))["data"][0]["invoices"] == 1
    assert not Invoice.objects.exists()


def test_lists_ask_a_fixed_number_of_queries(finance, invoice, django_assert_max_num_queries):
    for name in (
        "contracts", "orders", "subscriptions", "invoices", "payments", "usage", "quotes",
    ):  # fmt: skip
        finance.get(name)
        with django_assert_max_num_queries(2):  # the key, the rows
            assert finance.get(name).status_code == 200, name
