"""What approval policies look at: the measured values of one quote."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from quotes.rules.limits import Below

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class LineFacts:
    """A line that counts. `discount_percent` is all that is taken off, one after the other.

    `own_percent` is the part that stands on the line itself; `is_agreed` says that a price was
    agreed in place of the list price; `below` are the limits that it lies below.
    """

    label: str
    product_id: int | None
    quantity: Decimal
    discount_percent: Decimal = Decimal(0)
    own_percent: Decimal = Decimal(0)
    is_agreed: bool = False
    category: str = ""
    below: tuple[Below, ...] = ()


@dataclass(frozen=True, slots=True)
class QuoteFacts:
    """A quote as policies see it. Amounts are in its currency; usage is not in them.

    `cost_total` is None when the cost of some line is not known. `own_text` is what was written
    for this customer alone, `ramp` the segments word for word; each empty when there is none.
    """

    currency: str
    lines: tuple[LineFacts, ...] = ()
    contract_total: Decimal = Decimal(0)
    monthly_total: Decimal = Decimal(0)
    list_total: Decimal = Decimal(0)
    cost_total: Decimal | None = Decimal(0)
    header_percent: Decimal = Decimal(0)
    term_months: int = 12
    payment_terms_days: int = 30
    own_text: str = ""
    ramp: str = ""
    free_months: int = 0
    segment: str = ""

    @property
    def discount_percent(self) -> Decimal | None:
        """What the quote takes off its list total, in per cent to two decimals, half up."""
        return percent(self.list_total - self.contract_total, self.list_total)

    @property
    def margin_percent(self) -> Decimal | None:
        """The margin in per cent of the contract total; None without a total or a known cost."""
        if self.cost_total is None:
            return None
        return percent(self.contract_total - self.cost_total, self.contract_total)

    @property
    def deepest(self) -> LineFacts | None:
        """The line with the deepest discount, the first of equals."""
        return max(self.lines, key=lambda line: line.discount_percent, default=None)


def percent(part: Decimal, whole: Decimal) -> Decimal | None:
    """Return a part in per cent of the whole, to two decimals, half up; None of nothing."""
    if not whole:
        return None
    return (part * HUNDRED / whole).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def quantity_of(lines: Sequence[LineFacts]) -> Decimal:
    return sum((line.quantity for line in lines), Decimal(0))
