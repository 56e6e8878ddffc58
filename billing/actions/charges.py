"""Turn what was ordered, shipped and ended into charges that billing runs bill."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

from billing.actions.agreed import agree_again, agree_charges, release_charges
from billing.actions.credits import credit_from
from billing.models import Charge, InvoiceLine
from billing.rules.charging import next_on, unused
from billing.rules.due import DueCharge
from billing.rules.invoicing import price_of_part
from orders.queries import (
    PlacedItem,
    PlacedLine,
    PlacedOrder,
    item_ends,
    placed_order,
    placed_orders,
    shipped_lines,
)
from q2c.infra.locks import locked_many
from q2c.kernel.errors import Refused
from q2c.kernel.periods import Period
from q2c.kernel.rating import ChargeKind

_COPIED = (
    "description", "charge_kind", "months", "weeks", "price_months", "in_advance", "charge_model", "tiers", "unit",
    "tax_class", "revenue_pattern", "quantity", "discount_percent", "net_per_period",
    "is_adjustment",
)  # fmt: skip
_NO_CHARGE = {"goods", "bundle"}  # goods are charged when shipped, a bundle's parts stand alone


@transaction.atomic
def schedule_charges(order_id: int, *, at: datetime) -> int:
    """Make the charges of an order's services and subscription items; returns how many.

    Goods wait for their shipment. What an amendment ends is credited. Safe to call twice.
    """
    order = placed_order(order_id)
    for subscription_id in order.amended_subscription_ids:
        stop_charges(subscription_id, at=at, reason=order.amendment)
    count = schedule_many([order_id], at=at)
    agree_charges(order)
    return count


@transaction.atomic
def schedule_many(
    order_ids: Collection[int], *, at: datetime, billed_through: date | None = None
) -> int:
    """Make the charges of many orders at once; the same rules, for imports.

    `billed_through` is the first day that was not billed elsewhere before.
    """
    charges = [charge for order in placed_orders(order_ids) for charge in _charges(order)]
    for charge in charges:
        if billed_through and charge.starts_on < billed_through:
            charge.billed_through = min(billed_through, charge.ends_on or billed_through)
            charge.next_on = next_on(_due(charge), billed_through=charge.billed_through)
    Charge.objects.bulk_create(charges, ignore_conflicts=True, batch_size=1000)
    return len(charges)


@transaction.atomic
def charge_shipped_goods(shipment_id: int, *, at: datetime) -> int:
    """Charge what a shipment carried, on its day; returns how many charges.

    Part shipments cost running totals subtracted, so that all of them add up to the line's price.
    """
    shipped = shipped_lines(shipment_id)
    if not shipped or Charge.objects.filter(shipment_id=shipment_id).exists():
        return 0
    order = placed_order(shipped[0].order_id)
    lines = {line.id: line for line in order.lines}
    before = dict(
        Charge.objects.filter(order_line_id__in=list(lines), shipment_id__isnull=False)
        .values_list("order_line_id")
        .annotate(Sum("quantity"))
    )
    charges = []
    for row in shipped:
        line = lines[row.order_line_id]
        sent = before.get(line.id, Decimal(0))
        charge = _charge(order, line, unit_price=line.list_unit_price, starts_on=row.shipped_on)
        charge.shipment_id, charge.quantity = shipment_id, row.quantity
        until, before_it = (
            price_of_part(line.net_per_period, part, of=line.quantity, currency=order.currency)
            for part in (sent + row.quantity, sent)
        )
        charge.net_per_period = until - before_it
        charges.append(charge)
    Charge.objects.bulk_create(charges)
    return len(charges)


@transaction.atomic
def stop_charges(subscription_id: int, *, at: datetime, reason: str = "") -> list[int]:
    """End the charges of a subscription as its items end; returns the credit notes' ids.

    What was billed in advance beyond the end is credited: charge and credit together are the
    price of the days used. Safe to call twice.
    """
    ends = item_ends(subscription_id)
    ids = Charge.objects.filter(subscription_id=subscription_id).values_list("pk", flat=True)
    charges = locked_many(Charge, ids)
    stopped: dict[date, list[Charge]] = {}
    for charge in charges:
        assert charge.item_id is not None, "charges of a subscription are its items'"
        before, charge.ends_on = charge.ends_on, ends[charge.item_id]
        charge.next_on = next_on(_due(charge), billed_through=charge.billed_through)
        charge.save(update_fields=["ends_on", "next_on"])
        if charge.ends_on and charge.ends_on != before:
            stopped.setdefault(charge.ends_on, []).append(charge)
    notes = []
    for ends_on, ended in sorted(stopped.items()):
        words = reason or f"The subscription ends on {ends_on:%d %b %Y}."
        release_charges([charge.pk for charge in ended], on=ends_on, reason=words, at=at)
        notes += _credit_unused(ended, ends_on=ends_on, reason=words, at=at)
    return notes


@transaction.atomic
def resume_charges(subscription_id: int, *, ended_on: date) -> None:
    """Charge on for a subscription that was to end on a day; what it was to cost is owed again.

    What was billed in advance beyond that day was credited then: it is due anew from that day.
    """
    ends = item_ends(subscription_id)
    ids = Charge.objects.filter(subscription_id=subscription_id, ends_on=ended_on)
    charges = locked_many(Charge, ids.values_list("pk", flat=True))
    for charge in charges:
        assert charge.item_id is not None, "charges of a subscription are its items'"
        charge.ends_on = ends[charge.item_id]
        if charge.charge_kind == ChargeKind.RECURRING:
            charge.billed_through = min(charge.billed_through, ended_on)
        charge.next_on = next_on(_due(charge), billed_through=charge.billed_through)
        charge.save(update_fields=["ends_on", "billed_through", "next_on"])
    going_on = [charge.pk for charge in charges if charge.ends_on != ended_on]
    agree_again(going_on, from_day=ended_on)


@transaction.atomic
def drop_charges(order_id: int, *, at: datetime) -> None:
    """Bill nothing of an order that was cancelled; refuses when something is billed already."""
    order = placed_order(order_id)
    lines = [line.id for line in order.lines]
    own = Charge.objects.filter(contract_id=order.contract_id, order_line_id__in=lines)
    ids = own.values_list("pk", flat=True)
    charges = locked_many(Charge, ids)
    line = InvoiceLine.objects.filter(charge__in=charges).select_related("invoice").first()
    if line:
        raise Refused(
            f"{line.invoice} bills part of {order.number}, so it cannot be cancelled any more."
        )
    for charge in charges:
        charge.ends_on, charge.next_on = charge.starts_on, None
    Charge.objects.bulk_update(charges, ["ends_on", "next_on"])
    reason = f"{order.number} was cancelled."
    release_charges([c.pk for c in charges], on=order.starts_on, reason=reason, at=at)


def _credit_unused(
    charges: Sequence[Charge], *, ends_on: date, reason: str, at: datetime
) -> list[int]:
    by_id = {charge.pk: charge for charge in charges if charge.charge_kind == ChargeKind.RECURRING}
    lines = InvoiceLine.objects.filter(charge_id__in=by_id, period_end__gt=ends_on).order_by("id")
    before = dict(
        InvoiceLine.objects.filter(credits_line__in=lines, period_start__gte=ends_on)
        .values_list("credits_line_id")
        .annotate(Sum("net"))
    )
    wanted: dict[int, dict[int, Decimal]] = {}
    for line in lines:
        assert line.charge_id is not None, "they were chosen by it"
        billed = Period(line.period_start, line.period_end)
        back = unused(_due(by_id[line.charge_id]), billed, net=line.net, at=ends_on)
        back -= before.get(line.pk, Decimal(0))
        if back:
            wanted.setdefault(line.invoice_id, {})[line.pk] = back
    notes = [
        credit_from(invoice_id, amounts, from_day=ends_on, reason=reason, at=at)
        for invoice_id, amounts in sorted(wanted.items())
    ]
    return [note.pk for note in notes if note]


def _charges(order: PlacedOrder) -> Iterator[Charge]:
    recurring = {item.order_line_id for item in order.items}
    for item in order.items:
        yield _charge(order, item, unit_price=item.unit_price, starts_on=item.starts_on)
    for line in order.lines:
        is_once = line.charge_kind == ChargeKind.ONE_TIME and line.id not in recurring
        if is_once and line.kind not in _NO_CHARGE:
            yield _charge(order, line, unit_price=line.list_unit_price, starts_on=order.starts_on)


def _charge(
    order: PlacedOrder, line: PlacedLine | PlacedItem, *, unit_price: Decimal, starts_on: date
) -> Charge:
    item = line if isinstance(line, PlacedItem) else None
    charge = Charge(
        customer_id=order.customer_id,
        legal_entity_id=order.legal_entity_id,
        contract_id=order.contract_id,
        order_line_id=item.order_line_id if item else line.id,
        subscription_id=item.subscription_id if item else None,
        item_id=item.id if item else None,
        product_id=line.product_id,
        currency=order.currency,
        payment_terms_days=order.payment_terms_days,
        unit_price=unit_price,
        anchor_on=item.anchor_on if item else starts_on,
        proration=order.proration,
        starts_on=starts_on,
        ends_on=item.ends_on if item else None,
        billed_through=starts_on,
        **{name: getattr(line, name) for name in _COPIED},
    )
    charge.next_on = next_on(_due(charge), billed_through=starts_on)
    return charge


def _due(charge: Charge) -> DueCharge:
    return DueCharge._make(getattr(charge, name) for name in DueCharge._fields)
