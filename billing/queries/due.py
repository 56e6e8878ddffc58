"""What a billing run reads, by set: charges due, usage measured, lines billed before."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal

from django.db import connection
from django.db.models import Count, F, Sum

from billing.models import AgreedCharge, Charge, InvoiceLine
from billing.rules.agreed import Agreed
from billing.rules.charging import due_parts
from billing.rules.due import Billed, DueCharge, Usage
from orders.queries import usage_totals
from q2c.kernel.errors import Refused
from q2c.kernel.periods import Period
from q2c.kernel.rating import ChargeKind


def customers_due(
    *,
    on: date,
    entity_id: int | None,
    customer_id: int | None = None,
    skip: Collection[int] = (),
) -> list[int]:
    """Return the ids of customers with charges due by `on`, in order."""
    found = Charge.objects.filter(next_on__lte=on)
    if customer_id is not None:
        found = found.filter(customer_id=customer_id)
    if entity_id is not None:
        found = found.filter(legal_entity_id=entity_id)
    ids = found.order_by("customer_id").values_list("customer_id", flat=True).distinct()
    return [pk for pk in ids if pk not in skip] if skip else list(ids)


def charges_due(
    *, first: int, last: int, on: date, entity_id: int | None
) -> dict[int, list[DueCharge]]:
    """Return the due charges of a range of customers, locked until the transaction ends.

    Who waits for the lock sees what the other run billed: those are not due any more.
    """
    rows = Charge.objects.select_for_update(no_key=True).filter(
        customer_id__gte=first, customer_id__lte=last, next_on__lte=on
    )
    if entity_id is not None:
        rows = rows.filter(legal_entity_id=entity_id)
    found: dict[int, list[DueCharge]] = {}
    for row in rows.order_by("customer_id", "id").values_list(*DueCharge._fields):
        charge = DueCharge._make(row)
        found.setdefault(charge.customer_id, []).append(charge)
    return found


def agreed_for(charge_ids: Iterable[int]) -> list[Agreed]:
    """Return what was agreed of the charges' periods that are not billed yet."""
    rows = AgreedCharge.objects.filter(
        charge_id__in=list(charge_ids), period_end__gt=F("charge__billed_through")
    )
    names = ("charge_id", "period_start", "period_end", "net", "released_on")
    return [Agreed._make(row) for row in rows.values_list(*names)]


def usage_of(charges: Iterable[DueCharge], *, on: date) -> Usage:
    """Return the usage of each due period of the usage charges, one query a distinct period."""
    wanted: dict[tuple[date, date], list[int]] = defaultdict(list)
    for charge in charges:
        if charge.charge_kind == ChargeKind.USAGE and charge.item_id is not None:
            for part in _parts(charge, on=on):
                wanted[part.start, part.end].append(charge.item_id)
    return _totals(wanted)


def late_usage(charges: Iterable[DueCharge]) -> dict[int, Decimal]:
    """Return, by charge id, all usage measured before `billed_through` where it exceeds the billed.

    Whoever is in here has usage that was recorded after its period was billed.
    """
    wanted: dict[tuple[date, date], list[int]] = defaultdict(list)
    of_usage = []
    for charge in charges:
        if (
            charge.charge_kind == ChargeKind.USAGE
            and charge.item_id is not None
            and charge.billed_through > charge.starts_on
        ):
            wanted[charge.starts_on, charge.billed_through].append(charge.item_id)
            of_usage.append(charge)
    totals = _totals(wanted)
    found = {}
    for charge in of_usage:
        assert charge.item_id is not None, "checked above"
        total = totals[charge.item_id, charge.starts_on, charge.billed_through]
        if total != charge.billed_usage:
            found[charge.id] = total
    return found


def usage_in(item_id: int, periods: Iterable[Period]) -> Usage:
    """Return one item's usage in each of some periods."""
    return _totals({(period.start, period.end): [item_id] for period in periods})


def billed_before(charge_id: int) -> dict[date, Billed]:
    """Return what the lines of a charge billed, by the start of the period."""
    rows = (
        InvoiceLine.objects.filter(charge_id=charge_id)
        .values_list("period_start")
        .annotate(Sum("quantity"), Sum("net"), Count("id"))
    )
    return {start: Billed(quantity, net, count) for start, quantity, net, count in rows}


def move_charges(rows: Collection[tuple[int, date, date | None, Decimal]]) -> int:
    """Set billed_through, next_on and billed_usage of many charges in one statement."""
    ids, through, next_on, usage = zip(*rows, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE billing_charge c
               SET billed_through = v.through, next_on = v.next_on, billed_usage = v.usage
               FROM unnest(%s::bigint[], %s::date[], %s::date[], %s::numeric[])
                 AS v (id, through, next_on, usage)
               WHERE c.id = v.id""",
            [list(ids), list(through), list(next_on), list(usage)],
        )
        return int(cursor.rowcount)


def _parts(charge: DueCharge, *, on: date) -> list[Period]:
    try:
        return [part.period for part in due_parts(charge, on=on)]
    except Refused:
        return []  # its customer is parked with these words when the lines are made


def _totals(wanted: dict[tuple[date, date], list[int]]) -> Usage:
    found: dict[tuple[int, date, date], Decimal] = {}
    for (start, end), item_ids in wanted.items():
        totals = usage_totals(item_ids, start, end)
        for item_id in item_ids:
            found[item_id, start, end] = totals.get(item_id, Decimal(0))
    return found
