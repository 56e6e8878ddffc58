"""Lines priced as a percentage of others: what they are taken of, and within which limits.

The limits stand in the one tier such a price may have: `up_to` is the most and `flat_fee` the
least it costs a billing period, `products` the ids of the products it is taken of (none: of all),
`of` which charges (Salesforce's maintenance of licences bought once), `of_list` whether of their
list prices.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from q2c.kernel.errors import Refused
from q2c.kernel.rating import Rated, percentage, plain

_ZERO = Decimal(0)


class Of(StrEnum):
    """Which charges a percentage is taken of."""

    ALIKE = "alike"  # charged as often
    ONE_TIME = "one_time"
    RECURRING = "recurring"  # all that recurs, for as long as its own price


@dataclass(frozen=True, slots=True)
class Limits:
    """The least and the most a percentage comes to, and what it is taken of.

    It is taken of what `products` (none: all) cost net, or with `of_list` before any discount.
    """

    minimum: Decimal = _ZERO
    maximum: Decimal | None = None
    products: frozenset[int] = frozenset()
    charges: Of = Of.ALIKE
    of_list: bool = False

    def of(self, base: Decimal, percent: Decimal) -> Rated:
        return percentage(base, percent, minimum=self.minimum, maximum=self.maximum)

    def in_words(
        self, number: Callable[[Decimal], str] = plain, *, say: Callable[[str], str] = str
    ) -> list[str]:
        """Say both bounds, a phrase each; `say` puts a phrase into the reader's language."""
        bounds = (("at least %(n)s", self.minimum or None), ("at most %(n)s", self.maximum))
        return [say(words) % {"n": number(n)} for words, n in bounds if n is not None]


NO_LIMITS = Limits()


def read_limits(tiers: Sequence[Mapping[str, Any]]) -> Limits:
    """Read the limits of a percentage as stored; refuses more than one row and odd numbers."""
    if not tiers:
        return NO_LIMITS
    if len(tiers) > 1:
        raise Refused("A percentage has one row of limits.", field="tiers")
    row = tiers[0]
    try:
        minimum = Decimal(str(row.get("flat_fee") or 0))
        maximum = None if row.get("up_to") is None else Decimal(str(row["up_to"]))
        products = frozenset(int(product) for product in row.get("products", ()))
    except (InvalidOperation, TypeError, ValueError):
        raise Refused("The limits of a percentage are numbers.", field="tiers") from None
    if row.get("of") not in (None, *Of):
        raise Refused(f"A percentage is taken of one of: {', '.join(Of)}.", field="tiers")
    if minimum < 0:
        raise Refused("The least it costs cannot be negative.", field="minimum")
    if maximum is not None and maximum < minimum:
        raise Refused(
            f"The most it costs, {plain(maximum)}, is below the least, {plain(minimum)}.",
            field="maximum",
        )
    charges = Of(row.get("of") or Of.ALIKE)
    return Limits(minimum, maximum, products, charges, of_list=bool(row.get("of_list")))


def stored_limits(limits: Limits) -> list[dict[str, Any]]:
    """Return limits as documents store them; none when nothing is limited."""
    if limits == NO_LIMITS:
        return []
    row: dict[str, Any] = {
        "up_to": None if limits.maximum is None else plain(limits.maximum),
        "unit_price": "0",
        "flat_fee": plain(limits.minimum),
        "products": sorted(limits.products),
    }
    if limits.charges is not Of.ALIKE:
        row["of"] = limits.charges.value
    return [row | ({"of_list": True} if limits.of_list else {})]
