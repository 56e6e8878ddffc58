"""Goods leave the house."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from orders.actions.placing import complete_if_delivered
from orders.events import GoodsShipped
from orders.models import Order, Shipment, ShipmentLine
from orders.rules.states import OrderState
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.clock import day_in
from q2c.infra.locks import locked
from q2c.infra.numbers import WHOLE_COMPANY, next_number
from q2c.kernel.errors import IllegalTransition, Refused, StaleVersion
from q2c.kernel.rating import plain


@transaction.atomic
def ship_goods(  # noqa: PLR0913  what a packing slip says
    order_id: int,
    *,
    quantities: Mapping[int, Decimal],
    shipped_on: date,
    by: User | None,
    at: datetime,
    carrier: str = "",
    tracking: str = "",
    known_shipments: int | None = None,
) -> Shipment:
    """Ship some or all of an order's goods, by order line; what was shipped is then charged.

    Refuses a day to come, more than is left of what was ordered, lines that are no goods, and a shipment of
    nothing. Who chose from what was left says how many shipments they knew of: one more since then,
    and nothing leaves, so a form sent twice ships once.
    """
    require(by, Permission.FULFIL_ORDERS)
    order = locked(Order, order_id)
    if order.state != OrderState.OPEN.value:
        raise IllegalTransition(f"You cannot ship while {order.state}.")
    if known_shipments is not None and order.shipments.count() != known_shipments:
        raise StaleVersion(
            "Goods were shipped since you opened this page. Reload it and look again."
        )
    if shipped_on > day_in(order.legal_entity.time_zone, at):
        raise Refused(
            "That day has not come yet. Enter the day on which the goods left.", field="shipped_on"
        )
    wanted = {pk: quantity for pk, quantity in quantities.items() if quantity}
    if not wanted:
        raise Refused("Enter how many of at least one line are shipped.", field="quantities")
    lines = {line.pk: line for line in order.lines.filter(pk__in=wanted, kind="goods")}
    shipment = Shipment.objects.create(
        number=next_number("SH", entity_id=WHOLE_COMPANY, year=shipped_on.year),
        order=order,
        shipped_on=shipped_on,
        carrier=carrier[:100],
        tracking=tracking[:100],
        shipped_by=by,
    )
    for pk, quantity in sorted(wanted.items()):
        line = lines.get(pk)
        if line is None:
            raise Refused("That line is not part of this order's goods.", field=f"line-{pk}")
        left = line.delivery.left
        if not 0 < quantity <= left:
            raise Refused(
                f"{line.description}: {plain(left)} are left to ship, not {plain(quantity)}.",
                field=f"line-{pk}",
            )
        line.shipped_quantity += quantity
        line.save(update_fields=["shipped_quantity"])
        ShipmentLine.objects.create(shipment=shipment, order_line=line, quantity=quantity)
    publish(
        GoodsShipped(at=at, order_id=order.pk, shipment_id=shipment.pk),
        by=by,
        customer_id=order.customer_id,
        changes={"shipped": ["", shipment.number]},
    )
    complete_if_delivered(order, at=at)
    return shipment
