"""Money is an exact amount in a currency's minor unit; a Rate is a price per unit of anything."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Self

from babel.core import get_global
from babel.numbers import get_currency_precision

from q2c.kernel.errors import Refused


@cache
def minor_digits(currency: str) -> int:
    """Return how many decimals amounts in `currency` carry: JPY 0, EUR 2, KWD 3 (CLDR)."""
    if currency not in get_global("all_currencies"):
        raise Refused(f"“{currency}” is not a currency code such as EUR or USD.", field="currency")
    return get_currency_precision(currency)


@cache
def _quantum(currency: str) -> Decimal:
    return Decimal(1).scaleb(-minor_digits(currency))


@cache
def _nothing(currency: str) -> Decimal:
    return Decimal(0).quantize(_quantum(currency))


def round_amount(amount: Decimal, currency: str) -> Decimal:
    """Round half up (away from zero on ties, also for negatives) to the minor unit."""
    return amount.quantize(_quantum(currency), rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An exact amount; building one that is finer than the minor unit is a bug, not a rounding."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError(f"Money takes a Decimal, not {type(self.amount).__name__}")
        exact = round_amount(self.amount, self.currency)
        if exact != self.amount:
            raise ValueError(f"{self.amount} is finer than the minor unit of {self.currency}")
        object.__setattr__(self, "amount", exact)

    @classmethod
    def rounded(cls, amount: Decimal, currency: str) -> Self:
        """Round `amount` half up to the minor unit of `currency`."""
        return cls._exact(round_amount(amount, currency), currency)

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls._exact(_nothing(currency), currency)

    @classmethod
    def _exact(cls, amount: Decimal, currency: str) -> Self:
        """Build from an amount known to be whole minor units, at a quarter of the time."""
        money = object.__new__(cls)
        _set_amount(money, amount)
        _set_currency(money, currency)
        return money

    @classmethod
    def from_minor(cls, units: int, currency: str) -> Self:
        """Read a whole number of minor units: 1999 EUR is 19.99."""
        return cls(Decimal(units).scaleb(-minor_digits(currency)), currency)

    @property
    def minor_units(self) -> int:
        return int(self.amount.scaleb(minor_digits(self.currency)))

    def __add__(self, other: Self) -> "Money":
        return Money._exact(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Self) -> "Money":
        return Money._exact(self.amount - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money._exact(-self.amount, self.currency)

    def __bool__(self) -> bool:
        return bool(self.amount)

    def __lt__(self, other: Self) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Self) -> bool:
        return self.amount <= self._same(other)

    def __gt__(self, other: Self) -> bool:
        return self.amount > self._same(other)

    def __ge__(self, other: Self) -> bool:
        return self.amount >= self._same(other)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def times(self, share: Decimal) -> "Money":
        """Return the share of this amount, rounded half up; 0.19 is 19 per cent."""
        return Money.rounded(self.amount * share, self.currency)

    def allocate(self, weights: Sequence[Decimal | int]) -> list["Money"]:
        """Split by largest remainder, so the parts always sum to the whole.

        Ties go to the earlier weight. Refuses weights that are negative or all zero.
        """
        total = sum(map(Decimal, weights), Decimal(0))
        if total <= 0 or any(weight < 0 for weight in weights):
            raise ValueError("weights must not be negative and must not all be zero")
        units = self.minor_units
        sign = -1 if units < 0 else 1
        exact = [abs(units) * Decimal(weight) / total for weight in weights]
        shares = [int(part) for part in exact]
        by_remainder = sorted(range(len(exact)), key=lambda i: (shares[i] - exact[i], i))
        for i in by_remainder[: abs(units) - sum(shares)]:
            shares[i] += 1
        return [Money.from_minor(sign * share, self.currency) for share in shares]

    def _same(self, other: "Money") -> Decimal:
        if other.currency != self.currency:
            raise Refused(f"{self.currency} and {other.currency} cannot be mixed in one amount.")
        return other.amount


# A frozen class's own way to its slots, without the look-up of `object.__setattr__`.
_set_amount = Money.__dict__["amount"].__set__
_set_currency = Money.__dict__["currency"].__set__


def total(amounts: Iterable[Money], currency: str) -> Money:
    """Add up amounts of one currency; the sum of none is zero."""
    return sum(amounts, Money.zero(currency))


@dataclass(frozen=True, slots=True)
class Rate:
    """A price per unit, up to eight decimals: it becomes Money only once multiplied."""

    amount: Decimal
    currency: str

    def times(self, quantity: Decimal) -> Money:
        """Price `quantity` units, rounded half up to the minor unit."""
        return Money.rounded(self.amount * quantity, self.currency)
