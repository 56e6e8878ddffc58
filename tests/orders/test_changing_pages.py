"""Amendments and renewals are started from the contract, on pages and through the API."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from contracts.models import Contract
from orders.models import Subscription
from quotes.models import Quote
from tests.api.conftest import api_for  # noqa: F401
from tests.orders.factories import OFFICE


@pytest.fixture
def running(make_order):
    """A contract that has run for two months."""
    start = (timezone.now().date() - timedelta(days=60)).replace(day=1)
    return make_order(lines=OFFICE, starts_on=start).contract


def test_the_contracts_page_leads_to_an_amendment_of_what_runs(running, client, rep):
    client.force_login(rep)
    page = client.get(reverse("contracts:detail", args=[running.pk])).content.decode()
    url = reverse("orders:amend", args=[running.pk])
    assert url in page
    assert "Support" in client.get(url).content.decode()
    answer = client.post(url, {"on": str(timezone.now().date())})
    quote = Quote.objects.get(kind="amendment")
    assert answer.url == reverse("quotes:edit", args=[quote.pk])
    assert list(quote.lines.values_list("product__sku", flat=True)) == ["SUP", "CALLS"]


def test_a_day_outside_the_contract_is_refused_beside_the_day(running, client, rep):
    client.force_login(rep)
    before = running.starts_on - timedelta(days=1)
    answer = client.post(reverse("orders:amend", args=[running.pk]), {"on": str(before)})
    assert answer.status_code == 422
    assert "while the contract runs" in answer.context["form"].errors["on"][0]


def test_a_renewal_is_started_by_hand_with_an_uplift_or_kept_for_later(running, client, rep):
    client.force_login(rep)
    url = reverse("orders:renew", args=[running.pk])
    how = {
        "method": "uplift",
        "uplift_percent": "5",
        "basis": "last_segment",
        "term_months": 24,
    }
    client.post(url, {**how, "keep": "on"})
    assert Contract.objects.get(pk=running.pk).renewal_uplift_percent == 5
    client.post(url, how)
    renewal = Quote.objects.get(kind="renewal")
    assert (renewal.term_months, renewal.monthly_total, renewal.owner) == (24, 105, rep)
    assert client.post(url, how).status_code == 422


def test_only_sales_start_them_and_only_of_contracts_they_see(running, client, rep2, legal):
    for person, status in ((legal, 403), (rep2, 404)):
        client.force_login(person)
        for name in ("orders:amend", "orders:renew"):
            assert client.get(reverse(name, args=[running.pk])).status_code == status
    assert not Quote.objects.filter(kind="amendment").exists()


def test_a_program_amends_what_runs(running, rep, api_for):  # noqa: F811
    api = api_for(rep)
    subscription = running_subscription(running)
    today = str(timezone.now().date())
    answer = api.post(f"subscriptions/{subscription.number}/amend", {"on": today})
    assert answer.status_code == 201
    quote_id = answer.json()["quote_id"]
    read = api.get(f"quotes/{quote_id}")
    [seats] = [x for x in read.json()["lines"] if x["description"] == "Support"]
    assert (seats["change"], seats["before"]["quantity"]) == ("keep", "10")
    path = f"quotes/{quote_id}/items/{seats['id']}"
    changed = api.patch(path, {"unit_price": "12"}, etag=read.headers["ETag"]).json()
    arr = changed["amendment"]["arr"]
    assert (arr["price"], arr["quantity"], arr["mix"], arr["change"]) == (
        "240.00", "0.00", "0.00", "240.00",
    )  # fmt: skip
    addition = {"product_id": product_of(running, "SUP"), "quantity": "3", "coterm": "none"}
    added = api.post(f"quotes/{quote_id}/additions", addition)
    assert added.status_code == 201
    api.post(f"{path}/end")
    ended = api.get(f"quotes/{quote_id}").json()
    assert next(x for x in ended["lines"] if x["id"] == seats["id"])["change"] == "remove"


def running_subscription(contract):
    return Subscription.objects.get(contract=contract)


def product_of(contract, sku):
    items = running_subscription(contract).items
    return items.get(product__sku=sku).product_id
