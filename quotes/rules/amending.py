"""What an amendment does: item by item, and as a bridge from what is agreed to what will be.

All amounts are what falls on the days from the amendment on. The bridge takes one step after the
other (quantity, then price, then term; what is new or gone is mix), so that its effects add up to
the whole change exactly, however amounts were rounded.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum

from q2c.kernel.billing_time import Billing
from q2c.kernel.errors import Refused
from q2c.kernel.money import Money, total
from q2c.kernel.periods import Period, months_after
from q2c.kernel.proration import WEEKS_A_YEAR, Prorated, prorate
from q2c.kernel.proration_policy import BY_DAYS


class Coterm(StrEnum):
    """When something that an amendment adds ends."""

    CONTRACT_END = "contract_end"
    EARLIEST_END = "earliest_end"
    OWN = "none"

    @property
    def label(self) -> str:
        return {
            "contract_end": "With the contract",
            "earliest_end": "With what ends first",
            "none": "After a term of its own",
        }[self.value]


@dataclass(frozen=True, slots=True)
class Dated:
    """What some days of an item cost and the day it falls due; None: not by a date (goods)."""

    due_on: date | None
    net: Money


@dataclass(frozen=True, slots=True)
class Stretch:
    """An item on the days from the amendment on, at `net` a billing period (or once).

    `since` is the first day it is charged for at all. Without a billing it is charged once, goods
    as they are shipped; of usage `net` is the fee due without use, nobody knows the rest yet.
    """

    net: Money
    days: Period
    since: date
    billing: Billing | None
    in_advance: bool = True
    is_shipped: bool = False

    def dated(self) -> list[Dated]:
        """Return its charges, each with its day; they add up to `total`."""
        if self.billing is None:
            return [Dated(None if self.is_shipped else self.days.start, self.net)]
        return [
            Dated(
                part.start if self.in_advance else part.end,
                self.billing.slice(self.net, over=whole, during=part, since=self.since),
            )
            for whole, part in self.billing.periods(self.days)
        ]

    def first_part(self) -> Prorated | None:
        """Price its first days as far as they break a billing period; None when they do not."""
        if self.billing is None or not self.net:
            return None
        whole, part = next(iter(self.billing.periods(self.days)))
        if part == whole:
            return None
        start = whole.start if self.billing.policy == BY_DAYS else self.since
        return prorate(
            self.net,
            every=self.billing.every,
            period=part,
            policy=self.billing.policy,
            anchor=self.billing.anchor,
            term=Period(start, part.end),
            price_months=self.billing.price_months,
        )


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One item before and after; `requantified` and `repriced` are the steps between.

    `requantified` is the new quantity at the old price on the old days, `repriced` the new
    quantity at the new price on the old days. An item that is new or gone has no steps.
    """

    label: str
    before: Stretch | None
    after: Stretch | None
    requantified: Stretch | None = None
    repriced: Stretch | None = None


@dataclass(frozen=True, slots=True)
class Effects:
    """By how much one figure changes, and why; the four effects are the whole change."""

    before: Money
    quantity: Money
    price: Money
    term: Money
    mix: Money

    @property
    def change(self) -> Money:
        return self.quantity + self.price + self.term + self.mix

    @property
    def after(self) -> Money:
        return self.before + self.change


@dataclass(frozen=True, slots=True)
class Bridge:
    """The amendment bridge: annual recurring, the rest of the contract, a year's cash, the next invoice.

    ARR is that of the day on which the last change has taken effect.
    """

    arr: Effects
    tcv: Effects
    cash: Effects
    next_invoice: Effects
    arr_on: date


@dataclass(frozen=True, slots=True)
class Settlement:
    """What is due because of one item as soon as the amendment is signed.

    `credit` is what was due for days from the amendment on and is not owed any more, `charge` what
    is due for them now; the receipts tell how the broken billing period was counted.
    """

    label: str
    credit: Money
    charge: Money
    credit_receipt: str
    charge_receipt: str

    @property
    def net(self) -> Money:
        return self.charge - self.credit


