"""The grid in a real browser: nothing typed gets lost, the cursor stays, rows stand in their order."""

import re
from decimal import Decimal

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from quotes.actions import change_line, remove_line, reorder_lines
from quotes.models import Quote
from tests.quotes.test_amendment_pages import amendment  # noqa: F401
from tests.support.browser import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def editor(signed_in, rep, full_draft):
    page = signed_in(rep)
    page.goto(reverse("quotes:edit", args=[full_draft.pk]))
    return page


def names(page):
    cells = page.locator("[data-grid] [name=description]")
    return cells.evaluate_all("cells => cells.map(cell => cell.value)")


def drag(page, name, *, to):
    """Drag a line by its handle to the height `to(box of the table's body)`."""
    page.get_by_label(f"Move {name}; arrow keys move it up and down").hover()
    page.mouse.down()
    box = page.locator("[data-grid] tbody").bounding_box()
    page.mouse.move(box["x"] + 20, to(box), steps=4)
    page.mouse.up()


def test_beyond_the_ends_is_the_first_or_the_last_place(editor, full_draft):
    drag(editor, "Installation", to=lambda box: box["y"] - 60)
    expect(editor.get_by_label("Description of line 1")).to_have_value("Installation")
    drag(editor, "Installation", to=lambda box: box["y"] + box["height"] + 60)
    expect(editor.get_by_label("Description of line 4")).to_have_value("Installation")
    assert names(editor) == ["Support", "Router", "Calls", "Installation"]
    stored = full_draft.lines.values_list("description", flat=True)
    assert list(stored) == names(editor)


def test_the_cursor_stays_when_its_row_goes(editor):
    editor.get_by_label("Remove Router").press("Enter")
    expect(editor.get_by_label("Remove Installation")).to_be_focused()
    expect(editor.get_by_label("Description of line 2")).to_have_value("Installation")
    editor.get_by_label("Remove Calls").press("Enter")
    expect(editor.get_by_label("Remove Installation")).to_be_focused()
    editor.keyboard.press("Enter")
    editor.get_by_label("Remove Support").press("Enter")
    expect(editor.get_by_text("No lines yet")).to_be_visible()
    expect(editor.get_by_label("Add a product")).to_be_focused()


def test_sections_sum_what_is_below_and_a_row_is_called_by_its_name(editor):
    editor.get_by_role("button", name="Section").click()
    handle = editor.get_by_label("Move Section 1; arrow keys move it up and down")
    for _ in range(4):
        handle.press("ArrowUp")
    expect(editor.locator(".section-row")).to_contain_text("1,638.00")
    expect(handle).to_be_focused()
    editor.get_by_label("Description of line 2").fill("Care")
    editor.keyboard.press("Tab")
    expect(editor.get_by_label("Quantity of Care")).to_be_focused()


def test_each_stay_in_a_cell_is_one_step_to_undo(editor):
    quantity = editor.get_by_label("Quantity of Support")
    saved = editor.locator("[data-save-state]")
    for text in ("1", "15", "150"):
        quantity.fill(text)
        expect(saved).to_contain_text("Saved")
    quantity.press("Enter")
    editor.keyboard.press("Shift+Enter")
    quantity.fill("7")
    expect(editor.locator("#totals")).to_contain_text("1,278.00 EUR")
    quantity.press("Control+z")
    expect(quantity).to_have_value("150")
    quantity.press("Control+z")
    expect(quantity).to_have_value("10")


def test_what_is_typed_without_a_network_is_saved_when_it_is_back(editor, full_draft):
    context = editor.context
    context.set_offline(True)
    editor.get_by_label("Quantity of Support").fill("12")
    editor.get_by_label("Price of Support").fill("9")
    editor.get_by_label("Cover letter").fill("Dear all")
    expect(editor.get_by_text("The server cannot be reached.")).to_be_visible()
    expect(editor.locator("[data-save-state]")).to_contain_text("Not saved")
    context.set_offline(False)
    expect(editor.locator("[data-save-state]")).to_contain_text("Saved ")
    expect(editor.locator("#totals")).to_contain_text("1,734.00 EUR")  # 1,296, 189 and 249
    expect(editor.get_by_text("The server cannot be reached.")).to_have_count(0)
    line = full_draft.lines.first()
    assert (line.quantity, line.agreed_unit_price) == (12, 9)
    assert Quote.objects.get(pk=full_draft.pk).cover_letter == "Dear all"


