"""The pages of those who deliver: orders, subscriptions, usage; by role, and in few queries."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orders.actions import record_usage, ship_goods
from orders.models import Order, Shipment, Subscription, UsageEvent
from q2c.identity.models import User
from q2c.identity.roles import Role
from q2c.infra.clock import day_in
from q2c.web.templatetags.q2c import day
from tests.contracts.factories import AT
from tests.orders.factories import OFFICE, item_of, line_of, used
from tests.support.queries import assert_constant, queries_of

FULFIL = {Role.FINANCE, Role.FINANCE_MANAGER, Role.ADMINISTRATOR}
TODAY = day_in("Europe/Berlin", timezone.now())
EARLIER = datetime(2026, 1, 1, tzinfo=UTC)
RUNS = {"starts_on": date(2026, 1, 1), "accepted_at": EARLIER}  # a subscription under way


def at(name, *args):
    return reverse(f"orders:{name}", args=args)


def browser_of(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def as_role(db):
    """`as_role(Role.LEGAL)` is a browser of somebody in that role."""

    def as_role(role):
        user, _ = User.objects.get_or_create(
            email=f"{role.value}@brightline.example",
            defaults={"full_name": role.label, "role": role.value},
        )
        return browser_of(user)

    return as_role


@pytest.fixture
def as_finance(finance):
    return browser_of(finance)


# Who may


def test_everybody_reads_what_was_ordered(as_role, order, subscription):
    for role in Role:
        client = as_role(role)
        for page in (
            at("list"),
            at("detail", order.pk),
            at("subscriptions"),
            at("subscription", subscription.pk),
            at("usage"),
        ):
            assert client.get(page).status_code == 200, (role, page)


def test_who_may_ship_end_and_measure(as_role, order, subscription):
    for role in Role:
        client, may = as_role(role), role in FULFIL
        page = client.get(at("detail", order.pk)).content
        assert (b"Ship goods" in page) is may, role
        page = client.get(at("subscription", subscription.pk)).content
        assert (b"Cancel subscription" in page) is may, role
        answers = {
            client.post(at("ship", order.pk), {}).status_code,
            client.post(at("cancel", subscription.pk), {}).status_code,
            client.post(at("usage_upload"), {}).status_code,
        }
        assert answers == ({422} if may else {403}), role
    assert not Shipment.objects.exists()
    assert Subscription.objects.get().state == "running"


def test_a_visitor_signs_in_first(client, order):
    for page in (at("list"), at("detail", order.pk), at("subscriptions"), at("usage")):
        answer = client.get(page)
        assert answer.status_code == 302
        assert "/sign-in/" in answer["Location"]


def test_what_does_not_exist_is_404(as_finance):
    for page in (at("detail", 1), at("subscription", 1)):
        assert as_finance.get(page).status_code == 404
    assert as_finance.post(at("ship", 1)).status_code == 404
    assert as_finance.post(at("cancel", 1)).status_code == 404


# Orders


def test_the_list_tells_what_is_to_ship(as_finance, order, make_order):
    done = make_order(lines=[("SETUP", 1)])
    tabs = {t["label"]: t["count"] for t in as_finance.get(at("list")).context["tabs"]}
    assert tabs == {"All": 2, "To ship": 1, "Open": 1, "Complete": 1, "Cancelled": 0}
    for query, found in (
        ({"state": "to_ship"}, [order]),
        ({"state": "complete"}, [done]),
        ({"q": order.number}, [order]),
        ({"q": "nordl"}, [done, order]),
        ({"q": "nobody"}, []),
    ):
        rows = as_finance.get(at("list"), query).context["page"].rows
        assert sorted(row.pk for row in rows) == sorted(row.pk for row in found)
    assert order.number.encode() in as_finance.get("/").content  # the home card


def test_nonsense_in_the_address_is_no_error_of_ours(as_finance, order):
    for page in ("list", "subscriptions", "usage"):
        for query in ("q=%00", "customer=" + "9" * 20, "after=x", "item=" + "9" * 22):
            answer = as_finance.get(f"{at(page)}?{query}")
            assert answer.status_code in (200, 422), (page, query)


def form_of(order, quantity, **changes):
    return {
        f"line-{line_of(order, 'BOX').pk}": quantity,
        "shipped_on": TODAY.isoformat(),
        "known_shipments": order.shipments.count(),
        **changes,
    }


def test_goods_are_shipped_in_parts_from_the_page(as_finance, order, fresh):
    data = form_of(order, "1", carrier="DHL", tracking="00340")
    page = as_finance.post(at("ship", order.pk), data, follow=True).content.decode()
    for words in (f"SH-{TODAY.year}-000001 left on {day(TODAY)}.", "1 × Router", "DHL", "00340"):
        assert words in page
    assert 'value="3"' in page  # what is left is the next proposal
    as_finance.post(at("ship", order.pk), form_of(order, "3"))
    assert fresh(order).state == "complete"
    assert b"Ship goods" not in as_finance.get(at("detail", order.pk)).content


def test_a_form_sent_twice_ships_once(as_finance, order):
    data = form_of(order, "2")
    assert as_finance.post(at("ship", order.pk), data).status_code == 302
    again = as_finance.post(at("ship", order.pk), data)
    assert again.status_code == 422
    assert b"Goods were shipped since you opened this page." in again.content
    assert line_of(order, "BOX").shipped_quantity == 2


@pytest.mark.parametrize(
    ("quantity", "changes", "words"),
    [
        ("5", {}, "4 are left to ship, not 5"),
        ("-1", {}, "greater than or equal to 0"),
        ("many", {}, "Enter a number."),
        ("", {}, "Enter how many of at least one line"),
        ("1", {"shipped_on": "1026-11-30"}, "Choose a date between 2000 and 2100."),
        ("1", {"shipped_on": ""}, "This field is required."),
        ("1", {"shipped_on": "2099-01-01"}, "That day has not come yet."),
        ("1", {"carrier": "x" * 101}, "at most 100 characters"),
    ],
)
def test_a_wrong_shipment_is_explained_at_its_line(as_finance, order, quantity, changes, words):
    answer = as_finance.post(at("ship", order.pk), form_of(order, quantity, **changes))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Shipment.objects.exists()


# Subscriptions


def test_subscriptions_are_found_by_state_number_and_customer(as_finance, make_order):
    first = make_order().subscriptions.get()
    second = make_order().subscriptions.get()
    data = {"on": "2027-06-01", "reason": "Moved"}
    as_finance.post(at("cancel", second.pk), data)
    tabs = {t["label"]: t["count"] for t in as_finance.get(at("subscriptions")).context["tabs"]}
    assert tabs == {"All": 2, "Running": 1, "Cancelled": 1}
    for query in ({"state": "running"}, {"q": first.number}):
        rows = as_finance.get(at("subscriptions"), query).context["page"].rows
        assert [row.pk for row in rows] == [first.pk]


def test_a_subscription_is_ended_on_its_page_in_words(as_finance, subscription, fresh):
    for data, words in (
        ({"on": "2027-06-01", "reason": ""}, "This field is required."),
        ({"on": "never", "reason": "x"}, "Enter a valid date."),
        ({"on": "2026-12-31", "reason": "x"}, "starts on 01 Jan 2027 and cannot end before"),
    ):
        answer = as_finance.post(at("cancel", subscription.pk), data)
        assert answer.status_code == 422
        assert words in answer.content.decode()
    assert fresh(subscription).state == "running"
    data = {"on": "2027-06-01", "reason": "Moved"}
    page = as_finance.post(at("cancel", subscription.pk), data, follow=True).content.decode()
    assert f"{subscription.number} ends; 1 Jun 2027 is the first day without it." in page
    assert "31 May 2027" in page  # its last day
    assert "Moved" in page
    again = as_finance.post(at("cancel", subscription.pk), data)
    assert b"You cannot cancel while cancelled." in again.content


# Usage


@pytest.fixture
def calls(make_order):
    return item_of(make_order(**RUNS), "CALLS")


def upload(client, text, *, name="usage.csv"):
    body = text if isinstance(text, bytes) else text.encode()
    return client.post(at("usage_upload"), {"file": SimpleUploadedFile(name, body)}, follow=True)


def test_a_file_of_usage_is_taken_in_once(as_finance, calls):
    text = "item_id,key,quantity,used_at\n" + "".join(
        f"{calls.pk},call-{n},1.5,2026-03-{n:02d}T12:00:00Z\n" for n in range(1, 4)
    )
    assert "3 recorded, 0 known already." in upload(as_finance, text).content.decode()
    assert "0 recorded, 3 known already." in upload(as_finance, text).content.decode()
    page = as_finance.get(at("usage"), {"item": calls.pk})
    assert [event.key for event in page.context["page"].rows] == ["call-3", "call-2", "call-1"]
    other = as_finance.get(at("usage"), {"item": calls.pk + 1})
    assert other.context["page"].rows == []


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("{item},b,many,2026-03-01T12:00:00Z", "Line 3: quantity is no number."),
        ("{item},b,1,yesterday", "Line 3: used_at is an instant with its offset"),
        ("{item},b,1,2026-03-01T12:00:00", "Line 3: used_at is an instant with its offset"),
        ("x,b,1,2026-03-01T12:00:00Z", "Line 3: item_id is the id of a subscription item."),
        ("{item},b,1", "Line 3: it needs exactly 4 values."),
        ("{item},b,1,2026-03-01T12:00:00Z,more", "Line 3: it needs exactly 4 values."),
        ("{item},b,-1,2026-03-01T12:00:00Z", "Line 3: the quantity must not be negative."),
        ("{item},b,1,2025-03-01T12:00:00Z", "Line 3: the subscription does not run on that day."),
        ("{item},b,1e99,2026-03-01T12:00:00Z", "Line 3: quantity is too large or too small."),
        ("999999999,b,1,2026-03-01T12:00:00Z", "Line 3: there is no such subscription item."),
    ],
)
def test_a_bad_row_is_named_by_its_line_and_nothing_is_taken_in(as_finance, calls, row, words):
    text = f"item_id,key,quantity,used_at\n{calls.pk},a,1,2026-03-01T12:00:00Z\n"
    answer = upload(as_finance, text + row.format(item=calls.pk) + "\n")
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not UsageEvent.objects.exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "The submitted file is empty."),
        ("item_id,key,quantity,used_at\n", "The file holds no rows."),
        ("item,key\n1,a\n", "The first line must name item_id, key, quantity, used_at."),
        (b"item_id,key,quantity,used_at\n\xff\xfe", "The file is no UTF-8 text."),
    ],
)
def test_a_file_that_is_no_usage_is_explained(as_finance, calls, text, words):
    answer = upload(as_finance, text)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_of_very_many_bad_rows_the_first_are_named(as_finance, calls):
    text = "item_id,key,quantity,used_at\n" + "x,a,1,2026-03-01T12:00:00Z\n" * 50
    page = upload(as_finance, text).content.decode()
    assert page.count("item_id is the id of a subscription item.") == 20
    assert "And 30 more lines." in page


# No page asks more as the rows grow


def test_lists_and_panels_ask_as_often_for_twelve_as_for_two(
    as_finance, make_order, customer, finance
):
    def orders(number):
        for _ in range(number):
            make_order(**RUNS)

    orders(2)
    pages = [at("list"), at("subscriptions"), at("customer_panel", customer.pk), "/"]
    before = [queries_of(as_finance, page) for page in pages]
    orders(10)
    assert [queries_of(as_finance, page) for page in pages] == before
    assert Order.objects.count() == Subscription.objects.count() == 12


def test_an_order_asks_as_often_for_many_lines_and_shipments(as_finance, make_order, finance):
    small = make_order(lines=[("BOX", 20), ("SUP", 1)])
    large = make_order(lines=[("BOX", 20), *OFFICE * 6])
    counts = []
    for order, shipments in ((small, 1), (large, 6)):
        goods = order.lines.filter(kind="goods").first()
        for _ in range(shipments):
            ship_goods(order.pk, quantities={goods.pk: Decimal(1)}, shipped_on=date(2026, 11, 24),
                       by=finance, at=AT)  # fmt: skip
        subscription = order.subscriptions.get()
        pages = (at("detail", order.pk), at("subscription", subscription.pk))
        counts.append([queries_of(as_finance, page) for page in pages])
    assert counts[0] == counts[1]


def test_usage_asks_as_often_for_many_events(as_finance, calls, finance):
    when = datetime(2026, 3, 1, tzinfo=UTC)

    def record(*keys):
        batch = [used(calls, key, "1", when) for key in keys]
        record_usage(batch, by=finance, at=when + timedelta(days=1))

    record("a", "b")
    assert_constant(as_finance, at("usage"), lambda: record(*"cdefghijkl"))
    assert UsageEvent.objects.count() == 12
