"""Delivery in a real browser: ship in parts, take in usage, end a subscription."""

from datetime import date

import pytest
from playwright.sync_api import expect

from orders.models import UsageEvent
from tests.contracts.factories import AT
from tests.orders.factories import item_of, line_of


@pytest.mark.parametrize("width", [1280, 390])
def test_goods_leave_in_parts(signed_in, axe, order, finance, fresh, width):
    page = signed_in(finance)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/orders/?state=to_ship")
    axe()
    page.get_by_role("link", name=order.number).click()
    expect(page.get_by_role("heading", name=order.number)).to_be_visible()
    quantity = page.get_by_label("Ship of Router")
    expect(quantity).to_have_value("4")
    quantity.fill("5")
    page.get_by_role("button", name="Ship goods").click()
    expect(page.get_by_text("Router: 4 are left to ship, not 5.")).to_be_visible()
    axe()
    quantity.fill("1")
    page.get_by_label("Carrier").fill("DHL")
    page.get_by_role("button", name="Ship goods").click()
    expect(page.get_by_text("1 × Router")).to_be_visible()
    expect(quantity).to_have_value("3")
    axe()
    page.get_by_role("button", name="Ship goods").click()
    expect(page.get_by_text("3 × Router")).to_be_visible()
    expect(page.get_by_role("button", name="Ship goods")).to_have_count(0)
    assert (fresh(order).state, line_of(order, "BOX").shipped_quantity) == ("complete", 4)


def test_usage_comes_in_by_file_and_the_subscription_ends(
    signed_in, axe, make_order, finance, fresh
):
    order = make_order(starts_on=date(2026, 1, 1))
    calls, subscription = item_of(order, "CALLS"), order.subscriptions.get()
    page = signed_in(finance)
    page.goto("/usage/")
    axe()
    header, row = "item_id,key,quantity,used_at", f"{calls.pk},a,2.5,{AT.isoformat()}"
    for rows, words in (
        ([row, "x,b,1,never"], "Line 3: item_id is the id of a subscription item."),
        ([row], "1 recorded, 0 known already."),
    ):
        text = "\n".join([header, *rows]).encode()
        page.get_by_label("CSV file").set_input_files(
            {"name": "usage.csv", "mimeType": "text/csv", "buffer": text}
        )
        page.locator("main form button[type=submit]").click()
        expect(page.get_by_text(words)).to_be_visible()
        axe()
    assert UsageEvent.objects.get().item == calls

    page.goto("/subscriptions/")
    axe()
    page.get_by_role("link", name=subscription.number).click()
    page.get_by_role("button", name="Cancel…").click()
    axe()
    page.get_by_label("First day without it").fill("2027-06-01")
    page.get_by_label("Reason").fill("Moved to another provider")
    page.get_by_role("button", name="Cancel subscription").click()
    expect(page.get_by_text("Moved to another provider").first).to_be_visible()
    expect(page.get_by_text("31 May 2027").first).to_be_visible()
    axe()
    assert (fresh(subscription).state, fresh(subscription).ends_on) == (
        "cancelled", date(2027, 6, 1),
    )  # fmt: skip


def test_what_is_left_is_given_up_in_the_dialog(signed_in, axe, order, finance, fresh):
    page = signed_in(finance)
    page.goto(f"/orders/{order.pk}/")
    page.get_by_role("button", name="Close short…").click()
    dialog = page.get_by_role("dialog", name="Give up what is left?")
    axe()
    dialog.get_by_label("Give up of Router").fill("4")
    dialog.get_by_label("Reason").select_option("Cannot be delivered")
    dialog.get_by_role("button", name="Close short").click()
    expect(page.get_by_text("Given up; it is reserved no more")).to_be_visible()
    expect(page.get_by_role("row", name="Router Cancelled")).to_contain_text("4 given up")
    axe()
    assert fresh(order).state == "complete"
