"""An edit is answered with what it changed: those rows, the order where it moved, the totals."""

import re
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from quotes.actions import add_text, change_line, ramp_line, remove_line, undo_edit
from quotes.models import Quote
from quotes.rules.ramps import Segment
from tests.quotes.conftest import NOON

HTMX = {"HX-Request": "true"}
HALVES = [
    Segment(date(2027, 1, 1), date(2027, 7, 1), Decimal(10)),
    Segment(date(2027, 7, 1), date(2028, 1, 1), Decimal(20)),
]


def version(quote):
    return Quote.objects.get(pk=quote.pk).edit_version


@pytest.fixture
def answered(client, rep, full_draft):
    """`answered("line_move", pk, "up")` posts as the page does: (rows anew, order or None, page)."""
    client.force_login(rep)

    def answered(name, *args, seen=None, get=False, **data):
        data["seen"] = version(full_draft) if seen is None else seen
        url = reverse(f"quotes:{name}", args=[full_draft.pk, *args])
        send = client.get if get else client.post
        response = send(url, data, headers=HTMX)
        assert (response.status_code, response["HX-Reswap"]) == (200, "none"), response.content
        page = response.content.decode().replace("\xa0", " ")
        rows = [int(pk) for pk in re.findall(r'<tr id="line-(\d+)"', page)]
        order = re.search(r'data-order="([\d ]*)"', page)
        return rows, order and [int(pk) for pk in order[1].split()], page

    return answered


def order_of(quote):
    return [line.pk for line in quote.lines.all()]


def test_a_line_more_comes_alone_with_the_order_of_all(answered, full_draft, products):
    rows, order, page = answered("line_add", pick=f"{products['BOX'].pk} 0 3")
    assert rows == [full_draft.lines.last().pk]
    assert order == order_of(full_draft)
    assert "2,205.00 EUR" in page  # 1,638 and three routers


def test_what_moved_says_what_it_said_and_only_the_order_comes(answered, full_draft):
    first, _, _, last = order_of(full_draft)
    rows, order, page = answered("lines_reorder", line=last, before=first)
    assert (rows, order) == ([], order_of(full_draft))
    assert 'id="net-' not in page
    rows, order, _ = answered("line_move", last, "down")
    assert (rows, order) == ([], [first, last, *order[2:]])


def test_what_went_is_missing_in_the_order_and_undone_comes_back(answered, full_draft):
    gone = order_of(full_draft)[1]
    rows, order, _ = answered("line_remove", gone)
    assert (rows, order) == ([], order_of(full_draft))
    assert gone not in order
    rows, order, _ = answered("undo")
    assert (rows, order) == ([gone], order_of(full_draft))


def test_pasted_rows_come_and_the_dialog_goes(answered, full_draft):
    before = order_of(full_draft)
    rows, order, page = answered("paste", text="SUP\t2\nBOX\t1", do="all")
    assert rows == order[len(before) :] == order_of(full_draft)[len(before) :]
    assert 'hx-swap-oob="innerHTML:#sheet"' in page


def test_a_price_across_lines_brings_the_amounts_of_the_others(answered, full_draft, products):
    from quotes.models import PriceRule

    PriceRule.objects.create(
        name="Volume", effect="breaks", is_across=True, is_active=True, created_at=NOON,
        breaks=[{"least": "15", "percent": "10"}],
    )  # fmt: skip
    support = full_draft.lines.first()
    rows, _, page = answered("line_add", pick=f"{products['SUP'].pk} 1 5")
    assert support.pk not in rows
    assert f'id="total-{support.pk}">1,080.00' in page


def test_a_ramp_comes_with_all_of_its_segments_and_leaves_the_others(answered, full_draft, rep):
    first, *others = order_of(full_draft)
    days = {"first": ["2027-01-01", "2027-07-01"], "last": ["2027-06-30", "2027-12-31"]}
    cells = {"quantity": ["10", "20"], "price": ["", ""], "discount": ["0", "0"]}
    rows, order, page = answered("line_ramp", first, **days, **cells)
    segment = full_draft.lines.get(ramp_of=first).pk
    assert rows == [first, segment]
    assert order == [first, segment, *others]
    assert "segment 2" in page
    rows, _, page = answered("line_remove", segment)
    assert rows == [first]
    assert "segment 1" not in page


def test_other_days_of_the_quote_show_in_lines_without_days_of_their_own(answered, full_draft):
    rows, order, page = answered("term", field="term_months", term_months="24")
    recurring = [line.pk for line in full_draft.lines.exclude(charge_kind="one_time")]
    assert (rows, order) == (recurring, None)
    assert 'value="2028-12-31"' in page


def test_what_a_colleague_did_meanwhile_comes_along(answered, full_draft, manager):
    seen, (support, router, setup, calls) = version(full_draft), order_of(full_draft)
    remove_line(router, by=manager, at=NOON)
    note = add_text(full_draft.pk, "note", "On Mondays", by=manager, at=NOON).pk
    change_line(setup, {"discount_percent": Decimal(5)}, by=manager, at=NOON)
    rows, order, page = answered("line", support, quantity="12", seen=seen)
    assert (rows, order) == ([setup, note], [support, setup, calls, note])
    assert f'id="net-{support}"' in page
    rows, order, _ = answered("changes", get=True, seen=seen)
    assert (rows, order) == ([support, setup, note], [support, setup, calls, note])


def test_a_line_that_came_and_went_meanwhile_is_not_there(answered, full_draft, manager, take):
    seen, before = version(full_draft), order_of(full_draft)
    note = add_text(full_draft.pk, "note", "On Mondays", by=manager, at=NOON).pk
    undo_edit(full_draft.pk, by=manager, at=NOON)
    rows, order, _ = answered("changes", get=True, seen=seen)
    assert note not in order
    assert (rows, order) == ([], before)


def test_what_a_page_shows_is_unknown_it_gets_everything(answered, full_draft, rep):
    ramp_line(full_draft.lines.first().pk, HALVES, by=rep, at=NOON)
    rows, order, _ = answered("changes", get=True, seen="")
    assert rows == order == order_of(full_draft)


def test_who_was_signed_out_is_told_and_nothing_is_saved(client, full_draft):
    line = full_draft.lines.first()
    url = reverse("quotes:line", args=[full_draft.pk, line.pk])
    response = client.post(url, {"quantity": "12"}, headers=HTMX)
    assert response.status_code == 401
    assert "You were signed out." in response["HX-Trigger"]
    assert full_draft.lines.first().quantity == 10
    assert client.post(url, {"quantity": "12"}).status_code == 302
