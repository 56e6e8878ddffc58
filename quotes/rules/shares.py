"""What a percentage is taken of: the other lines of a quote or of a bundle."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from q2c.kernel.money import Money
from q2c.kernel.percent import Of
from q2c.kernel.periods import Period
from q2c.kernel.proration import WEEKS_A_YEAR
from q2c.kernel.rating import ChargeKind
from quotes.rules.priced import PricedLine
from quotes.rules.terms import LineTerms, QuoteTerms, charged_days

_Beat = tuple[ChargeKind, int, int]


@dataclass(frozen=True, slots=True)
class _Share:
    """What a line brings to the base of a percentage: its days, its amounts, for how many months.

    `of_ramp` is the part that its billing periods are of those of its ramp, 1 without one.
    """

    during: Period
    net: Decimal
    listed: Decimal
    months: Fraction
    of_ramp: Fraction


class Bases:
    """What the lines that are no percentage cost, for those that are taken of them."""

    def __init__(
        self, lines: Sequence[LineTerms], priced: Sequence[PricedLine | None], terms: QuoteTerms
    ) -> None:
        self._terms = terms
        # By how often charged (0: however often), bundle (None: whole quote) and product (None: all).
        self._shares: dict[tuple[_Beat, int | None, int | None], list[_Share]] = defaultdict(list)
        self._ramps: dict[int, Period] = {}
        for line, price in zip(lines, priced, strict=True):
            if price and line.ramp is not None and line.charge_kind is ChargeKind.RECURRING:
                days = charged_days(line, terms)
                known = self._ramps.get(line.ramp, days)
                self._ramps[line.ramp] = Period(
                    min(known.start, days.start), max(known.end, days.end)
                )
        for line, price in zip(lines, priced, strict=True):
            if price and line.is_counted and price.list_per_period:
                self._add(line, price)

    def of(self, line: LineTerms) -> Decimal:
        """Return what a percentage is taken of; of a ramp the average over its periods.

        What recurs counts for as long as the price of the percentage is. Segments weigh by the
        billing periods that they share with the line, as they are billed by; what was weighed is an
        amount, rounded half up.
        """
        limits, base, is_weighed = line.limits, Fraction(0), False
        for product in limits.products or (None,):
            for share in self._shares.get((_taken_of(line), line.bundle, product), ()):
                part = self._part(line, share)
                is_weighed = is_weighed or part not in (0, 1)
                base += Fraction(share.listed if limits.of_list else share.net) * part
        exact = Decimal(base.numerator) / base.denominator
        return Money.rounded(exact, self._terms.currency).amount if is_weighed else exact

    def _part(self, line: LineTerms, share: _Share) -> Fraction:
        """Return how often the amount of a line counts in what a percentage is taken of."""
        if ChargeKind.ONE_TIME in (line.charge_kind, _taken_of(line)[0]):
            return share.of_ramp
        days = charged_days(line, self._terms)
        shared = share.during.overlap(days)
        if shared is None:
            return Fraction(0)
        times = _months(line) / share.months
        if shared == days:
            return times
        return times * self._terms.billing(line).share(shared, of=days)

    def _add(self, line: LineTerms, price: PricedLine) -> None:
        days = charged_days(line, self._terms)
        net, listed = price.net_per_period.amount, price.list_per_period.amount
        of_ramp = Fraction(1)
        ramp = days if line.ramp is None else self._ramps.get(line.ramp, days)
        if line.charge_kind is ChargeKind.RECURRING and ramp != days:
            of_ramp = self._terms.billing(line).share(days, of=ramp)
        share = _Share(days, net, listed, _months(line), of_ramp)
        for beat in {_beat_of(line), (line.charge_kind, 0, 0)}:
            for bundle in {None, line.bundle}:
                for product in (None, line.product_id):
                    self._shares[beat, bundle, product].append(share)


def _taken_of(line: LineTerms) -> _Beat:
    """Return what a percentage is taken of, by how often it is charged."""
    charges = line.limits.charges
    return _beat_of(line) if charges is Of.ALIKE else (ChargeKind(charges.value), 0, 0)


def _beat_of(line: LineTerms) -> _Beat:
    return line.charge_kind, line.months, line.weeks


def _months(line: LineTerms) -> Fraction:
    """Return for how many months a price is; a week is 12/52 of one."""
    if line.weeks and not line.price_months:
        return Fraction(12 * line.weeks, WEEKS_A_YEAR)
    return Fraction(line.price_months or line.months or 1)
