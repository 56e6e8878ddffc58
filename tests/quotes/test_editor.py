"""The editor: each cell saves itself, the server computes everything."""

import json
from decimal import Decimal

import pytest
from django.urls import reverse

from q2c.infra.bus import history
from quotes.actions import change_line
from quotes.models import Quote
from tests.quotes.conftest import NOON

HTMX = {"HX-Request": "true"}


@pytest.fixture
def editor(client, rep, full_draft):
    """`editor("line", 5, quantity=3)` posts as htmx does, with what the page has seen."""
    client.force_login(rep)

    def editor(name, *args, **data):
        data.setdefault("seen", Quote.objects.get(pk=full_draft.pk).edit_version)
        url = reverse(f"quotes:{name}", args=[full_draft.pk, *args])
        return client.post(url, data, headers=HTMX)

    editor.client = client
    return editor


def text_of(response):
    return response.content.decode().replace("\xa0", " ")


def test_the_editor_shows_lines_totals_and_what_will_need_approval(
    client, rep, full_draft, policies
):
    client.force_login(rep)
    change_line(full_draft.lines.first().pk, {"discount_percent": Decimal(18)}, by=rep, at=NOON)
    page = text_of(client.get(reverse("quotes:edit", args=[full_draft.pk])))
    assert "Discount of 18 % on “Support” exceeds 15 %" in page
    assert "Margin" in page
    assert "66.31 tax" not in page  # the discount lowered it
    assert "62.89 tax (19 % DE), by place" in page


def test_a_cell_saves_itself_and_the_totals_follow(editor, full_draft):
    line = full_draft.lines.first()
    response = editor("line", line.pk, quantity="12,5")
    assert response.status_code == 200
    line.refresh_from_db()
    assert line.quantity == Decimal("12.5")
    page = text_of(response)
    assert f'id="net-{line.pk}"' in page
    assert "1,938.00 EUR" in page
    seen = Quote.objects.get(pk=full_draft.pk).edit_version
    assert f'name="seen" value="{seen}"' in page
    assert 'name="quantity"' not in page  # what is being typed stays


@pytest.mark.parametrize("cell", ["quantity", "agreed_unit_price", "discount_percent"])
def test_the_row_that_is_typed_into_stays_under_the_cursor(editor, full_draft, cell):
    line = full_draft.lines.first()
    page = text_of(editor("line", line.pk, **{cell: "9"}))
    assert f'id="net-{line.pk}"' in page
    assert f'id="line-{line.pk}"' not in page


def test_a_cell_says_how_its_number_was_read(editor, full_draft):
    line = full_draft.lines.first()
    response = editor("line", line.pk, quantity="1,000")
    line.refresh_from_db()
    assert line.quantity == 1000
    read = {"line": line.pk, "name": "quantity", "typed": "1,000", "value": "1000"}
    assert json.loads(response["HX-Trigger-After-Swap"]) == {"read": read}
    assert editor("line", line.pk, discount_percent="12,5 %").status_code == 200
    line.refresh_from_db()
    assert line.discount_percent == Decimal("12.5")


def test_where_points_group_one_that_may_mean_either_is_asked_for_again(editor, full_draft):
    line = full_draft.lines.first()
    editor.client.cookies["django_language"] = "de"
    response = editor("line", line.pk, quantity="1.000")
    assert response.status_code == 422
    assert "may mean 1000 or 1,000; write one of them." in text_of(response)


def test_the_history_says_a_last_day_as_people_do(editor, full_draft):
    line = full_draft.lines.first()
    editor("line", line.pk, last_day="2027-06-30")
    assert {"Support, last day": ["", "30 Jun 2027"]} in [
        event.changes for event in history("quote", full_draft.pk)
    ]


def test_the_same_value_again_saves_nothing(editor, full_draft):
    line = full_draft.lines.first()
    assert editor("line", line.pk, quantity="10.0").status_code == 200
    assert Quote.objects.get(pk=full_draft.pk).edit_version == full_draft.edit_version