def settle(change: ItemChange, *, by: date, currency: str) -> Settlement:
    """Return what an item's change gives back and charges of what falls due by a day."""
    return Settlement(
        label=change.label,
        credit=_due(change.before, by=by, currency=currency),
        charge=_due(change.after, by=by, currency=currency),
        credit_receipt=_receipt(change.before),
        charge_receipt=_receipt(change.after),
    )


def bridge(
    changes: Sequence[ItemChange], kept: Sequence[Stretch], *, on: date, by: date, currency: str
) -> Bridge:
    """Explain an amendment of a day `on`, of which what falls due by a day is in the next invoice."""
    arr_on = max((_takes_effect(change) for change in changes), default=on)
    year = months_after(on, 12)

    def arr(stretch: Stretch) -> Money:
        return _annual(stretch, on=arr_on)

    def tcv(stretch: Stretch) -> Money:
        return total((one.net for one in stretch.dated()), currency)

    def cash(stretch: Stretch) -> Money:
        return _sum(stretch, lambda due: due < year, currency)

    def due(stretch: Stretch) -> Money:
        return _sum(stretch, lambda day: day <= by, currency)

    def effects(measure: Callable[[Stretch], Money]) -> Effects:
        return _effects(changes, kept, measure, currency)

    # What is kept falls due as it would have: the next invoice is the amendment's own.
    own = _effects(changes, (), due, currency)
    return Bridge(effects(arr), effects(tcv), effects(cash), own, arr_on)


def coterm_end(
    choice: Coterm, *, starts_on: date, contract_end: date, ends: Iterable[date], months: int
) -> date:
    """Return the first day without something added: `ends` are those of what runs already."""
    if choice is Coterm.CONTRACT_END:
        return contract_end
    if choice is Coterm.EARLIEST_END:
        return min([contract_end, *(end for end in ends if end > starts_on)])
    if not 1 <= months <= 120:
        raise Refused("A term of its own has 1 to 120 months.", field="months")
    return months_after(starts_on, months)


def _takes_effect(change: ItemChange) -> date:
    stretch = change.after or change.before
    assert stretch is not None, "a change has a before or an after"
    return stretch.days.start


def _due(stretch: Stretch | None, *, by: date, currency: str) -> Money:
    return Money.zero(currency) if stretch is None else _sum(stretch, lambda d: d <= by, currency)


def _sum(stretch: Stretch, holds: Callable[[date], bool], currency: str) -> Money:
    return total((x.net for x in stretch.dated() if x.due_on and holds(x.due_on)), currency)


def _receipt(stretch: Stretch | None) -> str:
    part = stretch.first_part() if stretch else None
    return part.receipt.words() if part else ""


def _annual(stretch: Stretch, *, on: date) -> Money:
    if stretch.billing is None or on not in stretch.days:
        return Money.zero(stretch.net.currency)
    every = stretch.billing.priced
    amount = stretch.net.amount
    yearly = amount * WEEKS_A_YEAR / every.weeks if every.weeks else amount * 12 / every.months
    return Money.rounded(yearly, stretch.net.currency)


@dataclass(slots=True)
class _Sums:
    quantity: list[Money] = field(default_factory=list)
    price: list[Money] = field(default_factory=list)
    term: list[Money] = field(default_factory=list)
    mix: list[Money] = field(default_factory=list)


def _effects(
    changes: Sequence[ItemChange],
    kept: Sequence[Stretch],
    measure: Callable[[Stretch], Money],
    currency: str,
) -> Effects:
    zero, sums = Money.zero(currency), _Sums()
    before = [measure(stretch) for stretch in kept]
    for change in changes:
        old = measure(change.before) if change.before else zero
        new = measure(change.after) if change.after else zero
        before.append(old)
        if change.requantified is None or change.repriced is None:
            sums.mix.append(new - old)
            continue
        many, priced = measure(change.requantified), measure(change.repriced)
        sums.quantity.append(many - old)
        sums.price.append(priced - many)
        sums.term.append(new - priced)
    found = {f.name: total(getattr(sums, f.name), currency) for f in fields(sums)}
    return Effects(before=total(before, currency), **found)
