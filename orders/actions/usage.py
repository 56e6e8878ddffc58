"""Take in measured usage: in batches, each event once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from orders.models import SubscriptionItem, UsageEvent
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.clock import day_in
from q2c.kernel.errors import Refused

LARGEST_BATCH = 10_000
_AHEAD = timedelta(minutes=5)  # clocks differ; Stripe's meters allow as much


@dataclass(frozen=True, slots=True)
class UsageInput:
    """One measured use: `quantity` in the product's unit, `key` unique within the item."""

    item_id: int
    key: str
    quantity: Decimal
    used_at: datetime


@transaction.atomic
def record_usage(events: Sequence[UsageInput], *, by: User | None, at: datetime) -> tuple[int, int]:
    """Store usage events; returns how many were new and how many were known already.

    The whole batch is refused when one event is wrong, named by its place in the batch (from 1).
    """
    require(by, Permission.RECORD_USAGE)
    if not events:
        raise Refused("The batch holds no events.", field="events")
    if len(events) > LARGEST_BATCH:
        raise Refused(f"A batch holds at most {LARGEST_BATCH:,} events.", field="events")
    items = {
        row[0]: row
        for row in SubscriptionItem.objects.filter(
            pk__in={event.item_id for event in events}
        ).values_list(
            "pk",
            "charge_kind",
            "subscription__starts_on",
            "subscription__ends_on",
            "subscription__legal_entity__time_zone",
        )
    }
    rows = [_row(place, event, items, at=at) for place, event in enumerate(events, start=1)]
    ids = {row.item_id for row in rows}
    before = UsageEvent.objects.filter(item_id__in=ids, key__in=[row.key for row in rows]).count()
    UsageEvent.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2000)
    after = UsageEvent.objects.filter(item_id__in=ids, key__in=[row.key for row in rows]).count()
    return after - before, len(rows) - (after - before)


def _row(  # noqa: C901  one refusal after another
    place: int, event: UsageInput, items: Mapping[int, tuple[object, ...]], *, at: datetime
) -> UsageEvent:
    def refuse(words: str) -> Refused:
        return Refused(f"Event {place}: {words}", field=f"events.{place - 1}")

    if event.item_id not in items:
        raise refuse("there is no such subscription item.")
    _, charge_kind, starts_on, ends_on, zone = items[event.item_id]
    if charge_kind != "usage":
        raise refuse("this item is not charged by usage.")
    if not event.key.strip() or len(event.key) > 100:
        raise refuse("give a key of 1 to 100 characters.")
    if not event.quantity.is_finite() or not 0 <= event.quantity <= Decimal(10) ** 11:
        raise refuse("the quantity must not be negative.")
    if event.quantity != round(event.quantity, 6):
        raise refuse("the quantity has more than six decimals.")
    if event.used_at > at + _AHEAD:
        raise refuse("it lies in the future.")
    used_on = day_in(str(zone), event.used_at)
    if used_on < starts_on or (ends_on and used_on >= ends_on):  # type: ignore[operator]
        raise refuse("the subscription does not run on that day.")
    return UsageEvent(
        item_id=event.item_id,
        key=event.key.strip(),
        quantity=event.quantity,
        used_at=event.used_at,
        used_on=used_on,
        received_at=at,
    )
