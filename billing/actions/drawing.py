"""Draw one customer's prepaid credits for the use that a billing run bills."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from billing.queries.due import billed_before, usage_in
from billing.rules.charging import billed_parts, due_parts
from billing.rules.credits import ZERO, Drawing, Use, draw_through
from billing.rules.due import Billed, DueCharge
from orders.actions import grant_period_credits
from orders.queries import usage_by_day
from orders.queries.credits import Draw, OpenGrant, drawn_by, open_grants
from q2c.kernel.errors import Refused
from q2c.kernel.periods import Period
from q2c.kernel.rating import ChargeKind, ChargeModel


@dataclass(frozen=True, slots=True)
class Credit:
    """What customers' use may draw on, read by set: grants by customer, use by item and day."""

    grants: Mapping[int, list[OpenGrant]] = field(default_factory=dict)
    days: Mapping[int, list[tuple[date, Decimal]]] = field(default_factory=dict)


class Late(NamedTuple):
    """A billed period with use that was recorded afterwards; `drawn` is what credits paid of it."""

    period: Period
    total: Decimal
    billed: Billed
    drawn: Decimal

    @property
    def overage(self) -> Decimal:
        """What was billed of it beyond credits."""
        return max(self.billed.quantity - self.drawn, ZERO)


def read_credit(charges: Sequence[DueCharge], *, on: date, at: datetime) -> Credit:
    """Give items the credits of their periods begun by `on`; return all that is left, and the use.

    Nothing more is read where no customer has credits.
    """
    usage = [charge for charge in charges if charge.charge_kind == ChargeKind.USAGE]
    if not usage:
        return Credit()
    items = [c.item_id for c in usage if c.charge_model == ChargeModel.CREDITS and c.item_id]
    if items:
        grant_period_credits(items, through=on, at=at)
    grants = open_grants({charge.customer_id for charge in usage})
    drawing = [charge for charge in usage if charge.customer_id in grants]
    if not drawing:
        return Credit()
    days: dict[int, list[tuple[date, Decimal]]] = {}
    first = min(charge.billed_through for charge in drawing)
    ids = [charge.item_id for charge in drawing if charge.item_id is not None]
    for item_id, day, quantity in usage_by_day(ids, first, on):
        days.setdefault(item_id, []).append((day, quantity))
    return Credit(grants, days)


def draw(
    charges: Sequence[DueCharge],
    late: Mapping[int, list[Late]],
    credit: Credit,
    *,
    customer_id: int,
    on: date,
) -> Drawing | None:
    """Draw the customer's credits for what is due; None when the customer has none."""
    usage = [c for c in charges if c.charge_kind == ChargeKind.USAGE]
    has_credits = any(c.charge_model == ChargeModel.CREDITS for c in usage)
    if customer_id not in credit.grants and not has_credits:
        return None
    uses = [use for charge in usage for use in _uses(charge, late.get(charge.id, ()), credit, on)]
    return draw_through(uses, credit.grants.get(customer_id, []))


def draws_of(drawing: Drawing) -> list[Draw]:
    """Return what was drawn as it is written down."""
    return [
        Draw(grant_id, part[0], part[1], drawing.ends[part], part[2], quantity)
        for (grant_id, part), quantity in drawing.drawn.items()
    ]


def late_periods(charge: DueCharge) -> list[Late]:
    """Return the billed periods of a charge with use that came late."""
    assert charge.item_id is not None, "usage is measured on a subscription item"
    periods = billed_parts(charge)
    usage, billed = usage_in(charge.item_id, periods), billed_before(charge.id)
    drawn = drawn_by(charge.item_id)
    found = [
        Late(
            period,
            usage[charge.item_id, period.start, period.end],
            billed.get(period.start, Billed(ZERO, ZERO, 0)),
            drawn.get(period.start, ZERO),
        )
        for period in periods
    ]
    return [late for late in found if late.total != max(late.billed.quantity, late.drawn)]


def _uses(charge: DueCharge, late: Sequence[Late], credit: Credit, on: date) -> Iterator[Use]:
    item_id, product_id = charge.item_id, charge.product_id
    assert item_id is not None, "usage is measured on a subscription item"
    for row in late:
        period, known = row.period, max(row.billed.quantity, row.drawn)
        if row.total > known:
            yield Use(
                item_id, product_id, period.start, period.end, row.billed.lines, period.last_day,
                row.total - known,
            )  # fmt: skip
    try:
        parts = due_parts(charge, on=on)
    except Refused:
        return  # the customer is parked with these words when the lines are made
    for part in parts:
        start, end = part.period.start, part.period.end
        for day, quantity in credit.days.get(item_id, ()):
            if start <= day < end:
                yield Use(item_id, product_id, start, end, 0, day, quantity)
