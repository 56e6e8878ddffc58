"""What programs read of a quote besides the quote, and the laboratory of price rules."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from q2c.catalog.models import Product
from q2c.identity.roles import Role
from q2c.infra.jobs import run_next
from quotes.models import Price, Quote
from tests.api.test_core import problem
from tests.api.test_path import a_customer, a_signed_contract, an_accepted_quote, ok


@pytest.fixture
def sales(keys):
    return keys[Role.SALES_REP]


@pytest.fixture
def manager(keys):
    return keys[Role.SALES_MANAGER]


@pytest.fixture
def customer(sales, entities):
    return a_customer(sales, entities["DE"])


@pytest.fixture
def quote(sales, customer):
    """Thirty seats from the middle of a month, for two years."""
    seat = Product.objects.get(sku="SEAT").pk
    body = {
        "customer_id": customer["id"], "term_months": 24, "starts_on": "2027-01-16",
        "proration": {"anchor": "calendar"}, "lines": [{"product_id": seat, "quantity": "30"}],
    }  # fmt: skip
    return ok(sales.post("quotes", body), 201)


def test_figures_receipts_and_the_document_are_read_before_it_is_sent(sales, quote):
    path = f"quotes/{quote['id']}"
    figures = ok(sales.get(f"{path}/figures"))
    assert (figures["mrr"], figures["arr"]) == ("397.70", "4772.40")
    assert (figures["tcv"], figures["acv"]) == (quote["contract_total"], "4772.40")
    cash = figures["cash_by_month"]
    assert sum(Decimal(row["amount"]) for row in cash) == Decimal(quote["contract_total"])
    assert figures["cash_on_shipment"] == "0.00"
    first = ok(sales.get(f"{path}/receipts"))[0]
    assert first["words"] == "16 of 31 days × 397.70 = 205.26"
    assert {row["amount"] for row in first["otherwise"]} > {"212.11"}
    assert sales.get(f"{path}/preview").content.startswith(b"%PDF-")
    problem(sales.get(f"{path}/figures", surprise="1"), 400, "bad_parameter")


def test_versions_are_compared_figure_by_figure_and_line_by_line(sales, quote):
    path = f"quotes/{quote['id']}"
    ok(sales.post(f"{path}/submit"))
    ok(sales.post(f"{path}/send", {}))
    new = ok(sales.post(f"{path}/revise"), 201)
    line = new["lines"][0]["id"]
    url = f"quotes/{new['id']}"
    ok(sales.patch(f"{url}/lines/{line}", {"quantity": "40"}, etag=sales.get(url)["ETag"]))
    found = ok(sales.get(f"{url}/compare/1"))
    changed = {row["what"]: (row["before"], row["after"]) for row in found["changes"]}
    assert changed["quantity"] == ("30", "40")
    monthly = next(row for row in found["figures"] if row["name"] == "Monthly")
    assert Decimal(monthly["delta"]) == Decimal(monthly["after"]) - Decimal(monthly["before"])
    problem(sales.get(f"{url}/compare/7"), 400, "bad_parameter")


def test_the_customers_side_is_open_to_programs(sales, quote):
    """Questions with files, links of colleagues, counter-offers taken back, why it was lost."""
    path = f"quotes/{quote['id']}"
    forward = {"name": "Kim Lund", "email": "kim@hafen.example"}
    problem(sales.post(f"{path}/forward", forward), 422, "refused")
    ok(sales.post(f"{path}/submit"))
    ok(sales.post(f"{path}/send", {}))
    while run_next("default", at=timezone.now()):  # the mail makes the link
        pass
    file = {"name": "Plan.txt", "content": "MTkgWm9sbA=="}
    asked = ok(sales.post(f"{path}/questions", {"body": "Does it fit?", "files": [file]}), 201)
    comment = asked["comments"][0]
    assert (comment["author_label"], comment["is_from_customer"]) == ("Ole Brandt", True)
    kept = comment["attachments"][0]["id"]
    assert sales.get(f"{path}/attachments/{kept}").content == b"19 Zoll"
    ok(sales.post(f"{path}/forward", forward))
    problem(sales.post(f"{path}/readers/revoke", {"email": "x@y.example"}), 422, "refused")
    term = {"edit": "term", "value": "36", "reason": "We stay longer."}
    offer = ok(sales.post(f"{path}/counter-offers", {"edits": [term]}), 201)["counter_offers"][0]
    taken_back = ok(sales.post(f"{path}/counter-offers/{offer['id']}/withdraw"))
    assert taken_back["counter_offers"][0]["state"] == "withdrawn"


def test_why_quotes_are_lost_is_said_and_reported(sales, keys, quote):
    admin, path = keys[Role.ADMINISTRATOR], f"quotes/{quote['id']}"
    problem(sales.post("close-reasons", {"kind": "lost", "name": "Price"}), 403, "not_allowed")
    made = admin.post("close-reasons", {"kind": "lost", "name": "Budget gone"})
    reason = ok(made, 201)
    problem(sales.post(f"{path}/outcome", {"reason_id": reason["id"]}), 422, "refused")
    ok(sales.post(f"{path}/submit"))
    ok(sales.post(f"{path}/send", {}))
    ok(sales.post(f"{path}/decline", {"reason": "Next year."}))
    said = ok(sales.post(f"{path}/outcome", {"reason_id": reason["id"], "competitor": "Nobody"}))
    assert (said["outcome"]["reason"], said["outcome"]["competitor"]) == ("Budget gone", "Nobody")
    report = ok(sales.get("quotes/outcomes", days="30"))
    assert (report["won"], report["lost"], report["rows"][0]["reason"]) == (0, 1, "Budget gone")
    url = f"close-reasons/{reason['id']}"
    assert not ok(admin.patch(url, {"is_active": False}, etag=made["ETag"]))["is_active"]
    problem(admin.patch(url, {"name": "X"}, etag=made["ETag"]), 412, "stale_version")


def test_a_template_is_kept_renamed_and_started_from(sales, quote):
    ok(sales.post(f"quotes/{quote['id']}/template", {"name": "Thirty seats"}))
    kept = ok(sales.get("quote-templates", name="Thirty seats"))["data"][0]
    url = f"quote-templates/{kept['id']}"
    read = sales.get(url)
    assert ok(read)["content"]["lines"][0]["quantity"] == "30"
    renamed = ok(sales.patch(url, {"name": "Office"}, etag=read["ETag"]))
    assert (renamed["name"], renamed["is_active"]) == ("Office", True)
    body = {"customer_id": quote["customer_id"], "template_id": kept["id"]}
    assert ok(sales.post("quotes", body), 201)["lines"][0]["quantity"] == "30"


def test_a_rule_is_tried_on_past_quotes_before_it_is_put_in_force(sales, manager, quote):
    body = {"name": "Ten off", "effect": "percent", "value": "10", "stage": 15}
    rule = ok(manager.post("price-rules", body), 201)
    assert ok(sales.get(f"quotes/{quote['id']}"))["contract_total"] == quote["contract_total"]
    replay = ok(sales.get(f"quotes/{quote['id']}/replay", rule_id=rule["id"]))
    assert replay["stored_contract_total"] == quote["contract_total"]
    assert Decimal(replay["contract_total"]) < Decimal(quote["contract_total"])
    steps = [row["name"] for row in replay["lines"][0]["waterfall"] if row["kind"] == "step"]
    assert "Ten off" in steps
    early = ok(sales.get(f"quotes/{quote['id']}/replay", on="2020-01-01"))
    assert early["on"] == "2020-01-01"
    problem(sales.post(f"price-rules/{rule['id']}/trials", {}), 403, "not_allowed")
    started = ok(manager.post(f"price-rules/{rule['id']}/trials", {"last": 5}), 201)
    trial = ok(manager.get(f"price-rule-trials/{started['trial_id']}"))
    assert (trial["done"], trial["total"], trial["finished_at"] is None) == (1, 1, False)
    impact = trial["impacts"][0]
    assert (impact["moved"], impact["before"]) == (1, quote["contract_total"])
    assert impact["after"] == replay["contract_total"]
    assert trial["movers"][0]["quote_id"] == quote["id"]
    drafts = ok(manager.get("price-rules", is_active="false"))["data"]
    assert "Ten off" in [row["name"] for row in drafts]


def test_prices_are_raised_from_a_day_and_corrected_under_their_version(manager, customer):
    body = {"name": "Hafen, agreed", "currency": "EUR", "customer_id": customer["id"]}
    book = ok(manager.post("price-books", body), 201)
    assert ok(manager.get("price-books", customer_id=customer["id"]))["data"][0]["id"] == book["id"]
    url, seat = (
        f"price-books/{book['id']}",
        Product.objects.get(sku="SEAT"),
    )
    price = {
        "product_id": seat.pk, "months": 1, "charge_model": "per_unit", "unit_price": "10",
        "floor_unit_price": "8", "trial_days": 14, "setup_fee": "5", "starts_on": "2026-01-01",
    }  # fmt: skip
    made = ok(manager.post(f"{url}/prices", price), 201)["prices"][0]
    problem(manager.post(f"{url}/increase", {"starts_on": "2027-01-01"}), 422, "refused")
    more = {"percent": "5", "starts_on": "2027-01-01"}
    shown = ok(manager.post(f"{url}/increase-preview", more))["prices"][0]
    assert (shown["unit_price"], shown["new_unit_price"]) == ("10", "10.5")
    assert Price.objects.filter(price_book=book["id"]).count() == 1
    ok(manager.post(f"{url}/increase", more))
    prices = ok(manager.post(f"{url}/increase", more | {"starts_on": "2028-01-01"}))["prices"]
    assert [(row["unit_price"], row["ends_on"]) for row in prices] == [
        ("11.03", None), ("10.5", "2028-01-01"), ("10", "2027-01-01"),
    ]  # fmt: skip
    assert {(row["trial_days"], row["setup_fee"]) for row in prices} == {(14, "5")}
    etag = manager.get(url)["ETag"]
    fixed = manager.patch(f"{url}/prices/{made['id']}", {"unit_price": "9"}, etag=etag)
    assert ok(fixed)["prices"][-1]["unit_price"] == "9"
    stale = manager.patch(f"{url}/prices/{made['id']}", {"unit_price": "7"}, etag=etag)
    problem(stale, 412, "stale_version")
    history = ok(manager.get(f"{url}/history"))
    assert history[0]["name"] == "PriceBookEdited"


def test_a_contract_shows_what_was_agreed_beside_what_was_invoiced(keys, sales, customer):
    today = timezone.localdate()
    support = Product.objects.get(sku="SEAT").pk
    lines = [{"product_id": support, "quantity": "10"}]
    quote = an_accepted_quote(sales, customer, lines, today)
    contract = a_signed_contract(keys, quote)
    found = ok(keys[Role.FINANCE].get(f"contracts/{contract['id']}/parity"))
    assert (found["agreed"], found["invoiced"]) == (quote["contract_total"], "0.00")
    assert len(found["days"]) == 12
    assert {day["state"] for day in found["days"]} == {"open"}
    problem(keys[Role.LEGAL].get(f"contracts/{contract['id']}/parity"), 403, "not_allowed")
    terms = {"method": "uplift", "uplift_percent": "4"}
    kept = ok(sales.post(f"contracts/{contract['id']}/renewal-terms", terms))
    assert (kept["renewal_method"], kept["renewal_uplift_percent"]) == ("uplift", "4.0000")
    running = ok(sales.get("subscriptions", contract_id=contract["id"]))["data"][0]
    day = str(today + timedelta(days=40))
    begun = ok(sales.post(f"subscriptions/{running['id']}/amend", {"on": day}), 201)
    addition = {"product_id": support, "quantity": "2"}
    url = f"quotes/{begun['quote_id']}/coterm-choices"
    choices = {row["coterm"] for row in ok(sales.post(url, addition))["choices"]}
    assert "contract_end" in choices
    assert Quote.objects.get(pk=begun["quote_id"]).lines.count() == 1
