"""What nobody can sell is refused in words that help, also to programs and in pasted rows."""

from datetime import timedelta

import pytest
from django.utils import timezone

from q2c.catalog.models import Product
from q2c.identity.roles import Role
from quotes.actions import expire_quotes
from quotes.models import Price, PriceBook, Quote
from tests.api.test_core import problem
from tests.api.test_path import a_customer, ok

_PERCENT = "A discount must lie between 0 and 100 per cent."
_TERM = "The term must be between 1 and 120 months."


@pytest.fixture
def sales(keys):
    return keys[Role.SALES_REP]


@pytest.fixture
def manager(keys):
    return keys[Role.SALES_MANAGER]


@pytest.fixture
def quote(sales, entities):
    customer = a_customer(sales, entities["DE"])
    lines = [{"product_id": product("SEAT").pk, "quantity": "30"}]
    return ok(sales.post("quotes", {"customer_id": customer["id"], "lines": lines}), 201)


def product(sku):
    return Product.objects.get(sku=sku)


def refused(response, words, at):
    """The refusal has these words and points at this field."""
    answer = problem(response, 422, "refused")
    assert words in answer["detail"]
    assert answer["errors"][0]["pointer"] == at


def test_tiers_that_overlap_end_too_early_or_go_on_behind_the_last(manager, entities):
    book = ok(manager.get("price-books", currency="EUR"))["data"][0]
    price = {
        "product_id": product("SEAT").pk, "months": 12, "charge_model": "graduated",
        "starts_on": "2026-01-01",
    }  # fmt: skip
    for ends, words in (
        (["10", "10", None], "The tier up to 10 must end above the tier up to 10"),
        (["10", "20"], "Nothing says what more than 20 costs"),
        ([None, "20"], "Only the last tier may be without an upper limit"),
        ([], "give at least one tier"),
    ):
        tiers = [{"up_to": end, "unit_price": "5"} for end in ends]
        answer = manager.post(f"price-books/{book['id']}/prices", price | {"tiers": tiers})
        refused(answer, words, "/tiers")


def test_what_has_no_price_or_is_no_longer_sold_also_in_pasted_rows(sales, quote):
    path = f"quotes/{quote['id']}"
    Price.objects.filter(product=product("ROUTER")).delete()
    Product.objects.filter(sku="CALLS").update(ends_on="2026-01-01")
    for sku, words, pasted in (
        ("ROUTER", "has no price for Business router R2", "Row 1: Business router R2 has no price"),
        ("CALLS", "has expired: it was sold until 31 Dec 2025", "Choose another product."),
    ):
        added = sales.post(f"{path}/lines", {"product_id": product(sku).pk})
        refused(added, words, "/product_id")
        rows = sales.post(f"{path}/rows", {"text": f"{sku}\t3"})
        refused(rows, pasted, "/text")
        assert not rows.json()["detail"].endswith("..")


def test_a_bundle_within_itself_and_more_of_an_option_than_it_takes(sales, manager, quote):
    bundle = Product.objects.filter(kind="bundle").first()
    option = bundle.options.order_by("-max_quantity").first()
    within = manager.post(f"products/{bundle.pk}/options", {"product_id": bundle.pk})
    refused(within, "A bundle cannot stand within itself", "/product_id")
    much = {"product_id": option.product_id, "quantity": option.max_quantity + 1}
    body = {"product_id": bundle.pk, "options": [much]}
    refused(
        sales.post(f"quotes/{quote['id']}/lines", body), "takes 0 to 1 of it", "/options/0/quantity"
    )
    whole = {"customer_id": quote["customer_id"], "lines": [body]}
    refused(sales.post("quotes", whole), "takes 0 to 1 of it", "/lines/0/options/0/quantity")
    assert Quote.objects.count() == 1


def test_a_discount_over_all_a_term_of_nothing_and_another_currency(sales, quote):
    path, line = f"quotes/{quote['id']}", quote["lines"][0]["id"]
    etag, deep = sales.get(path)["ETag"], {"discount_percent": "101"}
    at = "/discount_percent"
    refused(sales.patch(path, deep, etag=etag), _PERCENT, at)
    refused(sales.patch(f"{path}/lines/{line}", deep, etag=etag), _PERCENT, at)
    many = {"line_ids": [line], "changes": deep}
    refused(sales.post(f"{path}/change-lines", many), _PERCENT, at)
    rows = sales.post(f"{path}/rows", {"text": "SEAT\t3\t101 %"})
    refused(rows, "a discount lies between 0 and 100 per cent, not 101 %", "/text")
    refused(sales.patch(path, {"term_months": 0}, etag=etag), _TERM, "/term_months")
    new = {"customer_id": quote["customer_id"]}
    refused(sales.post("quotes", new | {"term_months": 0}), _TERM, "/term_months")
    dollars = new | {"price_book_id": PriceBook.objects.get(name="List prices USD").pk}
    refused(sales.post("quotes", dollars), "the customer pays in EUR", "/price_book_id")


def test_an_expired_offer_is_not_accepted_and_an_accepted_one_not_edited(sales, quote):
    path = f"quotes/{quote['id']}"
    ok(sales.post(f"{path}/submit"))
    sent = ok(sales.post(f"{path}/send", {}))
    yes = {"name": "Ole Brandt", "consent": "Yes.", "content_hash": sent["content_hash"]}
    other = ok(sales.post(f"{path}/clone", {}), 201)["id"]
    ok(sales.post(f"{path}/accept", yes))
    line = quote["lines"][0]["id"]
    for answer in (
        sales.patch(path, {"title": "X"}, etag=sales.get(path)["ETag"]),
        sales.patch(f"{path}/lines/{line}", {"quantity": "1"}, etag=sales.get(path)["ETag"]),
        sales.post(f"{path}/rows", {"text": "SEAT\t3"}),
    ):
        found = problem(answer, 409, "illegal_transition")
        assert "cannot edit while accepted" in found["detail"]
    ok(sales.post(f"quotes/{other}/submit"))
    sent = ok(sales.post(f"quotes/{other}/send", {}))
    expire_quotes(at=timezone.now() + timedelta(days=90))
    late = sales.post(f"quotes/{other}/accept", yes | {"content_hash": sent["content_hash"]})
    assert "cannot accept while expired" in problem(late, 409, "illegal_transition")["detail"]


def test_what_is_none_of_a_few_choices_is_refused_with_those_that_there_are(manager):
    answer = problem(manager.post("price-rules", {"name": "R", "effect": "gift"}), 422, "invalid")
    (error,) = (e for e in answer["errors"] if e["pointer"] == "/effect")
    assert error["detail"].startswith("“gift” is none of the choices: percent, ")
