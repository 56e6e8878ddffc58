"""Give up what is left of an order: close it short, line by line, with the reason."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from orders.actions.placing import complete_if_delivered
from orders.events import LinesClosedShort
from orders.models import ClosedLine, Closing, ClosingReason, Kit, Order, OrderLine
from orders.rules.delivery import to_close
from orders.rules.states import OrderState
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.clock import day_in
from q2c.infra.locks import locked
from q2c.kernel.errors import IllegalTransition, Refused, StaleVersion
from q2c.kernel.rating import ChargeKind, plain

Quantities = Mapping[int, Decimal]


@transaction.atomic
def close_short(  # noqa: PLR0913  what is given up, and why
    order_id: int,
    *,
    quantities: Quantities,
    kits: Quantities | None = None,
    reason: str,
    words: str = "",
    by: User | None,
    at: datetime,
    known_closings: int | None = None,
) -> Closing:
    """Give up goods that are left to ship, or services charged once, by order line or by kit.

    What is given up is reserved no more and never charged; a service that was invoiced already is
    credited. Nothing left of its goods completes the order. Refuses more than is left, a service
    in part, and what recurs: that ends by an amendment. Who chose from what was left says how many
    closings they knew of, so a form sent twice gives up once.
    """
    require(by, Permission.FULFIL_ORDERS)
    words = words.strip()
    _check_why(reason, words)
    order = locked(Order, order_id)
    if order.state == OrderState.CANCELLED.value:
        raise IllegalTransition(f"You cannot close short while {order.state}.")
    if known_closings is not None and order.closings.count() != known_closings:
        raise StaleVersion(
            "Part of this order was given up since you opened the page. Reload it and look again."
        )
    lines = list(order.lines.select_related("kit"))
    given_up = _by_line(lines, quantities)
    _add_kits(order, lines, kits or {}, given_up)
    if not given_up:
        raise Refused("Enter how many of at least one line are given up.", field="quantities")
    closing = Closing.objects.create(
        order=order,
        reason=reason,
        words=words,
        closed_on=day_in(order.legal_entity.time_zone, at),
        closed_at=at,
        closed_by=by,
    )
    changed = [line for line in lines if line.pk in given_up]
    for line in changed:
        line.closed_quantity += given_up[line.pk]
    OrderLine.objects.bulk_update(changed, ["closed_quantity"])
    ClosedLine.objects.bulk_create(
        ClosedLine(closing=closing, order_line=line, quantity=given_up[line.pk]) for line in changed
    )
    publish(
        LinesClosedShort(at=at, order_id=order.pk, closing_id=closing.pk),
        by=by,
        customer_id=order.customer_id,
        changes={
            f"{line.position}. {line.description}": [
                plain(line.delivery.kept + given_up[line.pk]),
                plain(line.delivery.kept),
            ]
            for line in changed
        },
        reason=str(closing),
    )
    if order.state == OrderState.OPEN.value:
        complete_if_delivered(order, at=at)
    return closing


def _check_why(reason: str, words: str) -> None:
    if reason not in ClosingReason.values:
        known = ", ".join(ClosingReason.values)
        raise Refused(f"Say why it is given up: {known}.", field="reason")
    if reason == ClosingReason.OTHER and not words:
        raise Refused("Say in words why it is given up.", field="words")


def _by_line(lines: Iterable[OrderLine], quantities: Quantities) -> dict[int, Decimal]:
    known = {line.pk: line for line in lines}
    wanted = {pk: quantity for pk, quantity in sorted(quantities.items()) if quantity}
    for pk, quantity in wanted.items():
        if pk not in known:
            raise Refused("That line is not part of this order.", field=f"line-{pk}")
        _check_line(known[pk], quantity)
    return wanted


def _check_line(line: OrderLine, quantity: Decimal) -> None:
    left = line.delivery.left
    if line.kind == "goods":
        if 0 < quantity <= left:
            return
        words = f"{plain(left)} are left to give up, not {plain(quantity)}."
    elif line.charge_kind != ChargeKind.ONE_TIME:
        words = "it is charged again and again. End it by an amendment."
    elif line.is_adjustment:
        words = "it is part of the price, nothing that is delivered."
    elif line.closed_quantity:
        words = "it was given up already."
    elif quantity != line.quantity:
        words = f"a service is given up whole, all {plain(line.quantity)}, or not at all."
    else:
        return
    raise Refused(f"{line.description}: {words}", field=f"line-{line.pk}")


def _add_kits(
    order: Order, lines: Iterable[OrderLine], kits: Quantities, given_up: dict[int, Decimal]
) -> None:
    """Add what so many kits give up of their parts to what is given up."""
    known = {kit.pk: kit for kit in order.kits.prefetch_related("parts")}
    for pk, quantity in sorted(kits.items()):
        if not quantity:
            continue
        if pk not in known:
            raise Refused("That kit is not part of this order.", field=f"kit-{pk}")
        _check_kit(known[pk], quantity)
        for line in lines:
            if line.kit_id == pk and (
                share := to_close(quantity, of=known[pk].quantity, part=line.delivery)
            ):
                if line.pk in given_up:
                    raise Refused(
                        f"{line.description} is part of {known[pk]}: give up the kit or the part, "
                        "not both at once.",
                        field=f"line-{line.pk}",
                    )
                given_up[line.pk] = share


def _check_kit(kit: Kit, quantity: Decimal) -> None:
    left = kit.delivery.left
    if not 0 < quantity <= left:
        words = f"{kit}: {plain(left)} are left to give up, not {plain(quantity)}."
        raise Refused(words, field=f"kit-{kit.pk}")
