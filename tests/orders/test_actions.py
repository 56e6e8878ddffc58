"""A signed contract becomes an order: goods leave once, subscriptions run from their date."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from billing.models import Charge
from contracts.actions import draw_up_contract
from orders.actions import (
    cancel_subscription,
    end_subscriptions,
    place_order,
    record_usage,
    ship_goods,
)
from orders.models import Order, OrderLine, Shipment, Subscription, UsageEvent
from orders.queries import usage_by_day, usage_totals
from orders.queries.deliveries import to_ship
from orders.rules.states import ORDER_LIFECYCLE, SUBSCRIPTION_LIFECYCLE, OrderState
from q2c.infra.models import Event
from q2c.kernel.errors import IllegalTransition, NotAllowed, Refused, StaleVersion
from tests.contracts.factories import AT, an_accepted_quote
from tests.orders.factories import item_of, line_of, used

SHIPPED_ON = date(2026, 11, 24)
RUNNING = datetime(2027, 3, 10, 9, tzinfo=UTC)


def ship(order, *, by, **quantities):
    """Ship so many of each sku: `ship(order, by=finance, BOX=2)`."""
    return ship_goods(
        order.pk,
        quantities={line_of(order, sku).pk: Decimal(n) for sku, n in quantities.items()},
        shipped_on=SHIPPED_ON,
        by=by,
        at=AT,
    )


def sql(statement, *values):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


# Placing


def test_the_signed_contract_makes_the_order_with_its_lines(order):
    assert (order.number, order.state, order.total) == ("O-2026-000001", "open", Decimal(2205))
    assert order.ordered_on == date(2026, 11, 24)
    assert order.ship_to["city"] == "Hamburg"
    assert [
        (line.product.sku, line.quantity, line.charge_kind, line.net_per_period)
        for line in order.lines.select_related("product")
    ] == [
        ("SUP", 10, "recurring", 100),
        ("BOX", 4, "one_time", 756),
        ("SETUP", 1, "one_time", 249),
        ("CALLS", 100, "usage", 0),
    ]


def test_what_recurs_becomes_one_subscription_from_the_contracts_date(order, subscription):
    assert (subscription.number, subscription.state) == ("S-2026-000001", "running")
    assert (subscription.starts_on, subscription.ends_on) == (date(2027, 1, 1), None)
    items = subscription.items.order_by("pk").values_list("product__sku", "charge_kind", "quantity")
    assert list(items) == [("SUP", "recurring", 10), ("CALLS", "usage", 100)]


def test_a_contract_that_does_not_renew_itself_ends_its_subscriptions_with_the_term(make_order):
    order = make_order(auto_renew=False, starts_on=date(2028, 2, 29))
    assert order.subscriptions.get().ends_on == date(2029, 2, 28)


def test_the_parts_of_a_bundle_are_ordered_not_the_bundle(make_order):
    order = make_order(lines=[("HOME", 1), ("SUP", 1, 0), ("BOX", 1, 0)])
    assert [line.product.sku for line in order.lines.all()] == ["SUP", "BOX"]


def test_an_order_without_goods_is_complete_at_once(make_order):
    order = make_order(lines=[("SUP", 10), ("SETUP", 1)])
    assert order.state == "complete"
    assert not to_ship().exists()


def test_an_order_of_goods_alone_starts_no_subscription(make_order):
    order = make_order(lines=[("BOX", 1)])
    assert (order.state, order.subscriptions.count()) == ("open", 0)


def test_a_contract_is_ordered_once(order):
    with pytest.raises(DatabaseError, match="contract_id"), transaction.atomic():
        place_order(order.contract_id, at=AT)
    assert Order.objects.get() == order


def test_a_contract_that_is_not_signed_places_no_order(template, customer, rep):
    contract = draw_up_contract(an_accepted_quote(customer, rep).pk, at=AT)
    with pytest.raises(Refused, match="has not been signed"):
        place_order(contract.pk, at=AT)
    assert not Order.objects.exists()


# Shipping


def test_goods_wait_to_be_shipped_and_are_charged_when_they_are(order, finance, fresh):
    assert list(to_ship()) == [order]
    goods = Charge.objects.filter(product__sku="BOX")
    assert not goods.exists()
    shipment = ship(order, by=finance, BOX=4)
    assert (shipment.number, shipment.shipped_by) == ("SH-2026-000001", finance)
    assert fresh(order).state == "complete"
    assert goods.get().quantity == 4
    assert not to_ship().exists()


def test_who_chose_from_an_outdated_page_ships_nothing(order, finance):
    wanted = {line_of(order, "BOX").pk: Decimal(1)}
    packed = {"shipped_on": SHIPPED_ON, "by": finance, "at": AT, "known_shipments": 0}
    ship_goods(order.pk, quantities=wanted, **packed)
    with pytest.raises(StaleVersion, match="Reload it"):
        ship_goods(order.pk, quantities=wanted, **packed)
    assert line_of(order, "BOX").shipped_quantity == 1


def test_part_of_the_goods_may_go_first(order, finance, fresh):
    ship(order, by=finance, BOX=1)
    assert (fresh(order).state, line_of(order, "BOX").shipped_quantity) == ("open", 1)
    ship(order, by=finance, BOX=3)
    assert (fresh(order).state, line_of(order, "BOX").shipped_quantity) == ("complete", 4)
    assert [line.quantity for s in Shipment.objects.all() for line in s.lines.all()] == [1, 3]
    assert sum(c.quantity for c in Charge.objects.filter(product__sku="BOX")) == 4


def test_shipping_twice_is_refused_and_charged_once(order, finance):
    ship(order, by=finance, BOX=4)
    with pytest.raises(IllegalTransition, match="cannot ship while complete"):
        ship(order, by=finance, BOX=4)
    assert Shipment.objects.count() == Charge.objects.filter(product__sku="BOX").count() == 1


@pytest.mark.parametrize(
    ("quantities", "words"),
    [
        ({"BOX": "5"}, "Router: 4 are left to ship, not 5"),
        ({"BOX": "-1"}, "4 are left to ship, not -1"),
        ({"BOX": "0"}, "at least one line"),
        ({}, "at least one line"),
        ({"SUP": "1"}, "not part of this order's goods"),
        ({"SETUP": "1"}, "not part of this order's goods"),
    ],
)
def test_a_wrong_shipment_is_refused_and_nothing_leaves(order, finance, quantities, words):
    with pytest.raises(Refused, match=words):
        ship(order, by=finance, **quantities)
    assert not Shipment.objects.exists()
    assert line_of(order, "BOX").shipped_quantity == 0


def test_goods_do_not_leave_on_a_day_to_come_where_the_legal_entity_is(order, finance):
    tomorrow = {"shipped_on": date(2026, 11, 25), "by": finance, "at": AT}
    wanted = {line_of(order, "BOX").pk: Decimal(1)}
    with pytest.raises(Refused, match="That day has not come yet") as refused:
        ship_goods(order.pk, quantities=wanted, **tomorrow)
    assert refused.value.field == "shipped_on"
    assert not Shipment.objects.exists()
    entity = order.legal_entity
    entity.time_zone = "Pacific/Auckland"  # at noon in Greenwich it is tomorrow there
    entity.save()
    assert ship_goods(order.pk, quantities=wanted, **tomorrow).shipped_on == date(2026, 11, 25)


def test_the_goods_of_another_order_are_refused(order, make_order, finance):
    other = line_of(make_order(), "BOX")
    with pytest.raises(Refused, match="not part of this order's goods"):
        ship_goods(order.pk, quantities={other.pk: Decimal(1)}, shipped_on=SHIPPED_ON,
                   by=finance, at=AT)  # fmt: skip


def test_only_finance_ships(order, rep, manager, legal):
    for person in (rep, manager, legal):
        with pytest.raises(NotAllowed, match="fulfil orders"):
            ship(order, by=person, BOX=1)
    assert not Shipment.objects.exists()


def test_the_customer_hears_what_is_on_its_way(order, finance, deliver):
    line = line_of(order, "BOX")
    ship_goods(order.pk, quantities={line.pk: Decimal(2)}, shipped_on=SHIPPED_ON, by=finance,
               at=AT, carrier="DHL", tracking="00340")  # fmt: skip
    [mail] = [mail for mail in deliver() if mail.cause.startswith("order_shipped")]
    assert mail.to == "ida@nordlicht.example"
    assert "left us on 24 Nov 2026 with DHL:" in mail.text
    assert "Tracking number: 00340" in mail.text
    assert "2 × Router" in mail.text


def test_the_database_ships_no_more_than_was_ordered(order):
    line = line_of(order, "BOX")
    with pytest.raises(DatabaseError, match="never_ship_or_give_up_more_than_ordered"):
        sql("UPDATE orders_orderline SET shipped_quantity = 5 WHERE id = %s", line.pk)
    assert OrderLine.objects.get(pk=line.pk).shipped_quantity == 0


# Lifecycles


def test_the_tables_hold_these_moves_and_the_database_no_others(make_order, fresh):
    assert dict(ORDER_LIFECYCLE.moves) == {
        (OrderState.OPEN, "complete"): OrderState.COMPLETE,
        (OrderState.OPEN, "cancel"): OrderState.CANCELLED,
        (OrderState.COMPLETE, "cancel"): OrderState.CANCELLED,
    }
    assert list(SUBSCRIPTION_LIFECYCLE.moves) == [("running", "cancel"), ("cancelled", "revive")]
    done = make_order(lines=[("SETUP", 1)])
    with pytest.raises(DatabaseError, match="cannot go from complete to open"):
        sql("UPDATE orders_order SET state = 'open' WHERE id = %s", done.pk)
    assert fresh(done).state == "complete"


# Subscriptions


def test_a_subscription_ends_on_the_day_given(subscription, finance, fresh):
    cancel_subscription(
        subscription.pk, on=date(2027, 6, 16), reason="Moved", by=finance, at=RUNNING
    )
    ended = fresh(subscription)
    assert (ended.state, ended.ends_on, ended.cancelled_at) == (
        "cancelled", date(2027, 6, 16), RUNNING,
    )  # fmt: skip
    told = Event.objects.get(name="SubscriptionCancelled", document_id=subscription.pk)
    assert (told.actor, told.reason, told.changes) == (
        finance, "Moved", {"ends_on": ["", "2027-06-16"]},
    )  # fmt: skip
    ends = Charge.objects.filter(subscription_id=subscription.pk).values_list("ends_on", flat=True)
    assert set(ends) == {date(2027, 6, 16)}


def test_a_subscription_may_end_before_anything_of_it_was_received(subscription, finance, fresh):
    cancel_subscription(
        subscription.pk, on=subscription.starts_on, reason="Withdrawn", by=finance, at=AT
    )
    assert fresh(subscription).ends_on == subscription.starts_on


def test_an_end_is_refused_in_words(make_order, finance, rep, fresh):
    subscription = make_order(auto_renew=False).subscriptions.get()
    end = {"by": finance, "at": RUNNING}
    with pytest.raises(Refused, match="Say why"):
        cancel_subscription(subscription.pk, on=date(2027, 6, 1), reason=" ", **end)
    with pytest.raises(Refused, match="starts on 01 Jan 2027 and cannot end before"):
        cancel_subscription(subscription.pk, on=date(2026, 12, 31), reason="x", **end)
    with pytest.raises(Refused, match="It ends after 31 Dec 2027 already"):
        cancel_subscription(subscription.pk, on=date(2028, 1, 2), reason="x", **end)
    with pytest.raises(NotAllowed, match="manage subscriptions"):
        cancel_subscription(subscription.pk, on=date(2027, 6, 1), reason="x", by=rep, at=RUNNING)
    assert (fresh(subscription).state, fresh(subscription).ends_on) == ("running", date(2028, 1, 1))


def test_a_subscription_is_cancelled_once(subscription, finance, fresh):
    first = {"on": date(2027, 6, 1), "reason": "Moved", "by": finance, "at": RUNNING}
    cancel_subscription(subscription.pk, **first)
    with pytest.raises(IllegalTransition, match="cannot cancel while cancelled"):
        cancel_subscription(subscription.pk, **{**first, "on": date(2027, 5, 1)})
    with pytest.raises(DatabaseError, match="cannot go from cancelled to running"):
        sql(
            "UPDATE orders_subscription SET state = 'running', cancelled_at = NULL WHERE id = %s",
            subscription.pk,
        )
    assert fresh(subscription).ends_on == date(2027, 6, 1)


def test_ending_a_contracts_subscriptions_leaves_those_that_end_sooner(make_order, fresh):
    sooner = make_order(auto_renew=False).subscriptions.get()
    end_subscriptions(sooner.contract_id, on=date(2028, 1, 1), reason="Renewed", at=RUNNING)
    assert fresh(sooner).state == "running"
    end_subscriptions(sooner.contract_id, on=date(2026, 1, 1), reason="Void", at=RUNNING)
    assert (fresh(sooner).state, fresh(sooner).ends_on) == ("cancelled", sooner.starts_on)


def test_a_cancelled_subscription_needs_its_day_in_the_database_too(subscription):
    with pytest.raises(DatabaseError, match="subscription_is_cancelled_iff_dated"):
        sql("UPDATE orders_subscription SET state = 'cancelled' WHERE id = %s", subscription.pk)
    assert Subscription.objects.get().state == "running"


# Usage


@pytest.fixture
def calls(order):
    return item_of(order, "CALLS")


def test_usage_sent_twice_counts_once(calls, finance):
    batch = [used(calls, "a", "2.5", RUNNING), used(calls, "b", "1", RUNNING)]
    assert record_usage(batch, by=finance, at=RUNNING) == (2, 0)
    assert record_usage(batch, by=finance, at=RUNNING) == (0, 2)
    mixed = [*batch, used(calls, "c", "4", RUNNING), used(calls, " c ", "4", RUNNING)]
    assert record_usage(mixed, by=finance, at=RUNNING) == (1, 3)
    months = (date(2027, 3, 1), date(2027, 4, 1))
    assert usage_totals([calls.pk], *months) == {calls.pk: Decimal("7.5")}
    assert usage_by_day([calls.pk], *months) == [(calls.pk, date(2027, 3, 10), Decimal("7.5"))]


def test_a_key_is_known_within_its_item_alone(calls, make_order, finance):
    other = item_of(make_order(), "CALLS")
    batch = [used(calls, "a", "1", RUNNING), used(other, "a", "1", RUNNING)]
    assert record_usage(batch, by=finance, at=RUNNING) == (2, 0)


def test_what_was_measured_first_stays(calls, finance):
    record_usage([used(calls, "a", "2", RUNNING)], by=finance, at=RUNNING)
    record_usage([used(calls, "a", "9", RUNNING)], by=finance, at=RUNNING)
    assert UsageEvent.objects.get().quantity == 2


def test_usage_belongs_to_the_day_in_the_sellers_time_zone(calls, finance):
    late = datetime(2027, 3, 31, 22, 30, tzinfo=UTC)  # half past midnight in Berlin
    record_usage([used(calls, "a", "1", late)], by=finance, at=late)
    assert UsageEvent.objects.get().used_on == date(2027, 4, 1)


@pytest.mark.parametrize(
    ("key", "quantity", "used_at", "words"),
    [
        ("", "1", RUNNING, "give a key"),
        ("   ", "1", RUNNING, "give a key"),
        ("x" * 101, "1", RUNNING, "give a key"),
        ("a", "-1", RUNNING, "must not be negative"),
        ("a", "NaN", RUNNING, "must not be negative"),
        ("a", "Infinity", RUNNING, "must not be negative"),
        ("a", "0.0000001", RUNNING, "more than six decimals"),
        ("a", "1", RUNNING + timedelta(minutes=6), "lies in the future"),
        ("a", "1", datetime(2026, 12, 31, 22, 59, tzinfo=UTC), "does not run on that day"),
    ],
)
def test_one_bad_event_refuses_the_batch_and_is_named(
    calls, finance, key, quantity, used_at, words
):
    batch = [used(calls, "good", "1", RUNNING), used(calls, key, quantity, used_at)]
    with pytest.raises(Refused, match=f"Event 2: .*{words}") as refusal:
        record_usage(batch, by=finance, at=RUNNING)
    assert refusal.value.field == "events.1"
    assert not UsageEvent.objects.exists()


def test_the_first_and_the_last_day_count_and_the_day_after_does_not(make_order, finance):
    calls = item_of(make_order(auto_renew=False), "CALLS")
    later = datetime(2028, 2, 1, tzinfo=UTC)
    first = datetime(2026, 12, 31, 23, 0, tzinfo=UTC)  # midnight in Berlin
    last = datetime(2027, 12, 31, 22, 59, tzinfo=UTC)
    batch = [used(calls, "first", "1", first), used(calls, "last", "1", last)]
    assert record_usage(batch, by=finance, at=later) == (2, 0)
    with pytest.raises(Refused, match="does not run on that day"):
        record_usage([used(calls, "after", "1", last + timedelta(minutes=1))], by=finance, at=later)


def test_only_items_charged_by_usage_take_usage(order, calls, finance):
    with pytest.raises(Refused, match="not charged by usage"):
        record_usage([used(item_of(order, "SUP"), "a", "1", RUNNING)], by=finance, at=RUNNING)
    calls.pk = 999_999
    with pytest.raises(Refused, match="no such subscription item"):
        record_usage([used(calls, "a", "1", RUNNING)], by=finance, at=RUNNING)


def test_an_empty_and_a_huge_batch_are_refused(calls, finance):
    with pytest.raises(Refused, match="holds no events"):
        record_usage([], by=finance, at=RUNNING)
    with pytest.raises(Refused, match="at most 10,000 events"):
        record_usage([used(calls, "a", "1", RUNNING)] * 10_001, by=finance, at=RUNNING)


def test_sales_records_no_usage(calls, rep):
    with pytest.raises(NotAllowed, match="record usage"):
        record_usage([used(calls, "a", "1", RUNNING)], by=rep, at=RUNNING)
