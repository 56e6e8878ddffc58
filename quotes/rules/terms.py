"""What a quote and its lines are priced from."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Protocol, Self

from q2c.kernel.billing_time import Billing
from q2c.kernel.errors import Refused
from q2c.kernel.percent import NO_LIMITS, Limits
from q2c.kernel.periods import Cadence, Period, months_after
from q2c.kernel.proration import term_end
from q2c.kernel.proration_policy import STANDARD, ProrationPolicy
from q2c.kernel.rating import ChargeKind, ChargeModel, Tier

HUNDRED = Decimal(100)


class Recurring(Protocol):
    """How often something is charged, and for how long its price is (0: a billing period)."""

    @property
    def months(self) -> int: ...
    @property
    def weeks(self) -> int: ...
    @property
    def price_months(self) -> int: ...


@dataclass(frozen=True, slots=True)
class LineTerms:
    """What a line's price is made from. Amounts are in the quote's currency.

    `list_unit_price` is per unit and billing period, or for `price_months` (signed for a negotiated adjustment; of a
    percentage the per cent), discounts are per cent, `unit_cost` is for as long as the price (None:
    not known in this currency).
    `agreed_unit_price` stands in its place once somebody agreed it. The line is charged for the
    days [starts_on, ends_on), which default to the quote's; the billing period is of `months` or of
    `weeks`. What is not counted (an option not taken) is priced, but in no total.
    """

    label: str
    kind: str
    charge_kind: ChargeKind
    months: int
    in_advance: bool
    charge_model: ChargeModel
    quantity: Decimal
    list_unit_price: Decimal
    weeks: int = 0
    price_months: int = 0  # what the price is for; 0: the billing period
    starts_on: date | None = None
    ends_on: date | None = None
    agreed_unit_price: Decimal | None = None
    is_contract_price: bool = False  # of a contract, or free by list: price rules leave it alone
    is_counted: bool = True
    tiers: tuple[Tier, ...] = ()
    discount_percent: Decimal = Decimal(0)
    unit_cost: Decimal | None = Decimal(0)
    bundle_discount_percent: Decimal = Decimal(0)  # in the list price already
    is_adjustment: bool = False
    product_id: int = 0
    bundle: int | None = None  # options of one bundle share it
    limits: Limits = NO_LIMITS  # of a percentage
    floor_unit_price: Decimal | None = None
    min_margin_percent: Decimal | None = None  # of its product
    ramp: int | None = None  # segments of one ramp share it

    @classmethod
    def text(cls, label: str, kind: str) -> Self:
        """Return a section or a note, which costs nothing."""
        return cls(
            label=label,
            kind=kind,
            charge_kind=ChargeKind.ONE_TIME,
            months=0,
            in_advance=True,
            charge_model=ChargeModel.FLAT,
            quantity=Decimal(0),
            list_unit_price=Decimal(0),
        )


@dataclass(frozen=True, slots=True)
class QuoteTerms:
    """What the whole quote adds to its lines.

    An amendment `ends_on` with what it amends. Billing periods are counted from `anchor_on`, parts
    of them are priced by the policy.
    """

    currency: str
    starts_on: date
    term_months: int
    discount_percent: Decimal = Decimal(0)
    ends_on: date | None = None
    anchor_on: date | None = None
    policy: ProrationPolicy = STANDARD

    def billing(self, line: Recurring) -> Billing:
        """Return how a line that recurs is billed."""
        anchor = self.anchor_on or self.starts_on
        return Billing(Cadence(line.months, line.weeks), anchor, self.policy, line.price_months)

    @property
    def term(self) -> Period:
        """The days that the quote covers."""
        return _term(self.starts_on, self.term_months, self.ends_on)


@lru_cache(maxsize=256)  # every line of a quote asks for it
def _term(starts_on: date, months: int, ends_on: date | None) -> Period:
    return Period(starts_on, ends_on or term_end(starts_on, months=months))


def moved(day: date, old: date, new: date) -> date:
    """Return where a day goes when the quote starts on another: whole months stay whole months."""
    months = (day.year - old.year) * 12 + day.month - old.month
    if months >= 0 and months_after(old, months) == day:
        return months_after(new, months)
    return day + (new - old)


def check_terms(terms: QuoteTerms) -> None:
    """Refuse a term or discount that no quote may have."""
    if not 1 <= terms.term_months <= 120:
        raise Refused("The term must be between 1 and 120 months.", field="term_months")
    check_percent(terms.discount_percent)


def check_percent(percent: Decimal) -> None:
    """Refuse a discount that is none."""
    if not 0 <= percent <= HUNDRED:
        raise Refused("A discount must lie between 0 and 100 per cent.", field="discount_percent")


def charged_days(line: LineTerms, terms: QuoteTerms) -> Period:
    """Return the days that a line is charged for; refuses days outside the quote's."""
    term = terms.term
    if line.starts_on is None and line.ends_on is None:
        return term
    start, end = line.starts_on or term.start, line.ends_on or term.end
    if not term.start <= start < end <= term.end:
        last = end - timedelta(days=1)
        raise Refused(
            f"“{line.label}” runs from {start:%d %b %Y} to {last:%d %b %Y}, outside the quote's "
            f"{term.start:%d %b %Y} to {term.last_day:%d %b %Y}.",
            field="starts_on",
        )
    return Period(start, end)
