"""A price that changes within a paid period: what is given back, and what the rest now costs."""

from dataclasses import dataclass
from datetime import date

from q2c.kernel.errors import Refused
from q2c.kernel.money import Money, Rate
from q2c.kernel.periods import Cadence, Period
from q2c.kernel.proration import Prorated, prorate
from q2c.kernel.proration_policy import STANDARD, Credit, ProrationPolicy


@dataclass(frozen=True, slots=True)
class Change:
    """The unused rest at the old price and at the new one, both as positive amounts."""

    credited: Prorated
    charged: Prorated

    @property
    def credit(self) -> Money:
        return self.credited.amount

    @property
    def charge(self) -> Money:
        return self.charged.amount

    @property
    def net(self) -> Money:
        """What is due on the change; negative when it is owed to the customer."""
        return self.charge - self.credit


def change(
    old_price: Money | Rate,
    new_price: Money | Rate,
    *,
    at: date,
    period: Period,
    every: Cadence,
    policy: ProrationPolicy = STANDARD,
) -> Change:
    """Change the price from the day `at` on, within a `period` that was billed at the old price.

    Both rests are priced alike, so changing to the same price costs nothing. By charged_first
    they are the whole period less its used part: used part and credit always make up the whole.
    """
    return Change(
        unused(old_price, at=at, period=period, every=every, policy=policy),
        unused(new_price, at=at, period=period, every=every, policy=policy),
    )


def unused(
    price: Money | Rate,
    *,
    at: date,
    period: Period,
    every: Cadence,
    policy: ProrationPolicy = STANDARD,
) -> Prorated:
    """Price what is left of a billed period from the day `at` on: the credit of a cancellation."""
    if at not in period:
        raise Refused(
            f"The day must lie in the period {period.start} to {period.last_day}.", field="at"
        )
    rest = Period(at, period.end)
    term = period if policy.credit is Credit.CHARGED_FIRST else None
    return prorate(price, every=every, period=rest, policy=policy, anchor=period.start, term=term)
