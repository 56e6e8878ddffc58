"""An order is given up while nothing of it was shipped, started or billed; and not after."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.urls import reverse

from billing.actions import runs
from billing.models import Charge, Invoice
from orders.actions import cancel_order, cancel_subscription, ship_goods
from orders.models import Order, Shipment, Subscription
from orders.queries.deliveries import to_ship
from q2c.identity.roles import Role
from q2c.infra.models import Event
from q2c.kernel.errors import IllegalTransition, NotAllowed, Refused
from tests.api.conftest import api_for  # noqa: F401
from tests.contracts.factories import AT
from tests.orders.factories import line_of
from tests.orders.test_pages import FULFIL, as_finance, as_role, at  # noqa: F401


def cancel(order, *, by, at=AT, reason="Ordered twice"):
    return cancel_order(order.pk, reason=reason, by=by, at=at)


def bill(on):
    run = runs.start_run(on=on, post=True, deliver=False, by=None, at=AT)
    runs.work_off(run.pk, at=AT)
    return list(Invoice.objects.all())


def assert_stands(order, *, ends_on=None):
    """The order is open, its subscription runs and all of it is charged as before."""
    assert Order.objects.get(pk=order.pk).state == "open"
    subscription = Subscription.objects.get(order=order)
    assert (subscription.state, subscription.ends_on) == ("running", ends_on)
    assert not Event.objects.filter(name="OrderCancelled").exists()
    recurring = Charge.objects.get(contract_id=order.contract_id, product__sku="SUP")
    assert (recurring.next_on is None, recurring.ends_on) == (False, ends_on)


def test_nothing_of_a_cancelled_order_is_shipped_started_or_billed(order, finance, fresh):
    cancelled = cancel(order, by=finance)
    assert (cancelled.state, fresh(order).state) == ("cancelled", "cancelled")
    assert not to_ship().exists()
    subscription = order.subscriptions.get()
    assert (subscription.state, subscription.ends_on) == ("cancelled", subscription.starts_on)
    assert subscription.cancel_reason == "Ordered twice"
    told = Event.objects.get(name="OrderCancelled", document_id=order.pk)
    assert (told.actor, told.reason) == (finance, "Ordered twice")
    assert set(Charge.objects.values_list("product__sku", "next_on")) == {
        ("SUP", None), ("SETUP", None), ("CALLS", None)
    }  # fmt: skip
    assert bill(date(2027, 6, 1)) == []
    with pytest.raises(IllegalTransition, match="cannot ship while cancelled"):
        ship_goods(
            order.pk, quantities={line_of(order, "BOX").pk: Decimal(1)}, shipped_on=AT.date(),
            by=finance, at=AT,
        )  # fmt: skip


def test_only_the_cancelled_order_is_dropped(order, make_order, finance):
    other = make_order()
    cancel(order, by=finance)
    due = Charge.objects.exclude(next_on=None).values_list("contract_id", flat=True)
    assert set(due) == {other.contract_id}


def test_goods_that_left_keep_the_order(order, finance, fresh):
    ship_goods(
        order.pk, quantities={line_of(order, "BOX").pk: Decimal(1)}, shipped_on=AT.date(),
        by=finance, at=AT,
    )  # fmt: skip
    with pytest.raises(Refused, match="Goods of this order have left"):
        cancel(order, by=finance)
    assert_stands(order)


def test_a_subscription_that_runs_keeps_the_order(order, finance):
    # Midnight in Berlin, still the year before in Greenwich.
    started = datetime(2026, 12, 31, 23, tzinfo=UTC)
    with pytest.raises(Refused, match="S-2026-000001 has run since 01 Jan 2027"):
        cancel(order, by=finance, at=started)
    assert_stands(order)
    assert cancel(order, by=finance, at=started.replace(hour=22)).state == "cancelled"


def test_what_is_billed_keeps_the_order(order, finance):
    [invoice] = bill(date(2027, 1, 1))
    with pytest.raises(Refused, match=f"{invoice.number} bills part of {order.number}"):
        cancel(order, by=finance)
    assert_stands(order)


def test_a_subscription_with_an_end_of_its_own_keeps_the_order(order, subscription, finance, fresh):
    cancel_subscription(subscription.pk, on=date(2027, 6, 1), reason="Moves", by=finance, at=AT)
    with pytest.raises(Refused, match="S-2026-000001 was given another end already"):
        cancel(order, by=finance)
    assert (fresh(order).state, fresh(subscription).ends_on) == ("open", date(2027, 6, 1))


def test_a_subscription_that_will_never_start_is_no_obstacle(order, subscription, finance):
    cancel_subscription(
        subscription.pk, on=subscription.starts_on, reason="Moves", by=finance, at=AT
    )
    assert cancel(order, by=finance).state == "cancelled"


def test_an_order_of_goods_alone_is_cancelled(make_order, finance):
    assert cancel(make_order(lines=[("BOX", 2)]), by=finance).state == "cancelled"


def test_an_order_is_cancelled_once_and_never_when_all_of_it_was_delivered(
    order, make_order, finance
):
    cancel(order, by=finance)
    with pytest.raises(IllegalTransition, match="cannot cancel while cancelled"):
        cancel(order, by=finance)
    with pytest.raises(Refused, match="All of this order was delivered"):
        cancel(make_order(lines=[("SETUP", 1)]), by=finance)
    assert Event.objects.filter(name="OrderCancelled").count() == 1


def test_an_order_with_nothing_to_ship_is_cancelled_until_it_begins(make_order, finance, fresh):
    order = make_order(lines=[("SUP", 1)])
    assert order.state == "complete"
    begun = datetime(2027, 1, 1, 12, tzinfo=UTC)
    with pytest.raises(Refused, match="has run since 01 Jan 2027"):
        cancel(order, by=finance, at=begun)
    assert cancel(order, by=finance).state == "cancelled"
    assert bill(date(2027, 6, 1)) == []


def test_a_reason_and_the_permission_are_needed(order, finance, rep, legal):
    with pytest.raises(Refused, match="Say why") as refused:
        cancel(order, by=finance, reason=" ")
    assert refused.value.field == "reason"
    for person in (rep, legal):
        with pytest.raises(NotAllowed, match="fulfil orders"):
            cancel(order, by=person)
    assert_stands(order)


# On its page


@pytest.mark.parametrize("role", Role)
def test_who_ships_may_cancel_on_the_page(as_role, order, role, fresh):  # noqa: F811
    client, may = as_role(role), role in FULFIL
    assert (b"Cancel this order?" in client.get(at("detail", order.pk)).content) is may
    answer = client.post(at("cancel_order", order.pk), {"reason": "Ordered twice"})
    assert answer.status_code == (302 if may else 403)
    assert fresh(order).state == ("cancelled" if may else "open")


def test_the_page_tells_what_became_of_it(as_finance, order):  # noqa: F811
    page = as_finance.post(at("cancel_order", order.pk), {"reason": "Ordered twice"}, follow=True)
    text = page.content.decode()
    assert f"{order.number} is cancelled; nothing of it will be charged." in text
    assert "Ordered twice" in text
    for gone in ("Cancel this order?", "Ship goods"):
        assert gone not in text


@pytest.mark.parametrize(
    ("is_shipped", "reason", "words"),
    [(True, "x", "Goods of this order have left"), (False, " ", "This field is required.")],
)
def test_a_refusal_stands_on_the_page_in_words(
    as_finance,  # noqa: F811
    order,
    finance,
    is_shipped,
    reason,
    words,
):
    if is_shipped:
        ship_goods(
            order.pk, quantities={line_of(order, "BOX").pk: Decimal(1)}, shipped_on=AT.date(),
            by=finance, at=AT,
        )  # fmt: skip
    answer = as_finance.post(at("cancel_order", order.pk), {"reason": reason})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert_stands(order)
    assert Shipment.objects.count() == is_shipped


def test_an_order_that_does_not_exist_is_404(as_finance):  # noqa: F811
    address = reverse("orders:cancel_order", args=[1])
    assert as_finance.post(address, {"reason": "x"}).status_code == 404


def test_a_program_cancels_an_order_once(api_for, order, finance, rep, fresh):  # noqa: F811
    cancel = {"path": f"orders/{order.pk}/cancel", "body": {"reason": "Ordered twice"}}
    assert api_for(rep).post(**cancel).status_code == 403
    assert fresh(order).state == "open"
    program = api_for(finance, "orders:write")
    assert program.post(**cancel).json()["state"] == "cancelled"
    again = program.post(**cancel).json()
    assert again["detail"] == "You cannot cancel while cancelled."
