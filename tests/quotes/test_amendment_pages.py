"""The editor of an amendment: what runs, what becomes of it, what is added and until when."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from quotes.actions import Amended, create_amendment_quote
from quotes.models import Quote
from quotes.rules.running import RunningItem
from tests.quotes.conftest import NOON

MIDDLE, END = date(2027, 3, 11), date(2028, 1, 1)


@pytest.fixture
def amendment(full_draft, rep):
    """Of ten seats at 10 a month and calls by usage, from 11 March 2027."""
    items = [
        RunningItem(
            id=line.pk, quote_line_id=line.pk, origin_line_id=line.pk,
            charge_model=line.charge_model, tiers=line.tiers, quantity=line.quantity,
            unit_price=line.list_unit_price, discount_percent=Decimal(0),
            net_per_period=line.net_per_period, since=date(2027, 1, 1), ends_on=None,
        )
        for line in full_draft.lines.exclude(months=0)
    ]  # fmt: skip
    amended = Amended(
        contract_id=7, number="C-7", quote_id=full_draft.pk, ends_on=END, auto_renew=True,
        payment_terms_days=14, anchor_on=date(2027, 1, 1),
    )  # fmt: skip
    return create_amendment_quote(amended, items, on=MIDDLE, by=rep, at=NOON)


@pytest.fixture
def at(amendment, client, rep):
    """`at("amend_item", line.pk, "end", …)` posts there and reads the editor that follows."""
    client.force_login(rep)

    def at(name, *args, **typed):
        url = reverse(f"quotes:{name}", args=[amendment.pk, *args])
        return client.post(url, typed, follow=True)

    return at


def test_an_item_is_changed_and_the_page_shows_credit_charge_and_why(amendment, at):
    seats = amendment.lines.get(product__sku="SUP")
    typed = {"quantity": "15", "unit_price": "10", "discount_percent": "0"}
    page = at("amend_item", seats.pk, "change", **typed, last_day="2027-12-31").content.decode()
    assert "21 of 31 days × 100.00 = 67.74" in page
    assert "21 of 31 days × 150.00 = 101.61" in page
    assert "Why the figures change" in page
    assert Quote.objects.get(pk=amendment.pk).contract_total == Decimal("1451.61")


def test_a_cell_that_saves_itself_leaves_the_others_as_they_are_typed(amendment, client, rep):
    client.force_login(rep)
    seats = amendment.lines.get(product__sku="SUP")
    url = reverse("quotes:amend_item", args=[amendment.pk, seats.pk, "change"])
    typed = {"quantity": "15", "unit_price": "10", "discount_percent": "0"}
    typed |= {"last_day": "2027-12-31", "seen": Quote.objects.get(pk=amendment.pk).edit_version}
    htmx = {"HX-Request": "true"}
    page = client.post(url, typed, headers=htmx).content.decode()
    assert f'id="now-{seats.pk}" hx-swap-oob="true"' in page
    assert "21 of 31 days × 150.00 = 101.61" in page
    assert 'name="quantity"' not in page
    late = client.post(url, {**typed, "quantity": "16"}, headers=htmx)
    assert late.status_code == 422
    assert "Somebody else has saved this" in late.content.decode()
    ended = client.post(url, {**typed, "quantity": "0", "seen": ""}, headers=htmx)
    assert ended["HX-Refresh"] == "true"
    assert amendment.lines.get(pk=seats.pk).change == "remove"


def test_items_end_are_kept_again_and_end_together(amendment, at, client):
    seats = amendment.lines.get(product__sku="SUP")
    assert "Ends</span>" in at("amend_item", seats.pk, "end").content.decode()
    assert "Ends</span>" not in at("amend_item", seats.pk, "keep").content.decode()
    at("amend_end_all")
    assert set(amendment.lines.values_list("change", flat=True)) == {"remove"}
    page = client.get(reverse("quotes:preview", args=[amendment.pk])).content.decode()
    assert "The contract ends before 11 Mar 2027." in page
    assert "It renews unless" not in page
    assert "offer-table" not in page  # nothing is sold


def test_what_is_added_shows_each_choice_of_its_end_before_it_is_saved(
    amendment, at, client, products
):
    chosen = {"product": products["NET"].pk, "months": 3, "own_months": 12, "quantity": 2}
    page = client.get(reverse("quotes:edit", args=[amendment.pk]), chosen)
    found = [(c.coterm.value, c.last_day, c.total.amount) for c in page.context["choices"]]
    assert found == [
        ("contract_end", date(2027, 12, 31), Decimal("1935.48")),
        ("earliest_end", date(2027, 12, 31), Decimal("1935.48")),
        ("none", date(2028, 3, 10), Decimal("2400.00")),
    ]
    at("amend_add", **chosen, coterm="none")
    added = amendment.lines.get(product__sku="NET")
    assert (added.ends_on, added.contract_total) == (date(2028, 3, 11), Decimal("2400.00"))


def test_what_cannot_be_is_said_on_the_page(amendment, at):
    seats = amendment.lines.get(product__sku="SUP")
    typed = {"quantity": "15", "unit_price": "10", "discount_percent": "101"}
    answer = at("amend_item", seats.pk, "change", **typed, last_day="2027-12-31")
    assert answer.status_code == 422
    assert "between 0 and 100 per cent" in answer.content.decode()
    assert at("submit").status_code == 422


def test_the_quote_and_the_customer_see_what_changes(amendment, at, client):
    seats = amendment.lines.get(product__sku="SUP")
    at("amend_item", seats.pk, "end")
    for name in ("detail", "preview"):
        page = client.get(reverse(f"quotes:{name}", args=[amendment.pk])).content.decode()
        assert "What changes" in page


def test_an_amendment_that_changes_nothing_yet_says_so(amendment, client, rep):
    client.force_login(rep)
    page = client.get(reverse("quotes:detail", args=[amendment.pk])).content.decode()
    assert "Nothing changes yet" in page
    assert "No lines yet" not in page
