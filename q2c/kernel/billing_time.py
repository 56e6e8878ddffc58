"""How something is billed in time: one answer for the quote, its schedule and every invoice."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Any

from q2c.kernel.money import Money
from q2c.kernel.periods import Cadence, Grid, Period
from q2c.kernel.proration import cost, counted, earned_during, price_between, prorate
from q2c.kernel.proration_policy import (
    BY_DAYS,
    STANDARD,
    Anchor,
    Credit,
    MonthEnd,
    ProrationPolicy,
)
from q2c.kernel.receipt import Receipt


@dataclass(frozen=True, slots=True)
class Billing:
    """How something is billed: periods of `every` from the anchor, parts by the policy.

    Prices are for a billing period, or for `price_months`: 12 is a price a year, of which a month
    costs a twelfth. Such shares are rounded as running totals, so that a year costs its price.
    """

    every: Cadence
    anchor: date
    policy: ProrationPolicy = STANDARD
    price_months: int = 0

    @property
    def grid(self) -> Grid:
        """The billing periods, laid from the anchor."""
        return _grid(self.every, self.anchor, self.policy.month_end)

    @property
    def priced(self) -> Cadence:
        """What a price is for."""
        return Cadence(self.price_months) if self.price_months else self.every

    def periods(self, days: Period) -> tuple[tuple[Period, Period], ...]:
        """Return the billing periods that the days touch, each with its days of them."""
        return _periods(self.grid, days)

    def total(self, price: Money, days: Period) -> Money:
        """Return what the days cost at `price` a period; their slices add up to it."""
        if self._is_by_days:
            return price_between(
                price,
                anchor=self.anchor,
                months=self.every.months,
                weeks=self.every.weeks,
                start=days.start,
                end=days.end,
            )
        return self._cost(price, days, since=days.start)

    def share(self, part: Period, *, of: Period) -> Fraction:
        """Return which part of the billing periods of some days lies in others of them, by the policy.

        Parts that make up the days make up 1 together.
        """

        def before(day: date) -> Fraction:
            return self._counted(of.start, day) if day > of.start else Fraction(0)

        whole = before(of.end)
        return (before(part.end) - before(part.start)) / whole if whole else whole

    def is_whole(self, over: Period, during: Period) -> bool:
        """Whether the days are a whole billing period that costs exactly its price."""
        is_own = self.priced == self.every
        return during == over and is_own and self.policy.is_even(self.every)

    def slice(self, price: Money, *, over: Period, during: Period, since: date) -> Money:
        """Return what the days `during` of the billing period `over` cost.

        `since` is the first day that is charged for at all: what was charged for earlier slices
        counts in, so that all of them add up to what the days together cost.
        """
        if self.is_whole(over, during):
            return price
        if self._is_by_days:
            return earned_during(price, over=over, during=during)
        return self._cost(price, during, since=since)

    def unused(self, price: Money, *, over: Period, during: Period, since: date, at: date) -> Money:
        """Return what of the slice `during` is given back when the days from `at` on are not used.

        By charged_first it is the slice less its used part, so both always make up the slice; by
        remaining_share the rest is priced by itself.
        """
        if at <= during.start:
            return self.slice(price, over=over, during=during, since=since)
        rest = Period(at, during.end)
        is_alone = self.policy.credit is Credit.REMAINING_SHARE
        return self.slice(price, over=over, during=rest, since=at if is_alone else since)

    def receipt(self, price: Money, *, over: Period, during: Period, since: date) -> Receipt:
        """Return how the slice's amount came about, for people and for storage."""
        amount = self.slice(price, over=over, during=during, since=since)
        alone = prorate(
            price,
            every=self.every,
            period=during,
            policy=self.policy,
            anchor=self.anchor,
            price_months=self.price_months,
        )
        return replace(alone.receipt, amount=amount)

    def _counted(self, since: date, by: date) -> Fraction:
        return counted(Period(since, by), every=self.every, policy=self.policy, anchor=self.anchor)

    @property
    def _is_by_days(self) -> bool:
        return self.policy == BY_DAYS and self.priced == self.every

    def _cost(self, price: Money, days: Period, *, since: date) -> Money:
        return cost(
            price,
            every=self.every,
            period=days,
            policy=self.policy,
            anchor=self.anchor,
            since=since,
            price_months=self.price_months,
        )


@lru_cache(maxsize=2048)  # most lines of a quote share their dates
def _grid(every: Cadence, anchor: date, month_end: MonthEnd) -> Grid:
    return Grid(anchor, every, keeps_february_end=month_end is MonthEnd.LAST_OF_FEBRUARY)


@lru_cache(maxsize=2048)
def _periods(grid: Grid, days: Period) -> tuple[tuple[Period, Period], ...]:
    number = grid.holding(days.start)
    found: list[tuple[Period, Period]] = []
    while True:
        whole = grid.period(number)
        part = whole.overlap(days)
        if part is None:
            return tuple(found)
        found.append((whole, part))
        number += 1


def billing_anchor(policy: ProrationPolicy, *, starts_on: date) -> date:
    """Return the day that periods are counted from so that they start where the policy says.

    It is the start of the policy's year, which months and quarters start with as well.
    """
    if policy.anchor is Anchor.ANNIVERSARY:
        return starts_on
    grid = policy.grid(Cadence(months=12), starts_on)
    return grid.start_of(grid.holding(starts_on))


def by_anniversary(policy: ProrationPolicy) -> ProrationPolicy:
    """Return the policy for periods whose anchor is known: where they start is settled."""
    return replace(policy, anchor=Anchor.ANNIVERSARY, day=None, month=None)


def settled_policy(stored: Mapping[str, Any]) -> ProrationPolicy:
    """Read the stored policy of something whose anchor is known."""
    return by_anniversary(ProrationPolicy.from_json(stored))
