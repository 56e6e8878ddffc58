"""Prepaid credits: which grant pays for a use, the one that expires first before the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from q2c.kernel.errors import Refused


@dataclass(frozen=True, slots=True)
class Grant:
    """Credits bought or given; from `expires_on` on they can no longer be used (None: never)."""

    quantity: Decimal
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class Drawdown:
    """What a use took of each grant, what is left of each, and what no grant covered.

    Both tuples stand in the order of the grants; an expired grant has nothing left.
    """

    drawn: tuple[Decimal, ...]
    left: tuple[Decimal, ...]
    overage: Decimal


def draw_down(grants: Sequence[Grant], usage: Decimal, *, on: date) -> Drawdown:
    """Pay for `usage` on a day from the grants in force, the first to expire first.

    Of grants that expire together the earlier in the list goes first.
    """
    if usage < 0 or any(grant.quantity < 0 for grant in grants):
        raise Refused("A quantity of credits cannot be negative.", field="quantity")
    drawn, left = [Decimal(0)] * len(grants), [Decimal(0)] * len(grants)
    in_order = sorted(range(len(grants)), key=lambda i: (grants[i].expires_on or date.max, i))
    for i in in_order:
        expires_on = grants[i].expires_on
        if expires_on is not None and expires_on <= on:
            continue
        drawn[i] = min(grants[i].quantity, usage)
        left[i] = grants[i].quantity - drawn[i]
        usage -= drawn[i]
    return Drawdown(tuple(drawn), tuple(left), usage)
