"""Quotes and price books: whose they are, what may be said of them, and when."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from django.utils import timezone
from pypdf import PdfReader

from q2c.catalog.models import Product
from q2c.identity.roles import Role
from q2c.kernel.periods import months_after
from quotes.models import Acceptance, Quote, QuoteLine
from tests.api.test_core import problem
from tests.api.test_path import a_customer, a_product, ok


@pytest.fixture
def sales(keys):
    return keys[Role.SALES_REP]


@pytest.fixture
def customer(sales, entities):
    return a_customer(sales, entities["DE"])


@pytest.fixture
def quote(sales, customer):
    router, seat = Product.objects.get(sku="ROUTER"), Product.objects.get(sku="SEAT")
    lines = [{"product_id": router.pk, "quantity": 2}, {"product_id": seat.pk, "quantity": "30"}]
    body = {"customer_id": customer["id"], "title": "Office", "lines": lines, "term_months": 24}
    return ok(sales.post("quotes", body), 201)


def test_a_quote_comes_with_its_lines_and_totals(sales, quote):
    assert quote["state"] == "draft"
    assert (quote["currency"], quote["term_months"]) == ("EUR", 24)
    # 25 at 14 and 5 at 12 a month, less 3 % from 30 on
    assert [line["net_per_period"] for line in quote["lines"]] == ["378.00", "397.70"]
    assert (quote["one_time_total"], quote["monthly_total"]) == ("378.00", "397.70")
    assert quote["contract_total"] == "9922.80"
    assert ok(sales.get(f"quotes/{quote['number']}")) == quote
    assert "cost" not in sales.get(f"quotes/{quote['id']}").content.decode()


def test_a_wrong_line_is_pointed_at_and_nothing_is_left(sales, customer):
    router = Product.objects.get(sku="ROUTER")
    lines = [{"product_id": router.pk}, {"product_id": 0}]
    refused = problem(
        sales.post("quotes", {"customer_id": customer["id"], "lines": lines}), 422, "refused"
    )
    assert refused["errors"][0]["pointer"] == "/lines/1/product_id"
    lines[1] = {"product_id": router.pk, "quantity": "-1"}
    refused = problem(
        sales.post("quotes", {"customer_id": customer["id"], "lines": lines}), 422, "refused"
    )
    assert refused["errors"][0]["pointer"] == "/lines/1/quantity"
    refused = problem(sales.post("quotes", {"customer_id": 0}), 422, "refused")
    assert refused["errors"][0]["pointer"] == "/customer_id"
    assert not Quote.objects.exists()


def test_terms_and_lines_change_under_the_version_that_was_read(sales, quote):
    path = f"quotes/{quote['id']}"
    etag = sales.get(path)["ETag"]
    changed = sales.patch(path, {"discount_percent": "5"}, etag=etag)
    assert ok(changed)["discount_percent"] == "5"
    problem(sales.patch(path, {"discount_percent": "6"}, etag=etag), 412, "stale_version")
    line = quote["lines"][0]["id"]
    patched = sales.patch(f"{path}/lines/{line}", {"quantity": "3"}, etag=changed["ETag"])
    assert ok(patched)["lines"][0]["quantity"] == "3"
    seat = quote["lines"][1]["id"]
    adjusted = ok(
        sales.post(
            f"{path}/adjustments", {"description": "Loyal", "amount": "-10.50", "like": seat}
        ),
        201,
    )
    assert adjusted["lines"][2]["net_per_period"] == "-10.50"
    removed = ok(sales.delete(f"{path}/lines/{line}"))
    assert line not in [row["id"] for row in removed["lines"]]
    problem(sales.delete(f"{path}/lines/{line}"), 404, "not_found")
    problem(sales.patch(path, {"total": "1"}, etag=etag), 422, "invalid")
    problem(sales.patch(path, {"state": "accepted"}, etag=etag), 422, "invalid")


def test_a_bundle_is_added_with_chosen_options(sales, quote, entities):
    bundle = Product.objects.get(kind="bundle")
    dsl, fiber = (Product.objects.get(sku=sku).pk for sku in ("DSL", "FIBER"))
    chosen = [{"product_id": dsl, "quantity": 1}, {"product_id": fiber, "quantity": 0}]
    added = ok(
        sales.post(f"quotes/{quote['id']}/lines", {"product_id": bundle.pk, "options": chosen}), 201
    )
    head = next(row for row in added["lines"] if row["kind"] == "bundle")
    parts = {row["product_id"] for row in added["lines"] if row["parent_id"] == head["id"]}
    assert dsl in parts
    assert fiber not in parts


def test_a_colleagues_quote_is_not_found(sales, quote, api_for, person):
    other = api_for(person(Role.SALES_REP, "jonas"))
    assert ok(other.get("quotes"))["data"] == []
    for path in (f"quotes/{quote['id']}", f"quotes/{quote['number']}"):
        problem(other.get(path), 404, "not_found")
        problem(other.post(f"{path}/submit"), 404, "not_found")
    line = quote["lines"][0]["id"]
    theirs = ok(other.post("quotes", {"customer_id": quote["customer_id"]}), 201)
    moved = other.patch(f"quotes/{theirs['id']}/lines/{line}", {"quantity": "9"}, etag='"1"')
    problem(moved, 404, "not_found")
    assert Quote.objects.get(pk=quote["id"]).state == "draft"


def test_past_a_policys_limit_a_person_decides_and_no_key_can(sales, keys, quote):
    path = f"quotes/{quote['id']}"
    ok(sales.patch(path, {"discount_percent": "60"}, etag=sales.get(path)["ETag"]))
    submitted = ok(sales.post(f"{path}/submit"))
    assert submitted["state"] == "in_review"
    assert {row["state"] for row in submitted["approvals"]} == {"pending", "waiting"}
    for role in (Role.SALES_REP, Role.SALES_MANAGER, Role.ADMINISTRATOR):
        problem(keys[role].post(f"{path}/approve"), 404, "not_found")
    problem(sales.post(f"{path}/send", {}), 409, "illegal_transition")
    assert ok(sales.post(f"{path}/recall"))["state"] == "draft"


def test_verbs_out_of_order_are_conflicts(sales, quote):
    path = f"quotes/{quote['id']}"
    for verb, body in (("send", {}), ("recall", None), ("revise", None)):
        problem(sales.post(f"{path}/{verb}", body), 409, "illegal_transition")
    problem(sales.post(f"{path}/cancel", {}), 422, "invalid")
    assert ok(sales.post(f"{path}/cancel", {"reason": "Duplicate"}))["state"] == "cancelled"


def test_what_is_accepted_is_what_was_shown(sales, api_for, person, quote):
    path = f"quotes/{quote['id']}"
    ok(sales.post(f"{path}/submit"))
    problem(sales.get(f"{path}/pdf"), 404, "not_found")
    sent = ok(sales.post(f"{path}/send", {}))
    assert sales.get(f"{path}/pdf").content.startswith(b"%PDF-")
    asked = ok(sales.post(f"{path}/comments", {"body": "Shall we talk?"}), 201)
    assert asked["comments"][0]["is_from_customer"] is False
    yes = {"name": "Ole Brandt", "consent": "Yes.", "content_hash": sent["content_hash"]}
    writer = api_for(Quote.objects.get().owner, "quotes:read", "quotes:write")
    problem(writer.post(f"{path}/accept", yes), 403, "scope_missing")
    problem(sales.post(f"{path}/accept", yes | {"content_hash": "0" * 64}), 422, "refused")
    problem(sales.post(f"{path}/accept", yes | {"contact_id": 0}), 422, "refused")
    drawn = yes | {"signature_kind": "drawn", "signature": "data:image/png;base64,AAAA"}
    problem(sales.post(f"{path}/accept", drawn), 422, "refused")
    assert not Acceptance.objects.exists()
    accepted = ok(sales.post(f"{path}/accept", yes))
    assert accepted["state"] == "accepted"
    assert {name: accepted[name] for name in accepted["accepted_totals"]} == accepted[
        "accepted_totals"
    ]
    assert Acceptance.objects.get().consent == "Yes."
    problem(sales.post(f"{path}/decline", {"reason": "No"}), 409, "illegal_transition")


def test_a_declined_quote_is_revised(sales, quote):
    path = f"quotes/{quote['id']}"
    ok(sales.post(f"{path}/submit"))
    ok(sales.post(f"{path}/send", {}))
    assert ok(sales.post(f"{path}/decline", {"reason": "Too dear"}))["state"] == "declined"
    revised = sales.post(f"{path}/revise")
    second = ok(revised, 201)
    assert (second["number"], second["version"]) == (quote["number"], 2)
    assert revised["Location"] == f"/api/v1/quotes/{second['id']}"
    assert ok(sales.get(f"quotes/{quote['number']}"))["version"] == 2


def test_quotes_are_filtered(sales, quote, customer):
    def numbers(**query):
        return [row["number"] for row in ok(sales.get("quotes", **query))["data"]]

    tomorrow = timezone.now().date().replace(year=timezone.now().year + 1)
    assert numbers(state="in:draft,sent", customer_id=customer["id"]) == [quote["number"]]
    assert numbers(q="hafen office") == [quote["number"]]
    assert numbers(state="sent") == []
    assert numbers(**{"created[gt]": tomorrow}) == []
    assert numbers(**{"valid_until[lt]": tomorrow}) == [quote["number"]]
    problem(sales.get("quotes", state="in:draft,gone"), 400, "bad_parameter")


def test_price_books_are_kept_by_managers(keys, entities):
    manager, sales = keys[Role.SALES_MANAGER], keys[Role.SALES_REP]
    body = {"name": "Wholesale", "currency": "EUR"}
    problem(sales.post("price-books", body), 403, "not_allowed")
    book = ok(manager.post("price-books", body), 201)
    a_product(manager, book, "BOX", "goods", 0, "9.5")
    shown = ok(sales.get(f"price-books/{book['id']}"))
    assert [(p["sku"], p["unit_price"]) for p in shown["prices"]] == [("BOX", "9.5")]
    seat = Product.objects.get(sku="SEAT").pk
    tiers = [{"up_to": "10", "unit_price": "5"}, {"up_to": None, "unit_price": "4"}]
    price = {
        "product_id": seat, "months": 1, "charge_model": "volume", "tiers": tiers,
        "starts_on": "2026-01-01",
    }  # fmt: skip
    path = f"price-books/{book['id']}/prices"
    priced = ok(manager.post(path, price), 201)
    assert next(p for p in priced["prices"] if p["sku"] == "SEAT")["tiers"][0] == {
        "up_to": "10",
        "unit_price": "5",
        "flat_fee": "0",
    }
    same_day = problem(manager.post(path, price), 422, "refused")
    assert same_day["errors"][0]["pointer"] == "/starts_on"
    problem(
        manager.post(path, price | {"tiers": tiers[:1], "starts_on": "2026-02-01"}), 422, "refused"
    )


@pytest.fixture
def sent(sales, quote):
    """The routers are an option; one to five of them."""
    QuoteLine.objects.filter(quote_id=quote["id"], description__contains="outer").update(
        is_optional=True, min_quantity=1, max_quantity=5
    )
    for verb in ("submit", "send"):
        quote = ok(sales.post(f"quotes/{quote['id']}/{verb}", {}))
    return quote


def test_a_customer_s_choice_is_priced_kept_and_accepted(sales, sent):
    router, _seat = sent["lines"]
    path = f"quotes/{sent['id']}"
    picks = {"on": [router["id"]], "quantities": {router["id"]: "4"}}
    (chosen,) = ok(sales.post(f"{path}/selections", picks), 201)["selections"]
    assert chosen["contract_total"] == "10300.80"  # two routers more, at 189
    signed = {"name": "Ole", "content_hash": chosen["content_hash"], "consent": "I accept."}
    assert sent["accepted_totals"] is None
    accepted = ok(sales.post(f"{path}/accept", signed))
    assert (accepted["state"], accepted["contract_total"]) == ("accepted", sent["contract_total"])
    assert accepted["accepted_totals"]["contract_total"] == "10300.80"
    (listed,) = ok(sales.get("quotes", state="accepted"))["data"]
    assert listed["accepted_totals"] == accepted["accepted_totals"]
    assert Acceptance.objects.get().document_id == chosen["document_sha256"]
    picks["quantities"][router["id"]] = "9"
    problem(sales.post(f"{path}/selections", picks), 409, "illegal_transition")


def test_a_counter_offer_is_made_and_answered(sales, sent):
    path, (router, _seat) = f"quotes/{sent['id']}", sent["lines"]
    edits = [{"edit": "quantity", "line_id": router["id"], "value": "1", "reason": "One will do"}]
    made = ok(sales.post(f"{path}/counter-offers", {"edits": edits, "name": "Ole"}), 201)
    (counter,) = made["counter_offers"]
    assert (counter["effect"], counter["author_label"]) == ("-189.00", "Ole")
    answer = {"items": [{"item_id": counter["items"][0]["id"], "is_taken": True}]}
    after = ok(sales.post(f"{path}/counter-offers/{counter['id']}/answer", answer))
    (answered,) = after["counter_offers"]
    new = ok(sales.get(f"quotes/{answered['new_version_id']}"))
    assert (new["version"], new["state"], new["contract_total"]) == (2, "draft", "9733.80")
    assert ok(sales.get(f"{path}/readers")) == []


def test_every_total_of_the_document_is_the_api_s(sales, sent):
    paper = "".join(
        page.extract_text()
        for page in PdfReader(BytesIO(sales.get(f"quotes/{sent['id']}/pdf").content)).pages
    )
    for name in ("one_time_total", "monthly_total", "first_invoice_total", "contract_total"):
        assert f"{Decimal(sent[name]):,.2f} EUR" in paper, name
    for line in sent["lines"]:
        assert f"{Decimal(line['net_per_period']):,.2f}" in paper


def test_the_grid_is_open_to_programs(sales, quote):
    """Text, order, cells, rows, ramps and undo, through the same actions as the page."""
    url, seat = f"quotes/{quote['id']}", quote["lines"][1]["id"]
    body = {"kind": "section", "description": "Phones"}
    section = ok(sales.post(f"{url}/text-lines", body), 201)["lines"][-1]["id"]
    lines = ok(sales.post(f"{url}/order", {"line_ids": [seat], "section": section}))["lines"]
    assert [line["id"] for line in lines][-2:] == [section, seat]
    changes = {"discount_percent": "10", "note": "As agreed."}
    body = {"line_ids": [seat, section], "changes": changes}
    lines = ok(sales.post(f"{url}/change-lines", body))["lines"]
    assert (lines[-1]["discount_percent"], lines[-1]["note"]) == ("10", "As agreed.")
    refused = problem(sales.post(f"{url}/rows", {"text": "ROUTER\t3\nzebra"}), 422, "refused")
    assert "Row 2: no product is called “zebra”" in refused["detail"]
    ok(sales.post(f"{url}/rows", {"text": "ROUTER\t3\nzebra", "only_good": True}), 201)
    start = date.fromisoformat(quote["starts_on"])
    half, end = str(months_after(start, 12)), str(months_after(start, 24))
    segments = [
        {"starts_on": str(start), "ends_on": half, "quantity": "30"},
        {"starts_on": half, "ends_on": end, "quantity": "40", "uplift_percent": "5"},
    ]
    lines = ok(sales.post(f"{url}/lines/{seat}/ramp", {"segments": segments}))["lines"]
    later = [line for line in lines if line["ramp_of_id"] == seat]
    assert [(line["quantity"], line["uplift_percent"]) for line in later] == [("40", "5")]
    before = ok(sales.get(url))
    ok(sales.post(f"{url}/remove-lines", {"line_ids": [section]}))
    assert ok(sales.post(f"{url}/undo"))["contract_total"] == before["contract_total"]
    assert section in [line["id"] for line in ok(sales.get(url))["lines"]]
