"""Hold charges to the billing schedule that the customer accepted."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction

from billing.models import AgreedCharge, Charge
from orders.queries import PlacedOrder
from quotes.queries import agreed_schedule


@transaction.atomic
def agree_charges(order: PlacedOrder) -> int:
    """Keep what the accepted quote says each charge of an order will cost; returns how many.

    Quotes that were accepted elsewhere and brought in had no schedule. Safe to call twice.
    """
    agreed = agreed_schedule(order.quote_id)
    if agreed is None:
        return 0
    order_lines = {line.quote_line_id: line.id for line in order.lines}
    charges = dict(
        Charge.objects.filter(
            contract_id=order.contract_id,
            order_line_id__in=order_lines.values(),
            shipment_id__isnull=True,
        ).values_list("order_line_id", "pk")
    )
    rows = [
        AgreedCharge(
            charge_id=charges[order_lines[quote_line_id]],
            quote_id=order.quote_id,
            period_start=planned.start,
            period_end=planned.end,
            due_on=planned.due_on,
            net=planned.net.amount,
        )
        for quote_line_id, planned in agreed
        if planned.due_on is not None
    ]
    AgreedCharge.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    return len(rows)


def release_charges(charge_ids: Collection[int], *, on: date, reason: str, at: datetime) -> None:
    """Release what was agreed from a day on: that day is the first which is not owed any more."""
    AgreedCharge.objects.filter(
        charge_id__in=charge_ids, period_end__gt=on, released_on=None
    ).update(released_on=on, released_at=at, release_reason=reason[:300])


def agree_again(charge_ids: Collection[int], *, from_day: date) -> None:
    """Owe again what was released from a day on: the end that released it will not come."""
    AgreedCharge.objects.filter(charge_id__in=charge_ids, released_on=from_day).update(
        released_on=None, released_at=None, release_reason=""
    )
