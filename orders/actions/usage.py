"""Take in measured usage: in batches, each event once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce, Least

from orders.models import SubscriptionItem
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.copy import collector_paused, copy_rows
from q2c.kernel.errors import Refused

LARGEST_BATCH = 10_000
_MOST = Decimal(10) ** 11
_AHEAD = timedelta(minutes=5)  # clocks differ; Stripe's meters allow as much


@dataclass(frozen=True, slots=True)
class UsageInput:
    """One measured use: `quantity` in the product's unit, `key` unique within the item."""

    item_id: int
    key: str
    quantity: Decimal
    used_at: datetime


@collector_paused()
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
    items = _items({event.item_id for event in events})
    rows = [_row(place, event, items, at=at) for place, event in enumerate(events, start=1)]
    new = _store(rows, at=at)
    return new, len(rows) - new


class _Item(NamedTuple):
    """What a use must fit to."""

    id: int
    replaces: int | None
    charge_kind: str
    starts_on: date
    ends_on: date | None
    zone: ZoneInfo


def _items(ids: Collection[int]) -> dict[int, _Item]:
    """Return items and those that amendments put after them, by id."""
    known: dict[int, _Item] = {}
    found = _read(Q(pk__in=ids))
    while found:
        known |= {item.id: item for item in found}
        found = _read(Q(replaces__in=[item.id for item in found], charge_kind="usage"))
    return known


def _read(which: Q) -> list[_Item]:
    found = SubscriptionItem.objects.filter(which).values_list(
        "pk",
        "replaces_id",
        "charge_kind",
        Coalesce("starts_on", "subscription__starts_on"),
        Least("ends_on", "subscription__ends_on"),
        "subscription__legal_entity__time_zone",
    )
    return [
        _Item(pk, replaces, kind, starts, ends, ZoneInfo(zone))
        for pk, replaces, kind, starts, ends, zone in found
    ]


def _row(
    place: int, event: UsageInput, items: Mapping[int, _Item], *, at: datetime
) -> tuple[object, ...]:
    key, used_on = event.key.strip(), None
    item = items.get(event.item_id)
    if item is not None:
        used_on = event.used_at.astimezone(item.zone).date()
        item = _owner(item, used_on, items)
    if words := _wrong(event, item, used_on, at=at):
        raise Refused(f"Event {place}: {words}", field=f"events.{place - 1}")
    assert item is not None, "it is refused without"
    return item.id, key, event.quantity, event.used_at, used_on


def _owner(item: _Item, used_on: date, items: Mapping[int, _Item]) -> _Item:
    """Return the item of a day: from its end on, uses belong to what followed it."""
    while item.ends_on and used_on >= item.ends_on:
        following = [each for each in items.values() if each.replaces == item.id]
        if not following:
            return item
        item = following[0]
    return item


def _wrong(  # noqa: PLR0911  one refusal after another
    event: UsageInput, item: _Item | None, used_on: date | None, *, at: datetime
) -> str:
    """Return why an event cannot be taken, or nothing."""
    if item is None or used_on is None:
        return "there is no such subscription item."
    if item.charge_kind != "usage":
        return "this item is not charged by usage."
    if not event.key.strip() or len(event.key) > 100:
        return "give a key of 1 to 100 characters."
    if not event.quantity.is_finite() or not 0 <= event.quantity <= _MOST:
        return "the quantity must not be negative."
    if event.quantity != round(event.quantity, 6):
        return "the quantity has more than six decimals."
    if event.used_at > at + _AHEAD:
        return "it lies in the future."
    if used_on < item.starts_on or (item.ends_on and used_on >= item.ends_on):
        return "the subscription does not run on that day."
    return ""


def _store(rows: Sequence[tuple[object, ...]], *, at: datetime) -> int:
    """Write the events that are not known yet; returns how many. One statement judges them all."""
    with connection.cursor() as cursor:
        cursor.execute(
            """CREATE TEMPORARY TABLE IF NOT EXISTS usage_batch (place bigint GENERATED ALWAYS AS
                 IDENTITY, item_id bigint, key text, quantity numeric, used_at timestamptz,
                 used_on date) ON COMMIT DELETE ROWS;
               TRUNCATE usage_batch"""
        )
        copy_rows("usage_batch", ("item_id", "key", "quantity", "used_at", "used_on"), rows)
        cursor.execute(
            """INSERT INTO orders_usageevent (item_id, key, quantity, used_at, used_on, received_at)
               SELECT item_id, key, quantity, used_at, used_on, %s FROM usage_batch ORDER BY place
               ON CONFLICT (item_id, key) DO NOTHING""",
            [at],
        )
        return int(cursor.rowcount)
