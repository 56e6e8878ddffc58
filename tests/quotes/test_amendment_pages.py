"""The editor of an amendment: what runs, what becomes of it, what is added and until when."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from quotes.actions import Amended, change_lines, create_amendment_quote
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
    """`at("amend_add", …)` posts there and reads the editor that follows."""
    client.force_login(rep)

    def at(name, *args, **typed):
        url = reverse(f"quotes:{name}", args=[amendment.pk, *args])
        return client.post(url, typed, follow=True)

    return at


@pytest.fixture
def answered(amendment, client, rep):
    """`answered("line", seats, quantity="15")` types as the grid does and reads what comes back."""
    client.force_login(rep)

    def answered(name, line, **typed):
        typed.setdefault("seen", Quote.objects.get(pk=amendment.pk).edit_version)
        url = reverse(f"quotes:{name}", args=[amendment.pk, *([line.pk] if line else [])])
        return client.post(url, typed, headers={"HX-Request": "true"})

    return answered


@pytest.fixture
def seats(amendment):
    return amendment.lines.get(product__sku="SUP")


def text(response):
    return response.content.decode().replace("\xa0", " ")


def test_an_item_is_changed_and_the_page_shows_credit_charge_and_why(amendment, answered, seats):
    page = text(answered("line", seats, quantity="15"))
    assert "21 of 31 days × 100.00 = 67.74" in page
    assert "21 of 31 days × 150.00 = 101.61" in page
    assert "Why the figures change" in page
    assert "was 100.00: 10 × 10.00" in page
    assert "Keep Support as it was" in page
    assert Quote.objects.get(pk=amendment.pk).contract_total == Decimal("1451.61")


def test_two_people_amend_different_cells_and_both_stand(amendment, answered, seats, manager):
    seen = Quote.objects.get(pk=amendment.pk).edit_version
    change_lines(amendment.pk, [seats.pk], {"quantity": Decimal(12)}, by=manager, at=NOON)
    page = text(answered("line", seats, discount_percent="10", seen=seen))
    assert 'value="12"' in page
    seats.refresh_from_db()
    assert (seats.quantity, seats.discount_percent, seats.change) == (12, 10, "change")
    late = answered("line", seats, quantity="16", seen=seen)
    assert late.status_code == 409
    assert "theirs is <b>12</b>, yours is <b>16</b>" in text(late)


def test_what_is_typed_back_is_kept_and_negotiated_by_nobody(amendment, answered, seats):
    answered("line", seats, agreed_unit_price="9")
    seats.refresh_from_db()
    assert (seats.change, seats.negotiated_by_id is not None) == ("change", True)
    answered("line", seats, agreed_unit_price="")
    seats.refresh_from_db()
    assert (seats.change, seats.negotiated_by) == ("keep", None)


def test_a_later_last_day_makes_the_amendment_longer_and_undone_shorter(amendment, answered, seats):
    answered("line", seats, last_day="2028-06-30")
    assert Quote.objects.get(pk=amendment.pk).ends_on == date(2028, 7, 1)
    assert answered("undo", None).status_code == 200
    assert Quote.objects.get(pk=amendment.pk).ends_on == END
    wrong = answered("line", seats, last_day="2027-03-10")
    assert (wrong.status_code, "before the first" in text(wrong)) == (422, True)


def test_items_end_are_kept_again_and_end_together(amendment, answered, at, client, seats):
    assert "Ends</span>" in text(answered("line", seats, quantity="0"))
    assert "Ends</span>" not in text(answered("line_keep", seats))
    assert "Ends</span>" in text(answered("line_remove", seats))
    assert "Ends</span>" not in text(answered("undo", None))
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
    at("undo")
    assert not amendment.lines.filter(product__sku="NET").exists()


def test_what_cannot_be_is_said_on_the_page(amendment, answered, at, seats):
    wrong = answered("line", seats, discount_percent="101")
    assert (wrong.status_code, "between 0 and 100 per cent" in text(wrong)) == (422, True)
    seats.is_adjustment = True
    seats.save()
    assert "can only be ended" in text(answered("line", seats, agreed_unit_price="9"))
    assert at("submit").status_code == 422


def test_the_quote_and_the_customer_see_what_changes(amendment, answered, client, seats):
    answered("line_remove", seats)
    for name in ("detail", "preview"):
        page = client.get(reverse(f"quotes:{name}", args=[amendment.pk])).content.decode()
        assert "What changes" in page


def test_an_amendment_that_changes_nothing_yet_says_so(amendment, client, rep):
    client.force_login(rep)
    page = client.get(reverse("quotes:detail", args=[amendment.pk])).content.decode()
    assert "Nothing changes yet" in page
    assert "No lines yet" not in page
