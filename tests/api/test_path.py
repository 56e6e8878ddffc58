"""The whole path through the API alone, by the keys of those whose work it is."""

from decimal import Decimal

from django.utils import timezone

from billing.actions import work_off
from billing.models import Invoice
from q2c.identity.roles import Role
from tests.api.test_core import problem


def ok(response, status=200):
    assert response.status_code == status, response.content
    return response.json()


def a_customer(sales, entity):
    body = {
        "legal_name": "Hafen AG", "email": "ap@hafen.example", "currency": "EUR",
        "legal_entity_id": entity.pk, "tax_id": "DE811569869", "payment_terms_days": 14,
        "billing_address": {"street": "Kai 1", "postal_code": "24103", "city": "Kiel", "country": "DE"},
        "contacts": [{"name": "Ole Brandt", "email": "ole@hafen.example"}],
    }  # fmt: skip
    return ok(sales.post("customers", body), 201)


def a_product(manager, book, sku, kind, months, price):
    """A product with its list price in the price book."""
    body = {
        "sku": sku, "name": sku.title(), "kind": kind,
        "revenue_pattern": "over_time" if months else "point_in_time",
    }  # fmt: skip
    product = ok(manager.post("products", body), 201)
    listed = {
        "product_id": product["id"], "months": months, "charge_model": "per_unit",
        "unit_price": price, "starts_on": "2020-01-01",
    }  # fmt: skip
    cost = {"amount": "1", "currency": "EUR", "starts_on": "2020-01-01"}
    ok(manager.post(f"products/{product['id']}/costs", cost), 201)
    ok(manager.post(f"price-books/{book['id']}/prices", listed), 201)
    return product


def an_accepted_quote(sales, customer, lines, today):
    body = {
        "customer_id": customer["id"],
        "starts_on": str(today),
        "term_months": 12,
        "lines": lines,
    }
    quote = ok(sales.post("quotes", body), 201)
    assert ok(sales.post(f"quotes/{quote['id']}/submit"))["state"] == "approved"
    sent = ok(sales.post(f"quotes/{quote['id']}/send", {"message": "As discussed."}))
    assert sent["state"] == "sent"
    accepted = sales.post(
        f"quotes/{quote['id']}/accept",
        {
            "name": "Ole Brandt",
            "content_hash": sent["content_hash"],
            "consent": "I accept this offer on behalf of Hafen AG.",
        },
    )
    assert ok(accepted)["state"] == "accepted"
    return quote


def a_signed_contract(keys, quote):
    finance = keys[Role.FINANCE]
    contract = ok(finance.get("contracts", quote_id=quote["id"]))["data"][0]
    path = f"contracts/{contract['id']}"
    desks = [a["desk"] for a in ok(finance.get(path))["approvals"]]
    for desk in desks:
        ok(keys[Role(desk)].post(f"{path}/approve", {"desk": desk}))
    assert ok(finance.get(path))["state"] == "approved"
    signed = ok(finance.post(f"{path}/countersign"))
    assert signed["state"] == "signed"
    pdf = finance.get(f"{path}/pdf")
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF-")
    return signed


def test_from_customer_to_paid_invoice(keys, entities):
    today = timezone.localdate()
    sales, manager, finance = (keys[r] for r in (Role.SALES_REP, Role.SALES_MANAGER, Role.FINANCE))
    customer = a_customer(sales, entities["DE"])
    book = ok(manager.get("price-books", currency="EUR"))["data"][0]
    box = a_product(manager, book, "BOX", "goods", 0, "120")
    line = a_product(manager, book, "LINE", "subscription", 1, "30.5")
    calls = ok(manager.get("products/CALLS"))

    lines = [
        {"product_id": box["id"], "quantity": "2"},
        {"product_id": line["id"], "quantity": "10", "discount_percent": "5"},
        {"product_id": calls["id"]},
    ]
    quote = an_accepted_quote(sales, customer, lines, today)
    contract = a_signed_contract(keys, quote)

    order = ok(finance.get("orders", contract_id=contract["id"]))["data"][0]
    goods = [
        row for row in ok(finance.get(f"orders/{order['id']}"))["lines"] if row["kind"] == "goods"
    ]
    shipped = finance.post(
        f"orders/{order['id']}/ship",
        {"lines": [{"line_id": goods[0]["id"], "quantity": "2"}], "carrier": "DHL"},
    )
    assert ok(shipped)["shipments"][0]["lines"] == [{"line_id": goods[0]["id"], "quantity": "2"}]

    subscription = ok(finance.get("subscriptions", order_id=order["id"]))["data"][0]
    items = ok(finance.get(f"subscriptions/{subscription['id']}"))["items"]
    item = next(i for i in items if i["charge_kind"] == "usage")
    event = {"item_id": item["id"], "key": "e-1", "quantity": "12.5", "used_at": timezone.now()}
    assert ok(finance.post("usage", {"events": [event]})) == {"accepted": 1, "duplicates": 0}
    assert ok(finance.post("usage", {"events": [event]})) == {"accepted": 0, "duplicates": 1}

    run = finance.post("billing-runs", {"on": str(today), "post": True})
    assert ok(run, 201)["finished_at"] is None
    work_off(run.json()["id"], at=timezone.now())  # the worker's part
    done = ok(finance.get(f"billing-runs/{run.json()['id']}"))
    assert (done["invoices"], done["parked"], done["outcomes"]) == (1, 0, [])

    listed = ok(finance.get("invoices", customer_id=customer["id"], status="open"))["data"]
    invoice = ok(finance.get(f"invoices/{listed[0]['number']}"))
    # two at 120, ten at 30.50 less 5 %, and 19 % on top
    assert (invoice["net"], invoice["tax"], invoice["total"]) == ("529.75", "100.65", "630.40")
    assert {row["net"] for row in invoice["lines"]} == {"240.00", "289.75"}
    pdf = finance.get(f"invoices/{invoice['id']}/pdf")
    assert pdf.content.startswith(b"%PDF-")

    transfer = {
        "customer_id": customer["id"], "amount": invoice["total"], "received_on": str(today),
        "reference": invoice["number"],
        "invoices": [{"invoice_id": invoice["id"], "amount": invoice["total"]}],
    }  # fmt: skip
    paid = ok(finance.post("payments", transfer, key="transfer-1"), 201)
    assert finance.post("payments", transfer, key="transfer-1").json() == paid
    assert (paid["allocated"], paid["state"]) == ("630.40", "succeeded")
    assert ok(finance.get(f"invoices/{invoice['id']}"))["status"] == "paid"
    assert Invoice.objects.get().settled == Decimal("630.40")
    problem(finance.post("payments", transfer, key="transfer-2"), 422, "refused")

    cancel = {"on": str(today), "reason": "Moved away"}
    ended = ok(finance.post(f"subscriptions/{subscription['id']}/cancel", cancel))
    assert (ended["state"], ended["ends_on"]) == ("cancelled", str(today))
