"""What will not be delivered any more is closed short, with its reason, and never charged."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from billing.models import Charge, Invoice, InvoiceLine
from orders.actions import cancel_order, close_short, ship_goods
from orders.models import Closing, Kit
from orders.queries.deliveries import reserved, to_ship
from orders.rules.delivery import Delivery
from q2c.infra.models import Event
from q2c.kernel.errors import IllegalTransition, NotAllowed, Refused, StaleVersion
from revenue.queries.checks import check_books
from tests.contracts.factories import AT
from tests.orders.factories import line_of
from tests.orders.test_cancelling import bill

TODAY = AT.date()


def ship(order, *, by, **quantities):
    wanted = {line_of(order, sku).pk: Decimal(n) for sku, n in quantities.items()}
    return ship_goods(order.pk, quantities=wanted, shipped_on=TODAY, by=by, at=AT)


def close(order, *, by, reason="unwanted", words="", kits=None, known=None, **quantities):
    """Close short so many of each sku: `close(order, by=finance, BOX=2)`."""
    wanted = {line_of(order, sku).pk: Decimal(n) for sku, n in quantities.items()}
    return close_short(
        order.pk, quantities=wanted, kits=kits, reason=reason, words=words, by=by, at=AT,
        known_closings=known,
    )  # fmt: skip


def sql(statement, *values):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def state_of(order, sku):
    return line_of(order, sku).delivery_state


# A25: order 7 kits, ship components 5+5, short-close 2 with reason


def test_seven_kits_of_which_five_leave_and_two_are_given_up(kit_order, finance, fresh):
    box, kit = line_of(kit_order, "BOX"), kit_order.kits.get()
    ship(kit_order, by=finance, BOX=5, HANDSET=5, BOOK=1)
    assert kit.delivery == Delivery(Decimal(7), Decimal(5))
    assert reserved(box.product_id) == 2
    assert fresh(kit_order).state == "open"

    close(kit_order, kits={kit.pk: Decimal(2)}, reason="unavailable", words="Sold out.", by=finance)
    assert Kit.objects.get().delivery == Delivery(Decimal(7), Decimal(5), Decimal(2))
    assert Kit.objects.get().delivery_state == "short_closed"
    assert reserved(box.product_id) == 0
    # The service line, the support and the visit, do not hold it open.
    assert fresh(kit_order).state == "complete"
    assert not to_ship().exists()
    assert [(state_of(kit_order, sku)) for sku in ("BOX", "HANDSET", "BOOK", "SETUP", "SUP")] == [
        "short_closed", "short_closed", "delivered", "needs_no_delivery", "needs_no_delivery"
    ]  # fmt: skip

    bill(date(2027, 1, 1))
    invoiced = InvoiceLine.objects.filter(product__kind="goods").order_by("pk")
    assert list(invoiced.values_list("product__sku", "quantity", "net")) == [
        ("BOX", 5, 945), ("HANDSET", 5, 150), ("BOOK", 1, 30)
    ]  # fmt: skip
    assert not Charge.objects.filter(product__kind="goods").exclude(next_on=None).exists()


def test_who_gave_up_what_and_why_stands_in_the_history(kit_order, finance):
    ship(kit_order, by=finance, BOX=5, HANDSET=5, BOOK=1)
    close(kit_order, kits={kit_order.kits.get().pk: Decimal(2)}, reason="unavailable", by=finance)
    told = Event.objects.get(name="LinesClosedShort", document_id=kit_order.pk)
    assert (told.actor, told.reason) == (finance, "Cannot be delivered")
    assert told.changes == {"2. Router": ["7", "5"], "3. Handset": ["7", "5"]}
    done = Event.objects.get(name="OrderCompleted", document_id=kit_order.pk)
    assert done.pk > told.pk


# Lines


def test_a_line_of_which_nothing_left_is_cancelled_with_its_reason(order, finance, fresh):
    close(order, BOX=4, reason="other", words="The shop closes.", by=finance)
    assert state_of(order, "BOX") == "cancelled"
    assert fresh(order).state == "complete"
    closing = Closing.objects.get()
    assert (closing.closed_by, closing.closed_on, str(closing)) == (
        finance, TODAY, "Another reason: The shop closes."
    )  # fmt: skip


def test_what_is_left_may_be_given_up_in_parts_and_the_rest_shipped(order, finance, fresh):
    close(order, BOX=1, by=finance)
    assert (state_of(order, "BOX"), line_of(order, "BOX").reserved_quantity) == ("open", 3)
    with pytest.raises(Refused, match="Router: 3 are left to ship, not 4"):
        ship(order, BOX=4, by=finance)
    ship(order, BOX=3, by=finance)
    assert (state_of(order, "BOX"), fresh(order).state) == ("short_closed", "complete")
    assert Charge.objects.get(product__sku="BOX").net_per_period == 567  # 3 of 4 for 756


def test_a_part_of_a_kit_may_be_given_up_alone(kit_order, finance):
    ship(kit_order, by=finance, BOX=7, BOOK=1)
    close(kit_order, HANDSET=3, by=finance)
    assert Kit.objects.get().delivery == Delivery(Decimal(7), Decimal(0), Decimal(3))
    ship(kit_order, by=finance, HANDSET=4)
    assert Kit.objects.get().delivery == Delivery(Decimal(7), Decimal(4), Decimal(3))


def test_what_was_given_up_of_a_cancelled_order_stays_given_up(order, finance, fresh):
    close(order, BOX=1, by=finance)
    cancel_order(order.pk, reason="Ordered twice", by=finance, at=AT)
    assert {line.delivery_state for line in fresh(order).lines.all()} == {"cancelled"}
    assert reserved(line_of(order, "BOX").product_id) == 0
    with pytest.raises(IllegalTransition, match="cannot close short while cancelled"):
        close(order, BOX=1, by=finance)


@pytest.mark.parametrize(
    ("quantities", "field", "words"),
    [
        ({"BOX": 5}, "BOX", "Router: 4 are left to give up, not 5"),
        ({"BOX": -1}, "BOX", "4 are left to give up, not -1"),
        ({"BOX": 0}, "", "at least one line"),
        ({"SUP": 1}, "SUP", "charged again and again. End it by an amendment"),
        ({"CALLS": 1}, "CALLS", "charged again and again"),
        ({"SETUP": "0.5"}, "SETUP", "given up whole, all 1, or not at all"),
    ],
)
def test_what_cannot_be_given_up_is_refused_beside_its_line(
    order, finance, quantities, field, words
):
    with pytest.raises(Refused, match=words) as refusal:
        close(order, by=finance, **quantities)
    place = f"line-{line_of(order, field).pk}" if field else "quantities"
    assert refusal.value.field == place
    assert_nothing_given_up(order)


def test_more_kits_than_are_left_and_kits_of_others_are_refused(kit_order, make_order, finance):
    ship(kit_order, by=finance, BOX=5, HANDSET=5, BOOK=1)
    pk = kit_order.kits.get().pk
    with pytest.raises(Refused, match="Kit: 2 are left to give up, not 3"):
        close(kit_order, kits={pk: Decimal(3)}, by=finance)
    with pytest.raises(Refused, match="give up the kit or the part, not both"):
        close(kit_order, BOX=1, kits={pk: Decimal(1)}, by=finance)
    with pytest.raises(Refused, match="not part of this order"):
        close(make_order(), kits={pk: Decimal(1)}, by=finance)
    with pytest.raises(Refused, match="not part of this order"):
        close_short(
            make_order().pk, quantities={line_of(kit_order, "BOX").pk: Decimal(1)},
            reason="unwanted", by=finance, at=AT,
        )  # fmt: skip
    assert_nothing_given_up(kit_order)


def test_why_has_to_be_said(order, finance):
    with pytest.raises(Refused, match="unwanted, unavailable, replaced, mistake, other"):
        close(order, BOX=1, reason="", by=finance)
    with pytest.raises(Refused, match="in words why") as refusal:
        close(order, BOX=1, reason="other", words=" ", by=finance)
    assert refusal.value.field == "words"
    assert_nothing_given_up(order)


def test_a_form_sent_twice_gives_up_once(order, finance):
    close(order, BOX=1, known=0, by=finance)
    with pytest.raises(StaleVersion, match="Reload it"):
        close(order, BOX=1, known=0, by=finance)
    assert line_of(order, "BOX").closed_quantity == 1


def test_who_may_not_fulfil_orders_gives_up_nothing(order, rep):
    with pytest.raises(NotAllowed):
        close(order, BOX=1, by=rep)
    assert_nothing_given_up(order)


def assert_nothing_given_up(order):
    assert {line.closed_quantity for line in order.lines.all()} == {0}
    assert not Closing.objects.exists()
    assert not Event.objects.filter(name="LinesClosedShort").exists()


# Services, charged on their day


def test_a_service_given_up_before_its_invoice_is_never_charged(order, finance):
    close(order, SETUP=1, by=finance)
    assert state_of(order, "SETUP") == "cancelled"
    assert Charge.objects.get(product__sku="SETUP").next_on is None
    bill(date(2027, 1, 1))
    assert not InvoiceLine.objects.filter(product__sku="SETUP").exists()
    with pytest.raises(Refused, match="given up already"):
        close(order, SETUP=1, by=finance)


def test_a_service_that_was_invoiced_is_credited(order, finance):
    bill(date(2027, 1, 1))
    invoice = Invoice.objects.get()
    close(order, SETUP=1, by=finance)
    note = Invoice.objects.get(kind=Invoice.CREDIT_NOTE)
    assert (note.corrects, note.net, note.total) == (invoice, 249, Decimal("296.31"))
    assert note.reason == f"Part of {order.number} was given up."
    assert note.lines.get().product.sku == "SETUP"
    assert Invoice.objects.get(pk=invoice.pk).settled == note.total
    assert check_books() == []  # revenue goes back with it


# The database holds it, whichever door


def test_what_was_shipped_or_given_up_stays_so(order, finance):
    close(order, BOX=1, by=finance)
    ship(order, BOX=1, by=finance)
    box = line_of(order, "BOX")
    for change in (
        "UPDATE orders_orderline SET quantity = 9 WHERE id = %s",
        "UPDATE orders_orderline SET shipped_quantity = 0 WHERE id = %s",
        "UPDATE orders_orderline SET closed_quantity = 0 WHERE id = %s",
    ):
        with pytest.raises(DatabaseError, match="is final"):
            sql(change, box.pk)
    with pytest.raises(DatabaseError, match="never_ship_or_give_up_more_than_ordered"):
        sql("UPDATE orders_orderline SET closed_quantity = 4 WHERE id = %s", box.pk)
    for removal in ("DELETE FROM orders_closedline", "DELETE FROM orders_closing"):
        with pytest.raises(DatabaseError, match="cannot be deleted"):
            sql(removal)
    with pytest.raises(DatabaseError, match="closing_says_why"):
        sql(
            "INSERT INTO orders_closing (order_id, reason, words, closed_on, closed_at)"
            " VALUES (%s, 'other', '', now(), now())",
            order.pk,
        )


def test_an_order_with_goods_left_is_not_complete(order):
    with pytest.raises(DatabaseError, match="goods of it are left to ship"):
        sql("UPDATE orders_order SET state = 'complete' WHERE id = %s", order.pk)