@pytest.mark.parametrize(
    ("cell", "value", "words"),
    [
        ("quantity", "-1", "A quantity lies above 0"),
        ("quantity", "ten", "is not a number"),
        ("quantity", "NaN", "is not a number"),
        ("discount_percent", "101", "between 0 and 100"),
        ("description", "", "required"),
    ],
)
def test_a_wrong_value_is_refused_beside_its_cell(editor, full_draft, cell, value, words):
    line = full_draft.lines.first()
    response = editor("line", line.pk, **{cell: value})
    assert response.status_code == 422
    page = text_of(response)
    assert f'id="error-line-{line.pk}"' in page
    assert words in page
    assert "Not saved" in page
    assert Quote.objects.get(pk=full_draft.pk).edit_version == full_draft.edit_version


def test_the_second_of_two_reps_sees_both_values_and_may_keep_theirs(editor, full_draft, manager):
    line, seen = full_draft.lines.first(), full_draft.edit_version
    change_line(line.pk, {"quantity": Decimal(20)}, by=manager, at=NOON)
    response = editor("line", line.pk, quantity="30", seen=seen)
    assert response.status_code == 409
    page = text_of(response)
    assert "Miriam has saved this quote meanwhile" in page
    assert "theirs is <b>20</b>, yours is <b>30</b>" in page
    assert full_draft.lines.first().quantity == 20
    assert editor("line", line.pk, quantity="30").status_code == 200  # “Save mine”
    assert full_draft.lines.first().quantity == 30


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("line_settings", {"note": "Mine", "is_chosen": "on"}),
        ("line_ramp", {"first": "2027-01-01", "last": "2027-12-31", "quantity": "9", "price": "", "discount": ""}),
        ("lines_bulk", {"do": "discount", "discount": "9"}),
    ],
)  # fmt: skip
def test_a_dialog_that_is_out_of_date_overwrites_nothing(editor, full_draft, manager, name, typed):
    line, seen = full_draft.lines.first(), full_draft.edit_version
    theirs = {"note": "Theirs", "discount_percent": Decimal(7)}
    change_line(line.pk, theirs, by=manager, at=NOON)
    chosen = {"line": line.pk} if name == "lines_bulk" else {}
    response = editor(name, *([] if chosen else [line.pk]), seen=seen, **typed, **chosen)
    said = text_of(response) + response.headers.get("HX-Trigger", "")
    assert "Somebody else has saved this since you opened it." in said
    line.refresh_from_db()
    assert (line.note, line.discount_percent, line.quantity) == ("Theirs", 7, 10)


def test_terms_save_themselves_too(editor, full_draft):
    assert "3,030.00" not in text_of(editor("term", field="term_months", term_months="12"))
    page = text_of(editor("term", field="term_months", term_months="24"))
    assert "2,838.00 EUR" in page
    response = editor("term", field="term_months", term_months="0")
    assert (response.status_code, "between 1 and 120" in text_of(response)) == (422, True)
    assert editor("term", field="auto_renew").status_code == 200
    quote = Quote.objects.get(pk=full_draft.pk)
    assert (quote.term_months, quote.auto_renew) == (24, False)


def test_a_term_that_somebody_else_changed_shows_both_values(editor, full_draft, manager):
    from quotes.actions import change_quote

    seen = full_draft.edit_version
    change_quote(full_draft.pk, {"term_months": 36}, by=manager, at=NOON)
    response = editor("term", field="term_months", term_months="24", seen=seen)
    assert response.status_code == 409
    assert "theirs is <b>36</b>, yours is <b>24</b>" in text_of(response)


def test_no_other_field_can_be_set(editor, full_draft):
    assert editor("term", field="state", state="approved").status_code == 422
    assert editor("line", full_draft.lines.first().pk, list_unit_price="0").status_code == 422
    assert Quote.objects.get(pk=full_draft.pk).state == "draft"


def test_products_are_found_and_added_three_at_once(client, rep, editor, full_draft, products):
    url = reverse("quotes:products", args=[full_draft.pk])
    page = text_of(client.get(url, {"q": "3x router"}, headers=HTMX))
    assert "Add 3" in page
    editor("line_add", pick=f"{products['BOX'].pk} 0 3")
    assert full_draft.lines.filter(product=products["BOX"]).last().quantity == 3
    assert "Nothing in List EUR matches “zebra”" in text_of(client.get(url, {"q": "zebra"}))


