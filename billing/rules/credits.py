"""What use takes of prepaid credits, and what of it they do not cover."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple, Protocol

from q2c.kernel.drawdown import Grant, draw_down

ZERO = Decimal(0)


class Credits(Protocol):
    """Credits that use may draw on from `starts_on` on; drawing takes from `left`."""

    id: int
    product_id: int
    item_id: int | None
    starts_on: date
    expires_on: date | None
    left: Decimal


class Use(NamedTuple):
    """What an item used on a day of the billing period [start, end)."""

    item_id: int
    product_id: int
    start: date
    end: date
    revision: int
    day: date
    quantity: Decimal


Part = tuple[int, date, int]  # item, first day of the period, revision


@dataclass(slots=True)
class Drawing:
    """What was drawn: by grant and part of use, and what no credits covered of each part."""

    drawn: dict[tuple[int, Part], Decimal] = field(default_factory=dict)
    ends: dict[Part, date] = field(default_factory=dict)
    overage: dict[Part, Decimal] = field(default_factory=dict)


def draw_through(uses: Iterable[Use], grants: Sequence[Credits]) -> Drawing:
    """Pay for uses from one customer's credits, day by day, those that expire first before others."""
    result = Drawing()
    for use in sorted(uses, key=lambda use: (use.day, use.item_id, use.revision)):
        part = (use.item_id, use.start, use.revision)
        open_ = [grant for grant in grants if _may_pay(grant, use)]
        taken = draw_down(
            [Grant(grant.left, grant.expires_on) for grant in open_], use.quantity, on=use.day
        )
        for grant, quantity in zip(open_, taken.drawn, strict=True):
            if quantity:
                grant.left -= quantity
                key = (grant.id, part)
                result.drawn[key] = result.drawn.get(key, ZERO) + quantity
        result.ends[part] = use.end
        result.overage[part] = result.overage.get(part, ZERO) + taken.overage
    return result


def _may_pay(grant: Credits, use: Use) -> bool:
    is_its = grant.item_id is None or grant.item_id == use.item_id
    return grant.product_id == use.product_id and is_its and grant.starts_on <= use.day