def test_a_session_that_ended_loses_nothing(editor, rep, full_draft, live_server):
    editor.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    editor.get_by_label("Quantity of Support").fill("12")
    expect(editor.get_by_text("You were signed out.")).to_be_visible()
    assert full_draft.lines.first().quantity == 10
    sign_in(editor, rep, at=live_server.url)
    editor.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # back from signing in
    expect(editor.locator("#totals")).to_contain_text("1,878.00 EUR")
    assert full_draft.lines.first().quantity == 12


def test_two_people_type_add_move_and_remove_at_once(editor, full_draft, rep, manager):
    support, router, setup, calls = full_draft.lines.all()
    discount = editor.get_by_label("Discount on Support, per cent")
    now = timezone.now()
    change_line(support.pk, {"quantity": Decimal(20)}, by=manager, at=now)
    reorder_lines(full_draft.pk, [calls.pk], before=support.pk, by=manager, at=now)
    remove_line(router.pk, by=manager, at=now)
    discount.fill("5")
    editor.keyboard.press("Tab")  # to the days, while the row comes anew
    editor.get_by_label("Price of Support").fill("9.5")
    expect(editor.get_by_label("Quantity of Support")).to_have_value("20")
    expect(editor.locator("#totals")).to_contain_text("2,415.00 EUR")  # 2,166 and 249
    assert names(editor) == ["Calls", "Support", "Installation"]
    expect(editor.get_by_label("Price of Support")).to_have_value("9.5")
    expect(discount).to_have_value("5")
    editor.get_by_label("Quantity of Installation").fill("2")
    remove_line(setup.pk, by=manager, at=now)
    told = re.compile("was removed meanwhile|has saved this quote meanwhile")  # by who is first
    expect(editor.get_by_text(told)).to_be_visible()


def test_what_a_colleague_saved_in_the_same_cell_is_not_overwritten_unasked(
    editor, full_draft, manager
):
    support = full_draft.lines.first()
    editor.context.set_offline(True)
    editor.get_by_label("Discount on Support, per cent").fill("5")
    editor.get_by_label("Quantity of Support").fill("12")
    editor.get_by_label("Quantity of Support").blur()
    change_line(support.pk, {"quantity": Decimal(20)}, by=manager, at=timezone.now())
    editor.context.set_offline(False)
    expect(editor.get_by_text("has saved this quote meanwhile")).to_be_visible()
    support.refresh_from_db()
    assert (support.discount_percent, support.quantity) == (5, 20)


def test_an_amendment_is_the_same_grid(signed_in, axe, rep, amendment):  # noqa: F811
    page = signed_in(rep)
    page.goto(reverse("quotes:edit", args=[amendment.pk]))
    quantity = page.get_by_label("Quantity of Support")
    quantity.fill("15")
    expect(page.locator("#totals")).to_contain_text("101.61 EUR")
    expect(page.get_by_label("Keep Support as it was")).to_be_visible()
    expect(quantity).to_be_focused()
    quantity.press("Enter")
    expect(page.get_by_label("Quantity of Calls")).to_be_focused()
    page.keyboard.press("Shift+Enter")
    paste(page, "12\t9.5\n1,200\n7")
    expect(page.get_by_label("Quantity of Calls")).to_have_value("1200")
    expect(page.get_by_label("Price of Support")).to_have_value("9.5")
    expect(page.get_by_text("2 lines are left from here on")).to_be_visible()
    for _ in range(4):
        page.keyboard.press("Control+z")
    expect(quantity).to_have_value("10")
    expect(page.locator("[data-undo]")).to_be_disabled()
    page.get_by_label("End Support").click()
    expect(page.get_by_label("Keep Support as it was")).to_be_focused()
    expect(page.locator("#amended")).to_contain_text("What changes")
    axe()


def paste(page, text):
    page.evaluate(
        """text => {
          const data = new DataTransfer();
          data.setData("text/plain", text);
          const paste = new ClipboardEvent("paste", {clipboardData: data, bubbles: true});
          document.activeElement.dispatchEvent(paste);
        }""",
        text,
    )