def test_a_bundle_is_configured_within_its_bounds(client, editor, full_draft, products):
    home, option = products["HOME"].pk, f"option-{products['SUP'].pk}"
    page = text_of(client.get(reverse("quotes:bundle", args=[full_draft.pk, home])))
    assert "up to 5" in page
    live = text_of(editor("bundle_state", home, quantity="2", **{option: "5"}))
    wrong = text_of(editor("bundle_state", home, quantity="-2", **{option: "5"}))
    assert "cannot be negative" in wrong
    assert "has no price" not in wrong  # what is wrong is the quantity alone
    assert "100.00 EUR" in live
    wrong = editor("bundle", home, quantity="2", **{option: "6"})
    assert (wrong.status_code, wrong["HX-Retarget"]) == (422, "#bundle-state")
    assert "each Home bundle takes 0 to 5 of it, not 6; take 1 fewer." in text_of(wrong)
    assert "Support" in text_of(editor("bundle", home, quantity="2", **{option: "5"}))
    head = full_draft.lines.get(kind="bundle")
    assert head.children.get().quantity == 10  # the router's box was not ticked
    again = text_of(client.get(reverse("quotes:line_bundle", args=[full_draft.pk, head.pk])))
    assert "Save choice" in again
    router = f"option-{products['BOX'].pk}"
    editor("line_bundle", head.pk, quantity="3", **{option: "1", router: "1"})
    kept = head.children.order_by("position").values_list("product__sku", "quantity")
    assert list(kept) == [("SUP", 3), ("BOX", 3)]


def test_an_adjustment_is_added_or_refused_in_its_form(editor, full_draft):
    like = full_draft.lines.first().pk
    wrong = editor("adjustment_add", like=like, amount="0", description="Loyalty")
    assert (wrong.status_code, "not zero" in text_of(wrong)) == (422, True)
    editor("adjustment_add", like=like, amount="-10,5", description="Loyalty")
    assert full_draft.lines.get(is_adjustment=True).list_unit_price == Decimal("-10.5")


def test_lines_move_and_go(editor, full_draft):
    first, second = full_draft.lines.all()[:2]
    editor("line_move", second.pk, "up")
    assert full_draft.lines.first() == second
    page = text_of(editor("line_remove", first.pk))
    assert f'id="line-{first.pk}"' not in page
    assert full_draft.lines.count() == 3


def test_a_line_of_another_quote_cannot_be_reached(editor, full_draft, customer, rep, take):
    from quotes.actions import NewQuote, create_quote

    other = create_quote(NewQuote(customer_id=customer.pk), by=rep, at=NOON)
    line = take(other, "SUP")
    assert editor("line", line.pk, quantity="99").status_code == 422
    assert other.lines.get().quantity == 1


def test_a_submitted_page_that_is_out_of_date_is_refused(editor, full_draft, manager):
    seen = full_draft.edit_version
    change_line(full_draft.lines.first().pk, {"quantity": Decimal(20)}, by=manager, at=NOON)
    assert editor("submit", seen=seen).status_code == 409
    assert Quote.objects.get(pk=full_draft.pk).state == "draft"
    response = editor("submit")
    assert response["HX-Redirect"] == reverse("quotes:detail", args=[full_draft.pk])
    assert Quote.objects.get(pk=full_draft.pk).state == "approved"


def test_a_colleague_cannot_edit(client, rep2, full_draft):
    client.force_login(rep2)
    url = reverse("quotes:line", args=[full_draft.pk, full_draft.lines.first().pk])
    assert client.post(url, {"quantity": "1"}, headers=HTMX).status_code == 404


def test_an_edit_of_a_long_quote_asks_a_fixed_number_of_questions(
    editor, draft, full_draft, take, django_assert_max_num_queries
):
    for _ in range(30):
        take(full_draft, "SUP")
    line = full_draft.lines.first()
    with django_assert_max_num_queries(45):
        editor("line", line.pk, quantity="3")
