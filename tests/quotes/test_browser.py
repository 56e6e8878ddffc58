"""The editor and the customer's page in a real browser."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from q2c.customers.portal import make_link
from quotes.actions import (
    change_line,
    change_quote,
    save_template,
    send_quote,
    submit_quote,
)
from quotes.models import Acceptance, Quote

pytestmark = pytest.mark.django_db(transaction=True)


def test_totals_and_approvals_follow_while_typing(
    transactional_db, signed_in, axe, rep, full_draft, policies
):
    page = signed_in(rep)
    page.goto(reverse("quotes:edit", args=[full_draft.pk]))
    quantity = page.get_by_label("Quantity of Support")
    quantity.fill("20")
    expect(page.locator("#totals")).to_contain_text("2,838.00 EUR")
    expect(page.locator("[data-save-state]")).to_contain_text("Saved")
    discount = page.get_by_label("Discount on Support, per cent")
    discount.fill("18")
    expect(page.locator("#needed")).to_contain_text("Discount of 18 % on “Support”")
    discount.fill("118")
    expect(page.get_by_text("A discount must lie between 0 and 100 per cent.")).to_be_visible()
    expect(page.locator("[data-save-state]")).to_have_text("Not saved")
    discount.fill("0")
    expect(page.locator("#needed")).to_have_text("No approval needed.")
    discount.press("Enter")
    expect(page.get_by_label("Discount on Router, per cent")).to_be_focused()
    page.locator("h1").click()
    page.keyboard.press("/")
    page.keyboard.type("2x network")
    page.get_by_role("button", name="Add 2 Site network").click()
    expect(page.get_by_label("Quantity of Site network")).to_have_value("2")
    axe()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("the quote is approved")).to_be_visible()
    assert Quote.objects.get(pk=full_draft.pk).state == "approved"


def test_a_template_brings_its_term_along_unless_one_was_typed(
    transactional_db, signed_in, rep, full_draft, customer
):
    change_quote(full_draft.pk, {"term_months": 24}, by=rep, at=timezone.now())
    save_template(full_draft.pk, name="Two years", by=rep, at=timezone.now())
    page = signed_in(rep)
    page.goto(f"{reverse('quotes:new')}?customer={customer.pk}")
    term, template = (
        page.get_by_label("Term in months"),
        page.get_by_label("Start from the template"),
    )
    template.select_option(label="Two years")
    expect(term).to_have_value("24")
    template.select_option(index=0)
    expect(term).to_have_value("12")
    term.fill("36")
    template.select_option(label="Two years")
    expect(term).to_have_value("36")


def test_a_bundle_is_configured_and_an_adjustment_added(
    transactional_db, signed_in, rep, full_draft
):
    page = signed_in(rep)
    page.goto(reverse("quotes:edit", args=[full_draft.pk]))
    page.get_by_label("Add a product").fill("home")
    page.get_by_role("button", name="Configure Home bundle").click()
    expect(page.get_by_label("How many")).to_be_focused()
    page.get_by_label("Support up to 5").fill("3")
    page.get_by_role("button", name="Add bundle").click()
    expect(page.get_by_label("Quantity of Home bundle")).to_have_value("1")
    expect(page.locator("#configurator")).to_be_empty()
    page.get_by_text("Add a negotiated adjustment").click()
    page.get_by_label("Amount, EUR").fill("-5")
    page.get_by_role("button", name="Add adjustment").click()
    expect(page.locator("#lines")).to_contain_text("-5.00")
    assert full_draft.lines.filter(is_adjustment=True).count() == 1


def test_a_customer_chooses_asks_counters_forwards_and_signs_on_a_phone(
    transactional_db, page, axe, rep, full_draft, live_server
):
    page.set_viewport_size({"width": 390, "height": 844})
    now = timezone.now()
    Quote.objects.filter(pk=full_draft.pk).update(valid_until=now.date() + timedelta(days=9))
    full_draft.lines.filter(description="Router").update(
        is_optional=True, min_quantity=1, max_quantity=3
    )
    for name, choice in (("Installation", "Good"), ("Calls", "Best")):
        full_draft.lines.filter(description=name).update(
            choice_group="Set-up", choice=choice, is_chosen=choice == "Good"
        )
    submit_quote(full_draft.pk, by=rep, at=now)
    sent = send_quote(full_draft.pk, by=rep, at=now)
    url = make_link(
        "quote",
        customer_id=sent.customer_id,
        document_id=sent.pk,
        contact=sent.contact,
        by=None,
        at=now,
        expires_at=now + timedelta(days=30),
    )
    page.goto("/p/" + url.rsplit("/", 1)[1])
    expect(page.get_by_role("heading", name="Office")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    axe()

    total = page.locator("#bottom-bar .total")
    page.get_by_label("Router", exact=True).uncheck()
    expect(total).to_have_text("1,449.00 EUR")
    page.get_by_label("Router", exact=True).check()
    page.get_by_label("Quantity of Router").fill("9")
    expect(page.locator("#offer-figures")).to_have_text("“Router” is offered from 1 to 3.")
    expect(page.locator("#accept")).to_contain_text("Correct it above; then you can sign.")
    expect(total).to_have_text("–")
    page.get_by_label("Quantity of Router").fill("3")
    expect(total).to_have_text("2,016.00 EUR")
    page.get_by_label("Best").check()
    expect(total).to_have_text("1,767.00 EUR")

    page.get_by_label("Ask Ana").fill("Before Christmas?")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("will answer you by e-mail")).to_be_visible()
    expect(total).to_have_text("1,767.00 EUR")

    page.get_by_role("link", name="Make a counter-offer").click()
    support = page.get_by_role("group", name="Support")
    expect(support.get_by_label("Why?")).to_be_visible()
    axe()
    support.get_by_label("Quantity").fill("12")
    support.get_by_label("Why?").fill("Two more people")
    page.get_by_role("button", name="Send the counter-offer").click()
    expect(page.get_by_text("will answer each of your changes")).to_be_visible()
    expect(page.locator("#counter")).to_contain_text("+240.00 EUR")

    page.get_by_text("Forward to a colleague").click()
    page.get_by_label("Name", exact=True).fill("Kim Lund")
    page.get_by_label("E-mail").fill("kim@nordlicht.example")
    page.get_by_role("button", name="Forward").click()
    expect(page.get_by_text("Kim Lund gets an e-mail")).to_be_visible()

    page.get_by_label("Quantity of Router").fill("2")
    page.get_by_label("Best").check()
    expect(total).to_have_text("1,578.00 EUR")
    page.get_by_role("button", name="Review and sign").click()
    expect(page.get_by_text("This is the document of what you chose")).to_be_visible()
    page.get_by_label("Draw my signature").check()
    box = page.locator("canvas").bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 20, steps=5)
    page.mouse.up()
    page.locator("#consent").check()
    page.get_by_role("button", name="Accept for").click()
    expect(page.get_by_text("accepted this offer on")).to_be_visible()
    axe()
    acceptance = Acceptance.objects.get()
    assert acceptance.signature.startswith("data:image/png;base64,")
    assert acceptance.document_id == acceptance.selection.document_id
    assert f"{acceptance.document_id}" in acceptance.consent
    assert sent.readings.get().seconds < 60


def test_the_grid_is_as_quick_as_a_spreadsheet(
    transactional_db, signed_in, axe, rep, manager, full_draft
):
    """Keys, picker, paste, drag, undo, and a colleague in the same quote."""
    page = signed_in(rep)
    page.goto(reverse("quotes:edit", args=[full_draft.pk]))
    quantity = page.get_by_label("Quantity of Support")
    quantity.fill("12")
    quantity.press("ArrowDown")
    expect(page.get_by_label("Quantity of Router")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Price of Router; empty is the list price")).to_be_focused()
    page.keyboard.type("150")
    page.keyboard.press("Escape")
    expect(page.get_by_label("Price of Router; empty is the list price")).to_have_value("")
    page.keyboard.type("160")
    expect(page.locator("#totals")).to_contain_text("1,849.00 EUR")  # 1,440 + 160 + 249
    page.keyboard.press("Control+z")
    expect(page.locator("#totals")).to_contain_text("1,878.00 EUR")
    page.reload()
    page.keyboard.press("Control+z")
    expect(quantity).to_have_value("10")
    page.keyboard.press("Control+Shift+z")
    expect(quantity).to_have_value("12")

    picker = page.get_by_label("Add a product")
    picker.fill("2x network")
    expect(page.get_by_role("button", name="Add 2 Site network")).to_be_visible()
    picker.press("ArrowDown")
    picker.press("Enter")
    expect(page.get_by_label("Quantity of Site network")).to_have_value("2")
    expect(picker).to_be_focused()
    page.evaluate(
        """text => {
          const data = new DataTransfer();
          data.setData("text/plain", text);
          const paste = new ClipboardEvent("paste", {clipboardData: data, bubbles: true});
          document.activeElement.dispatchEvent(paste);
        }""",
        "BOX\t4\t10%\nzebra\t1",
    )
    expect(page.get_by_text("Row 2: no product is called “zebra”.")).to_be_visible()
    axe()
    page.get_by_role("button", name="Add the 1 good row, leave out 1").click()
    expect(page.get_by_label("Quantity of Router")).to_have_count(2)

    handle = page.get_by_label("Move Calls; arrow keys move it up and down")
    first = page.locator("[data-grid] tbody tr").first
    handle.hover()
    page.mouse.down()
    box = first.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 4, steps=6)
    page.mouse.up()
    expect(first.get_by_label("Description of line 1")).to_have_value("Calls")
    handle.press("ArrowDown")
    expect(first.get_by_label("Description of line 1")).to_have_value("Support")

    page.get_by_role("button", name="Section").click()
    expect(page.get_by_label("Section", exact=True)).to_be_focused()
    page.keyboard.type("Extras")
    quantity.fill("1,200")
    quantity.press("Tab")
    expect(quantity).to_have_value("1200")
    quantity.fill("12")
    page.get_by_label("More of Support").click()
    page.get_by_role("button", name="Ramp…").click()
    expect(page.get_by_label("Quantity of segment 1")).to_have_value("12")
    axe()
    page.keyboard.press("Escape")

    line = full_draft.lines.get(description="Support")
    change_line(line.pk, {"discount_percent": Decimal(5)}, by=manager, at=timezone.now())
    quantity.fill("14")  # another cell: both stand
    expect(page.get_by_label("Discount on Support, per cent")).to_have_value("5")
    expect(quantity).to_have_value("14")
    change_line(line.pk, {"quantity": Decimal(20)}, by=manager, at=timezone.now())
    quantity.fill("15")
    expect(page.locator("#conflict")).to_contain_text("theirs is 20, yours is 15")
    page.get_by_label("Cover letter").scroll_into_view_if_needed()
    expect(page.locator("#conflict")).to_be_in_viewport()
    page.get_by_role("button", name="Save mine").click()
    expect(page.locator("#conflict")).to_be_empty()
    line.refresh_from_db()
    assert (line.quantity, line.discount_percent) == (15, 5)
    axe()
