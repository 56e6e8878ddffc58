"""What price rules see of a line, and what they give it."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from q2c.kernel.discounts import Discount
from q2c.kernel.money import Money
from q2c.kernel.periods import Period
from quotes.rules.conditions import Condition
from quotes.rules.price_rules import PriceRule


@dataclass(frozen=True, slots=True)
class Candidate:
    """A line that rules look at: its price for a billing period and its list total over the term.

    `units` are what a unit price is multiplied with; of usage nothing but unit prices is known.
    """

    product_id: int
    charge_kind: str
    quantity: Decimal
    units: Decimal
    gross: Money
    list_total: Decimal
    cost: Money | None
    days: Period
    floor: Money | None = None
    is_counted: bool = True
    is_usage: bool = False
    may_have_price: bool = True
    is_given: bool = False  # free by somebody's word: measured, not stopped


@dataclass(slots=True)
class Verdict:
    """Why a rule did not apply to a line, and what would make it."""

    rule: PriceRule
    reason: str = ""
    hint: str = ""
    condition: Condition | None = None
    actual: Any = None

    @property
    def words(self) -> str:
        return self.reason or (self.condition.why_not(self.actual) if self.condition else "")


@dataclass(slots=True)
class Plan:
    """The discounts that rules give a line, how far they may go, and what was not given."""

    discounts: list[Discount] = field(default_factory=list)
    floor: Money | None = None
    floor_words: str = ""
    margin_rule: PriceRule | None = None  # one that stops the quote
    kept_margin: PriceRule | None = None  # one that what is given free is measured by
    verdicts: list[Verdict] = field(default_factory=list)
    hints: list[tuple[PriceRule, str]] = field(default_factory=list)
