"""What a renewal charges: the same price, today's list price, or an uplift; of which segment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from q2c.kernel.errors import Refused

HUNDRED = Decimal(100)


class RenewalMethod(StrEnum):
    """Where the prices of a renewal come from."""

    SAME = "same"
    LIST = "list"
    UPLIFT = "uplift"

    @property
    def label(self) -> str:
        return {"same": "Same prices", "list": "List prices of the day", "uplift": "Uplift"}[self]


class RenewalBasis(StrEnum):
    """Which segment of a ramp an uplift starts from, and for how many years."""

    LAST_SEGMENT = "last_segment"  # its price, and its own years
    FIRST_SEGMENT = "first_segment"  # its price, and the years of the whole ramp
    HIGHEST = "highest"  # the dearer of the two

    @property
    def label(self) -> str:
        return {
            "last_segment": "Last segment and its years",
            "first_segment": "First segment and the years of the whole ramp",
            "highest": "The dearer of the two",
        }[self]


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment of a ramp: its price and its days [starts_on, ends_on)."""

    price: Decimal
    starts_on: date
    ends_on: date


def check_uplift(method: RenewalMethod, percent: Decimal) -> None:
    """Refuse an uplift that is none, and one where none is asked for."""
    if method is RenewalMethod.UPLIFT and not -100 < percent <= 100:
        raise Refused("An uplift lies above −100 and up to 100 per cent.", field="uplift_percent")
    if method is not RenewalMethod.UPLIFT and percent:
        raise Refused("Only the method “uplift” takes a percentage.", field="uplift_percent")


def uplifted(segments: Sequence[Segment], *, percent: Decimal, basis: RenewalBasis) -> Decimal:
    """Return a renewal's unrounded price: `percent` more for every year, not compounded.

    Years begun count whole: an 18-month segment counts two (ServiceNow).
    """
    ordered = sorted(segments, key=lambda segment: segment.starts_on)
    first, last = ordered[0], ordered[-1]
    by_last = last.price * _factor(percent, last.starts_on, last.ends_on)
    by_first = first.price * _factor(percent, first.starts_on, last.ends_on)
    match basis:
        case RenewalBasis.LAST_SEGMENT:
            return by_last
        case RenewalBasis.FIRST_SEGMENT:
            return by_first
        case RenewalBasis.HIGHEST:
            return max(by_last, by_first)


def years_begun(starts_on: date, ends_on: date) -> int:
    """Count the years of some days, each begun one whole."""
    years = ends_on.year - starts_on.year
    is_more = (ends_on.month, ends_on.day) > (starts_on.month, starts_on.day)
    return max(years + is_more, 1)


def _factor(percent: Decimal, starts_on: date, ends_on: date) -> Decimal:
    return 1 + percent * years_begun(starts_on, ends_on) / HUNDRED
