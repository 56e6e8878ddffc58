"""The proration receipt: how a stretch of time was counted, to store on a line and to read."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from q2c.kernel.money import Money, minor_digits, round_amount
from q2c.kernel.periods import Cadence, Period
from q2c.kernel.proration_policy import ProrationPolicy
from q2c.kernel.rating import plain

_RESIDUAL = Decimal(1).scaleb(-9)


class PartKind(StrEnum):
    """Why a part counts what it counts."""

    WHOLE = "whole"
    DAYS = "days"
    ROUNDED_UP = "rounded_up"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True)
class Part:
    """Days that were counted together: `numerator` of `denominator` of one unit.

    The denominator is a number of days (a month of 365/12, too), or 1 for whole units.
    """

    kind: PartKind
    numerator: int
    denominator: Fraction
    period: Period

    @property
    def count(self) -> Fraction:
        return self.numerator / self.denominator


@dataclass(frozen=True, slots=True)
class Receipt:
    """How the days of `period` came to `amount` at `price` for each `every`.

    `parts` less `less` are the units counted, and the price is for `per` of them: 12 when a yearly
    price counts months, 1/3 when a monthly one counts quarters. `less` is empty unless the policy counts a slice by running totals only.
    """

    price: Decimal
    amount: Money
    every: Cadence
    policy: ProrationPolicy
    anchor: date
    period: Period
    parts: tuple[Part, ...]
    less: tuple[Part, ...]
    per: Fraction

    @property
    def count(self) -> Fraction:
        counted = sum((part.count for part in self.parts), Fraction(0))
        return (counted - sum((part.count for part in self.less), Fraction(0))) / self.per

    @property
    def residual(self) -> Decimal:
        """What rounding added to the exact amount (taken from it, if negative), to nine places."""
        return (self.amount.amount - self._exact()).quantize(_RESIDUAL)

    def words(self) -> str:
        """Tell the sum: how many of what, times the price, makes the amount.

        An amount that evens out the roundings of other slices of its term says by how much.
        """
        counted = self._joined(self.parts)
        if self.less:
            counted = f"{counted} less {self._joined(self.less)}"
        if self.per != 1 and self.policy.unit(self.every).months == 1:
            is_whole = [part.kind for part in self.parts + self.less] == [PartKind.WHOLE]
            counted = f"{counted if is_whole else f'({counted})'} of {self.per} months"
        elif len(self.parts) + len(self.less) > 1:
            counted = f"({counted})"
        if self.per != 1 and self.policy.unit(self.every).months != 1:
            counted = f"{counted} × {1 / self.per}"
        amount, currency = self.amount.amount, self.amount.currency
        off = amount - round_amount(self._exact(), currency)
        evened = f", with {_figure(off, currency, '+')} to even out rounding" if off else ""
        price = _figure(self.price, currency)
        return f"{counted} × {price} = {_figure(amount, currency)}{evened}"

    def to_json(self) -> dict[str, Any]:
        """Return plain values to store beside the amount; dates are half-open."""
        return {
            "price": str(self.price),
            "amount": str(self.amount.amount),
            "currency": self.amount.currency,
            "months": self.every.months,
            "weeks": self.every.weeks,
            "policy": self.policy.to_json(),
            "anchor": self.anchor.isoformat(),
            "start": self.period.start.isoformat(),
            "end": self.period.end.isoformat(),
            "parts": [_plain(part) for part in self.parts],
            "less": [_plain(part) for part in self.less],
            "per": int(self.per) if self.per.denominator == 1 else str(self.per),
            "count": str(self.count),
            "residual": str(self.residual),
            "words": self.words(),
        }

    def _exact(self) -> Decimal:
        exact = Fraction(self.price) * self.count
        return Decimal(exact.numerator) / exact.denominator

    def _joined(self, parts: tuple[Part, ...]) -> str:
        return " + ".join(self._part(part) for part in parts)

    def _part(self, part: Part) -> str:
        match part.kind:
            case PartKind.WHOLE:
                return self._units(part.numerator)
            case PartKind.DAYS:
                days = round(Decimal(part.denominator.numerator) / part.denominator.denominator, 2)
                return f"{part.numerator} of {plain(days)} days"
            case PartKind.ROUNDED_UP:
                return f"{self._units(1)} begun"
            case PartKind.LEFT_OUT:
                return f"nothing for {part.period.days} days"

    def _units(self, number: int) -> str:
        unit = self.policy.unit(self.every)
        name = {1: "month", 3: "quarter", 12: "year"}.get(unit.months, "period")
        if unit.weeks == 1:
            name = "week"
        return f"{number} {name}" if number == 1 else f"{number} {name}s"


def _plain(part: Part) -> dict[str, Any]:
    return {
        "kind": part.kind.value,
        "numerator": part.numerator,
        "denominator": str(part.denominator),
        "start": part.period.start.isoformat(),
        "end": part.period.end.isoformat(),
    }


def _figure(amount: Decimal, currency: str, sign: str = "") -> str:
    places = max(minor_digits(currency), -int(amount.normalize().as_tuple().exponent))
    return f"{amount:{sign},.{places}f}"
