"""What a line may not fall below unless somebody approves it: its floor price, its product's margin.

A floor limits what a unit costs while it is paid for. Discounts stop at it by themselves. What a
person gives openly stands as given and is measured here: a price agreed below the floor, and free
months (a whole discount) where all months together come to less than the floor, or than the
margin that a guard keeps. What the price
list itself gives free is not measured.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, Protocol

from q2c.kernel.money import Money
from q2c.kernel.rating import ChargeKind, ChargeModel, plain, rate
from quotes.rules.terms import LineTerms, QuoteTerms, charged_days
from quotes.rules.ways import Way

_ZERO, _HUNDRED = Decimal(0), Decimal(100)
_FINE = Decimal("0.01")


class Limit(StrEnum):
    """Which limit a line lies below."""

    FLOOR = "floor"
    MARGIN = "margin"


@dataclass(frozen=True, slots=True)
class Below:
    """A limit that a line lies below, by how much, and in words.

    `by` is per cent of the floor, or points of margin; None: the cost is not known, so nobody can
    tell.
    """

    limit: Limit
    by: Decimal | None
    words: str

    def to_json(self) -> dict[str, Any]:
        """Return it as a row of a line's way from list to net."""
        by = None if self.by is None else plain(self.by)
        return {"kind": "below", "limit": self.limit.value, "by": by, "words": self.words}


def below_of(rows: Sequence[dict[str, Any]]) -> tuple[Below, ...]:
    """Return the limits that a stored line lies below, from its way."""
    return tuple(
        Below(Limit(row["limit"]), None if row["by"] is None else Decimal(row["by"]), row["words"])
        for row in rows
        if row["kind"] == "below"
    )


class Priced(Protocol):
    """What a priced line tells of itself here."""

    @property
    def list_per_period(self) -> Money: ...
    @property
    def net_per_period(self) -> Money: ...
    @property
    def contract_total(self) -> Money: ...
    @property
    def cost_total(self) -> Money | None: ...
    @property
    def waterfall(self) -> Way: ...
    @property
    def discount_percent(self) -> Decimal: ...
    @property
    def unit_price(self) -> Decimal | None: ...


def below_limits(
    lines: Sequence[LineTerms], priced: Sequence[Priced], terms: QuoteTerms
) -> dict[int, tuple[Below, ...]]:
    """Return, by its place, what each line lies below; segments of a ramp are one line.

    What holds for a ramp as a whole stands on its first segment.
    """
    groups: dict[int | tuple[int], list[int]] = defaultdict(list)
    limited = set()
    found: dict[int, tuple[Below, ...]] = defaultdict(tuple)
    for place, line in enumerate(lines):
        if line.charge_kind is ChargeKind.USAGE and line.is_counted:
            found[place] = _use_below_margin(line, priced[place], terms)
        key = (place,) if line.ramp is None else line.ramp
        groups[key].append(place)
        if _is_limited(line, priced[place]):
            limited.add(key)
    for key in limited:
        # A guard that measures what is free of a ramp measures it with what is paid.
        places = [place for place in groups[key] if _may_be_limited(lines[place])]
        group = [(lines[place], priced[place]) for place in places]
        for place, (line, price) in zip(places, group, strict=True):
            found[place] += _paid_below_floor(line, price, terms)
        if not any(found[place] for place in places):
            found[places[0]] += _free_below_floor(group, terms)
        found[places[0]] += _below_margin(group, terms)
    return {place: below for place, below in found.items() if below}


def floor_a_period(line: LineTerms, terms: QuoteTerms) -> Money | None:
    """Return what a line costs at its floor a billing period; None without a floor."""
    if line.floor_unit_price is None:
        return None
    units = Decimal(1) if line.charge_model is ChargeModel.FLAT else line.quantity
    return Money.rounded(line.floor_unit_price * units, terms.currency)


def _is_limited(line: LineTerms, price: Priced) -> bool:
    has_limit = line.floor_unit_price is not None or _least_margin(line, price) is not None
    return has_limit and _may_be_limited(line)


def _may_be_limited(line: LineTerms) -> bool:
    # Usage is rated after each period: its discounts stop at the floor, its margin is that of a unit.
    is_free_of_it = line.is_adjustment or not line.is_counted
    return not is_free_of_it and line.charge_kind is not ChargeKind.USAGE


def _floor(line: LineTerms, price: Priced, terms: QuoteTerms) -> Money | None:
    """Return the floor a period; a list price below it is no lower for that."""
    floor = floor_a_period(line, terms)
    return floor and min(floor, price.list_per_period, key=lambda money: money.amount)


