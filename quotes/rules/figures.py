"""The figures that say what a deal is worth, from its priced totals."""

from dataclasses import dataclass
from typing import Self

from q2c.kernel.money import Money

_YEAR = 12


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """What a quote comes to, net and without usage, in its currency.

    `mrr` is the recurring amount of the busiest month, `arr` twelve times that, `tcv` everything
    over the term, `acv` the recurring part of an average year (of a shorter term all of it).
    """

    mrr: Money
    arr: Money
    tcv: Money
    acv: Money
    one_time: Money

    @classmethod
    def of(cls, *, monthly: Money, contract: Money, one_time: Money, term_months: int) -> Self:
        """Return the figures of a term of whole months; `acv` is rounded half up."""
        recurring = contract - one_time
        years = max(term_months, _YEAR)
        return cls(
            mrr=monthly,
            arr=Money(monthly.amount * _YEAR, monthly.currency),
            tcv=contract,
            acv=Money.rounded(recurring.amount * _YEAR / years, contract.currency),
            one_time=one_time,
        )
