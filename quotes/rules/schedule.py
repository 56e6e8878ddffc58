"""The dated billing schedule of a quote: what each invoice will ask for, to the cent.

It is computed when the quote is sealed, shown to the customer, part of what they accept, and what
every later invoice is checked against. Of usage it holds the fee of a commitment, of credits or of a first band,
which is due without use too; nobody knows the rest yet.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from q2c.kernel.money import Money, total
from q2c.kernel.periods import Period
from q2c.kernel.rating import ChargeKind
from q2c.kernel.receipt import Receipt
from quotes.rules.terms import QuoteTerms


class Dated(Protocol):
    """What says when a line is charged."""

    @property
    def kind(self) -> str: ...
    @property
    def charge_kind(self) -> str: ...
    @property
    def months(self) -> int: ...
    @property
    def weeks(self) -> int: ...
    @property
    def price_months(self) -> int: ...
    @property
    def in_advance(self) -> bool: ...
    @property
    def starts_on(self) -> date | None: ...
    @property
    def ends_on(self) -> date | None: ...


class Billable(Dated, Protocol):
    """What a schedule needs to know of a line; `net_per_period` in the quote's currency."""

    @property
    def position(self) -> int: ...
    @property
    def net_per_period(self) -> Decimal: ...


@dataclass(frozen=True, slots=True)
class Planned:
    """One charge to come: the line's position, its days, the day it falls due, and its net.

    `due_on` is None for goods: they are charged as they are shipped.
    """

    position: int
    start: date
    end: date
    due_on: date | None
    net: Money


@dataclass(frozen=True, slots=True)
class Instalment:
    """What falls due on `count` days, from the first to the last, each time the same net."""

    first_on: date | None
    last_on: date | None
    count: int
    net: Money

    @property
    def together(self) -> Money:
        """What all of them come to."""
        return Money(self.net.amount * self.count, self.net.currency)


def schedule(lines: Iterable[Billable], *, terms: QuoteTerms) -> list[Planned]:
    """Return every fixed charge of the term, by due date and line; goods last.

    Parts of billing periods are priced as the quote's terms say, and a line's charges add up to its
    total. In advance a period falls
    due on its first day, in arrears on the day after its last.
    """
    found = [planned for line in lines for planned in _of_line(line, terms)]
    return sorted(found, key=lambda p: (p.due_on or date.max, p.position, p.start))


def receipts(line: Billable, *, terms: QuoteTerms) -> list[Receipt]:
    """Return how each part of a billing period that the line is charged for was counted."""
    if line.charge_kind == ChargeKind.ONE_TIME or not line.net_per_period:
        return []
    price = Money.rounded(line.net_per_period, terms.currency)
    days = Period(line.starts_on or terms.term.start, line.ends_on or terms.term.end)
    billing = terms.billing(line)
    return [
        billing.receipt(price, over=whole, during=part, since=days.start)
        for whole, part in billing.periods(days)
        if part != whole
    ]


def first_invoice(line: Dated, net: Money, *, terms: QuoteTerms) -> Money:
    """Return what the first invoice, of the quote's first day, holds of a line at `net` a period.

    Usage and what is charged in arrears come later, goods when they are shipped.
    """
    zero = Money.zero(terms.currency)
    if line.charge_kind == ChargeKind.ONE_TIME:
        return zero if line.kind == "goods" else net
    start = line.starts_on or terms.term.start
    if line.charge_kind == ChargeKind.USAGE or not line.in_advance or start > terms.starts_on:
        return zero
    billing = terms.billing(line)
    whole, part = billing.periods(Period(start, line.ends_on or terms.term.end))[0]
    return billing.slice(net, over=whole, during=part, since=start)


def instalments(planned: Sequence[Planned], *, currency: str) -> list[Instalment]:
    """Return what falls due day by day, equal amounts in a row told once."""
    by_day: dict[date | None, Decimal] = {}
    for charge in planned:
        by_day[charge.due_on] = by_day.get(charge.due_on, Decimal(0)) + charge.net.amount
    rows: list[Instalment] = []
    for day, amount in by_day.items():
        net = Money(amount, currency)
        last = rows[-1] if rows else None
        if last and last.net == net and day is not None:
            rows[-1] = Instalment(last.first_on, day, last.count + 1, net)
        else:
            rows.append(Instalment(day, day, 1, net))
    return rows


def by_month(planned: Sequence[Planned], *, currency: str) -> dict[date, Money]:
    """Return the net that falls due in each calendar month, by its first day."""
    months: dict[date, Decimal] = {}
    for charge in planned:
        if charge.due_on is not None:
            month = charge.due_on.replace(day=1)
            months[month] = months.get(month, Decimal(0)) + charge.net.amount
    return {month: Money(amount, currency) for month, amount in months.items()}


def on_shipment(planned: Sequence[Planned], *, currency: str) -> Money:
    """Return the net that falls due as goods are shipped, on days that nobody knows yet."""
    return total((charge.net for charge in planned if charge.due_on is None), currency)


def _of_line(line: Billable, terms: QuoteTerms) -> Iterable[Planned]:
    if line.kind == "bundle" or not line.net_per_period:
        return
    term, price = terms.term, Money.rounded(line.net_per_period, terms.currency)
    if line.charge_kind == ChargeKind.ONE_TIME:
        day = Period(term.start, date.fromordinal(term.start.toordinal() + 1))
        due_on = None if line.kind == "goods" else term.start
        yield Planned(line.position, day.start, day.end, due_on, price)
        return
    days = Period(line.starts_on or term.start, line.ends_on or term.end)
    billing = terms.billing(line)
    for whole, part in billing.periods(days):
        net = billing.slice(price, over=whole, during=part, since=days.start)
        in_advance = line.in_advance and line.charge_kind != ChargeKind.USAGE
        due_on = part.start if in_advance else part.end
        yield Planned(line.position, part.start, part.end, due_on, net)