def _paid_below_floor(line: LineTerms, price: Priced, terms: QuoteTerms) -> tuple[Below, ...]:
    floor, net = _floor(line, price, terms), price.net_per_period
    if floor is None or not net or net.amount >= floor.amount:
        return ()
    words = f"it costs {net} a period, below its floor of {floor}"
    return (Below(Limit.FLOOR, _share(floor - net, floor), words),)


def _free_below_floor(
    group: Sequence[tuple[LineTerms, Priced]], terms: QuoteTerms
) -> tuple[Below, ...]:
    least = paid = Money.zero(terms.currency)
    has_free = False
    for line, price in group:
        floor = _floor(line, price, terms)
        if floor is not None:
            has_free = has_free or bool(floor and not price.net_per_period)
            least += _over(floor, line, terms)
            paid += price.contract_total
    if not has_free or paid.amount >= least.amount:
        return ()
    words = f"with what is free it comes to {paid} over its days, below the {least} of its floor"
    return (Below(Limit.FLOOR, _share(least - paid, least), words),)


def _below_margin(
    group: Sequence[tuple[LineTerms, Priced]], terms: QuoteTerms
) -> tuple[Below, ...]:
    wanting = [found for line, price in group if (found := _least_margin(line, price))]
    if not wanting:
        return ()
    least, wanted = max(wanting)
    costs = [price.cost_total for _, price in group]
    if any(cost is None for cost in costs):
        words = f"its cost is not known in {terms.currency}, so nobody can tell about {wanted}"
        return (Below(Limit.MARGIN, None, words),)
    cost = sum((cost.amount for cost in costs if cost is not None), _ZERO)
    net = sum((price.contract_total.amount for _, price in group), _ZERO)
    if not cost or (net > 0 and (net - cost) * _HUNDRED >= least * net):
        return ()
    if net <= 0:
        return (Below(Limit.MARGIN, least + _HUNDRED, f"it is free but costs us, below {wanted}"),)
    return (_thin(net, cost, least, wanted),)


def _use_below_margin(line: LineTerms, price: Priced, terms: QuoteTerms) -> tuple[Below, ...]:
    """Return how far what use costs, at the quantity that the quote expects, is below a margin."""
    wanting = _least_margin(line, price)
    if wanting is None or line.unit_cost == 0:
        return ()
    least, wanted = wanting
    if line.unit_cost is None:
        words = f"its cost is not known in {terms.currency}, so nobody can tell about {wanted}"
        return (Below(Limit.MARGIN, None, words),)
    agreed = line.list_unit_price if line.agreed_unit_price is None else line.agreed_unit_price
    unit_price = agreed if price.unit_price is None else price.unit_price
    units = line.quantity or Decimal(1)
    listed = rate(line.charge_model, units, unit_price=unit_price, tiers=line.tiers).amount
    net, cost = listed * (_HUNDRED - price.discount_percent) / _HUNDRED, line.unit_cost * units
    if net > 0 and (net - cost) * _HUNDRED >= least * net:
        return ()
    if net <= 0:
        return (Below(Limit.MARGIN, least + _HUNDRED, f"it is free but costs us, below {wanted}"),)
    return (_thin(net, cost, least, wanted),)


def _thin(net: Decimal, cost: Decimal, least: Decimal, wanted: str) -> Below:
    margin = ((net - cost) * _HUNDRED / net).quantize(_FINE, rounding=ROUND_HALF_UP)
    words = f"its margin of {plain(margin)} % is below {wanted}"
    return Below(Limit.MARGIN, max(least - margin, _FINE), words)


def _least_margin(line: LineTerms, price: Priced) -> tuple[Decimal, str] | None:
    """Return the margin to keep, and who wants it: the product, or a guard that did not stop it."""
    found = []
    if (least := line.min_margin_percent) is not None:
        found.append((least, f"its product's minimum of {plain(least)} %"))
    plan = price.waterfall.plan
    if plan is not None and (guard := plan.kept_margin) is not None:
        found.append((guard.value, f"the {plain(guard.value)} % that “{guard.name}” keeps"))
    return max(found, default=None)


def _over(per_period: Money, line: LineTerms, terms: QuoteTerms) -> Money:
    if line.charge_kind is ChargeKind.ONE_TIME:
        return per_period
    return terms.billing(line).total(per_period, charged_days(line, terms))


def _share(part: Money, whole: Money) -> Decimal:
    share = part.amount * _HUNDRED / whole.amount
    return max(share.quantize(_FINE, rounding=ROUND_HALF_UP), _FINE)
