"""How a part of a period is priced, as data: stored on a price, frozen on the line it priced."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Self, TypeVar

from q2c.kernel.errors import Refused
from q2c.kernel.periods import Cadence, Grid


class Basis(StrEnum):
    """What the days of a part are measured against. Whole periods always count 1, but see 365, 360.

    With days_365 and days_360 every day costs the same, so a leap year costs 366/365; with whole
    months first only the days left over do. Prices by the week always use their own days.
    """

    ACTUAL = "actual"  # the days of its own period
    DAYS_30 = "days_30"  # actual days over 30 a month, at most 1
    THIRTY_360 = "thirty_360"  # every month has 30 days, in the numerator too
    DAYS_365 = "days_365"  # actual days over 365 a year
    DAYS_360 = "days_360"  # actual days over 360 a year
    CALENDAR_MONTH = "calendar_month"  # calendar months, the first and last by their own days


class Anchor(StrEnum):
    """Where periods start."""

    ANNIVERSARY = "anniversary"  # on the day of the start
    CALENDAR = "calendar"  # on the 1st, counted from January; weeks on Monday
    DAY_OF_PERIOD = "day_of_period"  # on a chosen day (and month); weeks: 1 is Monday
    END_OF_PERIOD = "end_of_period"  # on the last day of the calendar period; weeks on Sunday


class Partial(StrEnum):
    """What a part of a period (of a month, when whole months come first) costs."""

    PRORATE = "prorate"  # its share
    ROUND_UP = "round_up"  # as much as a whole one
    NONE = "none"  # nothing


class Credit(StrEnum):
    """How the unused rest of a period is credited."""

    CHARGED_FIRST = "charged_first"  # the whole less what the used part costs: always ties out
    REMAINING_SHARE = "remaining_share"  # the rest priced by itself: may miss by a rounding


class MonthEnd(StrEnum):
    """Where an anniversary of the last day of February falls in a leap year."""

    SAME_DAY = "same_day"  # 28 February stays on the 28th
    LAST_OF_FEBRUARY = "last_of_february"  # 28 February moves to the 29th


BASIS_WORDS = {
    Basis.ACTUAL: "actual days",
    Basis.DAYS_30: "actual days over 30 a month",
    Basis.THIRTY_360: "30/360",
    Basis.DAYS_365: "days over 365 a year",
    Basis.DAYS_360: "days over 360 a year",
    Basis.CALENDAR_MONTH: "calendar months, first and last by their own days",
}

_Choice = TypeVar("_Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class ProrationPolicy:
    """How time is priced. The default counts whole months from the start day, then actual days.

    `month_first` counts whole months first in periods longer than a month, then the days of the
    month left over; without it the days of the whole period count. `day` and `month` belong to the anchor day_of_period; without a month, periods
    of several months start in the month of the start day.
    """

    basis: Basis = Basis.ACTUAL
    month_first: bool = True
    anchor: Anchor = Anchor.ANNIVERSARY
    partial: Partial = Partial.PRORATE
    credit: Credit = Credit.CHARGED_FIRST
    month_end: MonthEnd = MonthEnd.SAME_DAY
    day: int | None = None
    month: int | None = None

    def __post_init__(self) -> None:
        if self.anchor is not Anchor.DAY_OF_PERIOD:
            if self.day is not None or self.month is not None:
                raise Refused(
                    "A start day or month is only used when periods start on a chosen day.",
                    field="month" if self.day is None else "day",
                )
            return
        if self.day is None or not 1 <= self.day <= 31:
            raise Refused("Choose the day on which periods start, from 1 to 31.", field="day")
        if self.month is not None and not 1 <= self.month <= 12:
            raise Refused("Choose the month in which periods start, 1 to 12.", field="month")

    def to_json(self) -> dict[str, Any]:
        """Return plain values for storage; `from_json` reads them back."""
        stored: dict[str, Any] = {
            "basis": self.basis.value,
            "month_first": self.month_first,
            "anchor": self.anchor.value,
            "partial": self.partial.value,
            "credit": self.credit.value,
            "month_end": self.month_end.value,
        }
        return stored | {
            name: number
            for name, number in (("day", self.day), ("month", self.month))
            if number is not None
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read a policy from plain values; what is missing is as by default.

        An empty `month_first` (null) is that of documents sealed when the default was by days.
        """
        unknown = sorted(set(stored) - set(cls.__dataclass_fields__))
        if unknown:
            raise Refused(f"A proration policy has no “{unknown[0]}”.", field=unknown[0])
        month_first = stored.get("month_first", True)
        month_first = False if month_first is None else month_first
        if not isinstance(month_first, bool):
            raise Refused("Say true or false for whole months first.", field="month_first")
        return cls(
            basis=_choice(Basis, stored, "basis", Basis.ACTUAL),
            month_first=month_first,
            anchor=_choice(Anchor, stored, "anchor", Anchor.ANNIVERSARY),
            partial=_choice(Partial, stored, "partial", Partial.PRORATE),
            credit=_choice(Credit, stored, "credit", Credit.CHARGED_FIRST),
            month_end=_choice(MonthEnd, stored, "month_end", MonthEnd.SAME_DAY),
            day=_whole(stored, "day"),
            month=_whole(stored, "month"),
        )

    def unit(self, every: Cadence) -> Cadence:
        """Return what is counted: months when they come first, else the period of the price."""
        by_month = self.month_first or self.basis is Basis.CALENDAR_MONTH
        return Cadence(months=1) if every.months and by_month else every

    def is_linear(self, every: Cadence) -> bool:
        """Whether every day costs the same, in whole periods too."""
        return (
            every.months > 0
            and self.basis in (Basis.DAYS_365, Basis.DAYS_360)
            and self.partial is Partial.PRORATE
            and not self.month_first
        )

    def is_even(self, every: Cadence) -> bool:
        """Whether a whole period, laid from its anchor, costs exactly its price."""
        by_calendar = every.months > 0 and self.basis is Basis.CALENDAR_MONTH
        return not by_calendar and not self.is_linear(every)

    def grid(self, unit: Cadence, anchor: date) -> Grid:
        """Lay the periods of `unit` for something that starts on `anchor`."""
        if self.basis is Basis.CALENDAR_MONTH and unit == Cadence(months=1):
            return Grid(anchor.replace(day=1), unit)
        if self.anchor is Anchor.ANNIVERSARY:
            keeps = self.month_end is MonthEnd.LAST_OF_FEBRUARY
            return Grid(anchor, unit, keeps_february_end=keeps)
        if unit.weeks:
            return Grid(_weekday_from(anchor, self._weekday()), unit)
        if self.anchor is Anchor.CALENDAR:
            return Grid(date(anchor.year, 1, 1), unit)
        if self.anchor is Anchor.END_OF_PERIOD:
            return Grid(date(anchor.year, 12, 1), unit, day=31)
        return Grid(date(anchor.year, self.month or anchor.month, 1), unit, day=self.day or 1)

    def words(self) -> str:
        """Name the way of counting, for people: “whole months first, then actual days”."""
        words = BASIS_WORDS[self.basis]
        if self.month_first and self.basis is not Basis.CALENDAR_MONTH:
            words = f"whole months first, then {words}"
        unit = "month" if self.month_first or self.basis is Basis.CALENDAR_MONTH else "period"
        match self.partial:
            case Partial.ROUND_UP:
                return f"every {unit} begun counts whole"
            case Partial.NONE:
                return f"only every whole {unit} counts"
            case Partial.PRORATE:
                return words

    def _weekday(self) -> int:
        if self.anchor is Anchor.DAY_OF_PERIOD:
            if self.day is None or self.day > 7:
                raise Refused(
                    "For a price by the week, choose a day from 1 (Monday) to 7.", field="day"
                )
            return self.day
        return 1 if self.anchor is Anchor.CALENDAR else 7


STANDARD = ProrationPolicy()
BY_DAYS = ProrationPolicy(month_first=False)


def _choice(
    kind: type[_Choice], stored: Mapping[str, Any], field: str, default: _Choice
) -> _Choice:
    try:
        return kind(stored.get(field, default))
    except ValueError:
        raise Refused(
            f"“{stored[field]}” is not a choice here; choose one of: {', '.join(kind)}.",
            field=field,
        ) from None


def _whole(stored: Mapping[str, Any], field: str) -> int | None:
    number = stored.get(field)
    if number is not None and (isinstance(number, bool) or not isinstance(number, int)):
        raise Refused(f"The {field} on which periods start is a whole number.", field=field)
    return number


def _weekday_from(anchor: date, weekday: int) -> date:
    back = (anchor.isoweekday() - weekday) % 7
    ordinal = anchor.toordinal() - back
    return date.fromordinal(ordinal if ordinal > 0 else ordinal + 7)
