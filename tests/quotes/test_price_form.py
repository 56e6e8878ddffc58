"""Entering a price: the page asks for what its charge model reads and says what that costs."""

from decimal import Decimal

import pytest
from django.urls import reverse

from quotes.models import Price, QuoteLine
from quotes.queries.accepted import _accepted_line


@pytest.fixture
def page(client, manager, book):
    client.force_login(manager)
    return reverse("quotes:price_new", args=[book.pk])


def typed(client, page, **values):
    found = client.get(page, values, headers={"HX-Request": "true"}).content.decode()
    return " ".join(found.split())


def save(client, page, product, **values):
    data = {"product": product.pk, "months": 1, "in_advance": "on", "starts_on": "2026-01-01"}
    return client.post(page, {**data, **values}, follow=True)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"charge_model": "stairstep", "tiers": "10: fee 50\nmore: 2 + 50"}, ["above 10: 50 + 1 × 2"]),
        ({"charge_model": "package", "tiers": "50: 0\n100: fee 5"}, ["1 package of 100 × 5"]),
        ({"charge_model": "commitment", "tiers": "1000: fee 500\nmore: 0,4"}, ["500.40 EUR"]),
        ({"charge_model": "percent_of", "unit_price": "20", "minimum": "50"}, ["at least 50", "2,000.00"]),
        ({"charge_model": "volume", "tiers": "10: 5"}, ["Nothing says what more than 10 costs"]),
        ({"charge_model": "volume", "tiers": "1-10: 5\n12-more: 4"}, ["gap between the rows"]),
        ({"charge_model": "per_unit", "unit_price": "x"}, ["“x” is not a number."]),
        ({"charge_model": "flat", "unit_price": ""}, ["as you type"]),
        ({"charge_model": "barter", "unit_price": "3"}, ["Every unit costs the same", "30.00 EUR"]),
    ],
)  # fmt: skip
def test_what_is_typed_is_explained_and_priced_at_once(client, page, values, words):
    found = typed(client, page, **values)
    assert all(word in found for word in words), found


def test_a_percentage_is_kept_with_its_limits_and_products(client, page, book, products):
    limits = {"minimum": "50", "maximum": "90,5", "of_products": "SUP, NET"}
    save(client, page, products["SLA"], charge_model="percent_of", unit_price="20", **limits)
    price = Price.objects.get(charge_model="percent_of")
    ids = sorted([products["SUP"].pk, products["NET"].pk])
    assert price.tiers == [{"up_to": "90.5", "unit_price": "0", "flat_fee": "50", "products": ids}]
    shown = client.get(reverse("quotes:price", args=[book.pk, price.pk])).content.decode()
    assert 'value="NET, SUP"' in shown
    listed = client.get(reverse("quotes:price_book", args=[book.pk])).content.decode()
    assert "20 % of other lines" in listed


def test_a_price_a_year_is_charged_monthly_and_a_share_of_what_is_bought_once(
    client, page, book, products
):
    save(
        client,
        page,
        products["SUP"],
        months=1,
        price_months=12,
        charge_model="per_unit",
        unit_price="1200",
    )
    care = {
        "charge_model": "percent_of",
        "unit_price": "15",
        "of_charges": "one_time",
        "of_list": "on",
    }
    save(client, page, products["SLA"], months=1, price_months=12, **care)
    yearly, share = Price.objects.filter(price_months=12).order_by("pk")
    assert (yearly.months, yearly.unit_price) == (1, 1200)
    assert share.tiers[0]["of"] == "one_time"
    listed = " ".join(client.get(reverse("quotes:price_book", args=[book.pk])).text.split())
    assert "monthly, at a price for a year" in listed
    assert "15 % of what is charged once, before discounts" in listed
    assert "Per unit 1200, for 12 months" in listed
    shown = client.get(reverse("quotes:price", args=[book.pk, yearly.pk])).text
    assert '<option value="12" selected>A year</option>' in shown


@pytest.mark.parametrize(
    ("sku", "values", "words"),
    [
        ("SETUP", {"months": 0}, "Only what is charged every so many months"),
        ("CALLS", {"months": 1}, "Only what is charged every so many months"),
        ("SUP", {"months": "w2"}, "Only what is charged every so many months"),
    ],
)
def test_only_what_is_charged_by_months_has_a_price_for_others(
    client, page, products, sku, values, words
):
    found = save(
        client,
        page,
        products[sku],
        charge_model="per_unit",
        unit_price="3",
        price_months=12,
        **values,
    )
    assert (found.status_code, words in found.text) == (422, True)
    assert not Price.objects.filter(price_months=12).exists()


@pytest.mark.parametrize(
    ("sku", "wrong", "field"),
    [
        ("SLA", {"of_products": "NONE"}, "of_products"),
        ("SLA", {"minimum": "5", "maximum": "4"}, "maximum"),
        ("SLA", {"unit_price": "1001"}, "unit_price"),
        ("CALLS", {}, "charge_model"),
    ],
)
def test_a_percentage_that_cannot_be_is_refused_at_the_field(
    client, page, products, sku, wrong, field
):
    values = {"charge_model": "percent_of", "unit_price": "20", **wrong}
    response = save(client, page, products[sku], **values)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not Price.objects.filter(charge_model="percent_of").exists()


def test_a_percentage_follows_the_quote_and_goes_on_as_the_flat_amount_agreed(
    client, page, products, draft, take
):
    save(client, page, products["SLA"], charge_model="percent_of", unit_price="20")
    take(draft, "SUP", 10)
    share = take(draft, "SLA", months=1, discount_percent=Decimal(10))
    assert share.net_per_period == 18  # 20 % of 100, less 10 %
    take(draft, "SUP", 10)
    share = QuoteLine.objects.get(pk=share.pk)
    assert share.net_per_period == 36
    agreed = _accepted_line(share, share.quote)
    assert (agreed.charge_model, agreed.tiers) == ("flat", [])
    assert (agreed.list_unit_price, agreed.discount_percent, agreed.net_per_period) == (36, 0, 36)
