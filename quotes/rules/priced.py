"""What pricing finds: each line's amounts, and the totals of a quote."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from q2c.kernel.money import Money
from quotes.rules.limits import Below
from quotes.rules.ways import NO_WAY, Way

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line's amounts: for one billing period, for the first invoice, and over the term."""

    list_per_period: Money
    net_per_period: Money
    list_total: Money
    contract_total: Money
    cost_total: Money | None
    first_invoice: Money
    monthly: Money
    one_time: Money
    discount_percent: Decimal
    trace: tuple[str, ...]
    waterfall: Way = NO_WAY
    unit_price: Decimal | None = None  # of usage, when a rule gives another
    below: tuple[Below, ...] = ()  # limits that somebody has to approve

    def way_to_json(self) -> list[dict[str, Any]]:
        """Return the way from list to net as documents store it, with the limits it lies below."""
        way = self.waterfall.to_json(self.list_per_period)
        return [*way, *(below.to_json() for below in self.below)]


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures of a quote. Usage is not in them beyond fees that are due without use too."""

    one_time: Money
    monthly: Money
    first_invoice: Money
    contract: Money
    list: Money
    cost: Money | None  # None: of some line it is not known

    @property
    def margin_percent(self) -> Decimal | None:
        if self.cost is None:
            return None
        return _percent(self.contract.amount - self.cost.amount, self.contract.amount)

    @property
    def discount_percent(self) -> Decimal | None:
        return _percent(self.list.amount - self.contract.amount, self.list.amount)


def _percent(part: Decimal, whole: Decimal) -> Decimal | None:
    if not whole:
        return None
    return (part * _HUNDRED / whole).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
