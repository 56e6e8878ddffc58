"""Closing short by page and API, and what the customer sees of it."""

import re
from decimal import Decimal

from django.test import Client
from django.urls import reverse

from orders.models import Closing
from q2c.identity.roles import Role
from tests.api.conftest import api_for  # noqa: F401
from tests.orders.factories import line_of
from tests.orders.test_closing_short import close, ship
from tests.orders.test_pages import FULFIL, as_finance, as_role, at  # noqa: F401
from tests.scenarios.test_credits import opened
from tests.support.queries import assert_constant


def words_on(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_who_fulfils_orders_closes_short_on_the_page(as_role, order):  # noqa: F811
    for role in Role:
        client = as_role(role)
        offers = b"close-dialog" in client.get(at("detail", order.pk)).content
        answer = client.post(at("close", order.pk), {}).status_code
        assert (offers, answer) == ((True, 422) if role in FULFIL else (False, 403)), role
    assert not Closing.objects.exists()


def test_the_page_gives_up_kits_and_services_and_says_why(as_finance, kit_order, finance):  # noqa: F811
    ship(kit_order, by=finance, BOX=5, HANDSET=5, BOOK=1)
    kit, visit = kit_order.kits.get(), line_of(kit_order, "SETUP")
    form = as_finance.get(at("detail", kit_order.pk)).context["close_form"]
    assert [(str(row["thing"]), row["left"], row["is_part"]) for row in form.rows()] == [
        ("Kit", 2, False), ("Router", 2, True), ("Handset", 2, True), ("Installation", 1, False)
    ]  # fmt: skip
    chosen = {
        f"kit-{kit.pk}": "2", f"line-{visit.pk}": "on", "reason": "replaced", "words": "By Wi-Fi.",
        "known_closings": "0",
    }  # fmt: skip
    answer = as_finance.post(at("close", kit_order.pk), chosen, follow=True)
    page = words_on(answer)
    assert "Given up; it is reserved no more" in page
    assert "Router Short closed when shipped 7 piece 5 2 given up 1,323.00" in page
    assert "2 × Router, 2 × Handset, 1 × Installation Replaced by something else: By Wi-Fi." in page
    assert "Given up, never charged −687.00 EUR What is left of it 1,365.00 EUR" in page
    assert answer.context["close_form"] is None
    again = as_finance.post(at("close", kit_order.pk), chosen)
    assert again.status_code == 422
    assert Closing.objects.count() == 1


def test_a_refusal_stands_beside_its_field_and_gives_up_nothing(as_finance, order):  # noqa: F811
    box = f"line-{line_of(order, 'BOX').pk}"
    answer = as_finance.post(at("close", order.pk), {box: "5", "reason": "unwanted"})
    assert answer.status_code == 422
    assert answer.context["close_form"].errors == {box: ["Router: 4 are left to give up, not 5."]}
    answer = as_finance.post(at("close", order.pk), {box: "1", "reason": "other"})
    assert answer.context["close_form"].errors == {"words": ["Say in words why it is given up."]}
    assert not Closing.objects.exists()


def test_what_was_given_up_is_listed_by_reason(as_finance, order, make_order, finance):  # noqa: F811
    close(order, BOX=1, reason="unavailable", by=finance)
    close(make_order(), BOX=4, by=finance)
    page = as_finance.get(at("closings"))
    tabs = {tab["label"]: tab["count"] for tab in page.context["tabs"]}
    assert (tabs["All"], tabs["Cannot be delivered"], tabs["Ordered by mistake"]) == (2, 1, 0)
    assert [net for _, net in page.context["rows"]] == [756, 189]
    page = as_finance.get(at("closings"), {"state": "unavailable"})
    assert [closing.order for closing, _ in page.context["rows"]] == [order]
    assert "Nothing was given up for this reason" in words_on(
        as_finance.get(at("closings"), {"state": "mistake"})
    )
    more = [make_order() for _ in range(3)]
    assert_constant(
        as_finance, at("closings"), lambda: [close(o, BOX=1, SETUP=1, by=finance) for o in more]
    )


def test_the_product_says_for_whom_it_is_reserved(as_finance, order, finance):  # noqa: F811
    ship(order, BOX=1, by=finance)
    page = words_on(as_finance.get(at("product_panel", line_of(order, "BOX").product_id)))
    assert (
        f"3 for open orders, to be shipped or given up. Order Customer Reserved {order.number}"
        in page
    )
    close(order, BOX=3, by=finance)
    page = words_on(as_finance.get(at("product_panel", line_of(order, "BOX").product_id)))
    assert "No open order waits for it." in page


# API


def test_a_program_gives_up_lines_and_kits(api_for, kit_order, finance):  # noqa: F811
    ship(kit_order, by=finance, BOX=5, HANDSET=5, BOOK=1)
    kit, visit = kit_order.kits.get(), line_of(kit_order, "SETUP")
    given_up = {
        "kits": [{"kit_id": kit.pk, "quantity": "2"}],
        "lines": [{"line_id": visit.pk, "quantity": "1"}],
        "reason": "unavailable",
    }
    api = api_for(finance, "orders:read", "orders:write")
    answer = api.post(f"orders/{kit_order.pk}/close-short", given_up)
    assert answer.status_code == 200, answer.json()
    told = answer.json()
    assert told["state"] == "complete"
    assert [
        (one["delivered_quantity"], one["closed_quantity"], one["delivery_state"])
        for one in told["kits"]
    ] == [("5", "2", "short_closed")]
    assert [
        (line["shipped_quantity"], line["closed_quantity"], line["reserved_quantity"],
         line["delivery_state"])
        for line in told["lines"]
    ] == [
        ("5", "2", "0", "short_closed"), ("5", "2", "0", "short_closed"),
        ("1", "0", "0", "delivered"), ("0", "0", "0", "needs_no_delivery"),
        ("0", "1", "0", "cancelled"),
    ]  # fmt: skip
    assert [line["kit_id"] for line in told["lines"]] == [kit.pk, kit.pk, kit.pk, None, None]
    [closing] = told["closings"]
    assert (closing["reason"], len(closing["lines"])) == ("unavailable", 3)


def test_a_program_is_told_which_row_is_wrong(api_for, order, finance):  # noqa: F811
    api = api_for(finance, "orders:read", "orders:write")
    box, support = line_of(order, "BOX"), line_of(order, "SUP")
    rows = [{"line_id": box.pk, "quantity": "1"}, {"line_id": support.pk, "quantity": "1"}]
    answer = api.post(f"orders/{order.pk}/close-short", {"lines": rows, "reason": "unwanted"})
    assert answer.status_code == 422
    assert "/lines/1/quantity" in answer.content.decode()
    answer = api.post(f"orders/{order.pk}/close-short", {"lines": rows[:1] * 2, "reason": "other"})
    assert "Name each line once." in answer.content.decode()
    answer = api.post(f"orders/{order.pk}/close-short", {"lines": rows[:1], "reason": "no"})
    assert answer.status_code == 422
    assert not Closing.objects.exists()


# The customer


def test_the_customer_hears_what_will_not_come_in_their_language(order, customer, finance, deliver):
    customer.language = "de"
    customer.save(update_fields=["language"])
    close(order, BOX=2, reason="unavailable", words="Ausverkauft.", by=finance)
    [mail] = [mail for mail in deliver() if mail.cause.startswith("order_closed_short")]
    assert mail.subject.endswith(f"Ein Teil Ihrer Bestellung {order.number} wird nicht geliefert")
    assert "2 × Router" in mail.text
    assert "Grund: Nicht lieferbar: Ausverkauft." in mail.text


def test_the_customer_sees_by_link_what_came_and_what_will_not(
    kit_order, customer, finance, monkeypatch
):
    ship(kit_order, by=finance, BOX=5, HANDSET=5, BOOK=1)
    kit = kit_order.kits.get()
    close(kit_order, kits={kit.pk: Decimal(2)}, reason="unavailable", by=finance)
    browser = opened(customer, monkeypatch)
    address = reverse("orders:portal_orders", args=[customer.pk])
    page = words_on(browser.get(address))
    assert f"Order {kit_order.number} of 24 Nov 2026" in page
    assert "Kit not coming: 2 7 5 0" in page
    assert "will not come – 2 × Router, 2 × Handset (Cannot be delivered)" in page
    account = browser.get(reverse("billing:portal_account", args=[customer.pk])).content.decode()
    assert address in account
    assert Client().get(address).status_code == 404
