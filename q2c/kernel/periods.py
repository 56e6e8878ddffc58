"""Periods are half-open: [start, end). Steps are counted from the anchor, so they never drift."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from q2c.kernel.errors import Refused


def months_after(anchor: date, months: int) -> date:
    """Return the day `months` after the anchor: 31 January + 1 is the last day of February.

    Counted from the anchor each time, so 31 January + 2 is 31 March again.
    """
    return _month_day(anchor, months, anchor.day)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Days from `start` up to, not including, `end`; never empty."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise Refused(f"The period must end after it starts ({self.start} to {self.end}).")

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def last_day(self) -> date:
        """The inclusive end, as paper shows it."""
        return self.end - timedelta(days=1)

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    def overlap(self, other: "Period") -> "Period | None":
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Period(start, end) if start < end else None


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often a price recurs: every so many months, or every so many weeks."""

    months: int = 0
    weeks: int = 0

    def __post_init__(self) -> None:
        if self.months < 0 or self.weeks < 0 or bool(self.months) == bool(self.weeks):
            raise Refused(
                "A price recurs every so many months or every so many weeks: "
                "give one of the two, 1 or more.",
                field="weeks" if self.weeks else "months",
            )


@dataclass(frozen=True, slots=True)
class Grid:
    """Whole periods without end in both directions; number 0 starts at `origin`.

    `day` is the day of the month on which periods start (0: that of the origin); shorter months
    use their last. With `keeps_february_end`, an origin on the last day of February lands on the
    last day of every February, the 29th in leap years.
    """

    origin: date
    every: Cadence
    day: int = 0
    keeps_february_end: bool = False

    def start_of(self, number: int) -> date:
        if self.every.weeks:
            return _weeks_after(self.origin, self.every.weeks * number)
        day = _month_day(self.origin, self.every.months * number, self.day or self.origin.day)
        if self.keeps_february_end and day.month == self.origin.month == 2:
            is_last = (self.origin + timedelta(days=1)).month == 3
            return day.replace(day=monthrange(day.year, 2)[1]) if is_last else day
        return day

    def period(self, number: int) -> Period:
        return Period(self.start_of(number), self.start_of(number + 1))

    def holding(self, day: date) -> int:
        """Return the number of the period that holds `day`."""
        if self.every.weeks:
            return (day - self.origin).days // (7 * self.every.weeks)
        months = (day.year - self.origin.year) * 12 + day.month - self.origin.month
        number = months // self.every.months
        return number if self.start_of(number) <= day else number - 1


def step(anchor: date, *, months: int = 0, weeks: int = 0, number: int) -> Period:
    """Return the period `number` (0 first) of so many months or weeks, counted from the anchor."""
    return _grid(anchor, months, weeks).period(number)


def month_of(day: date) -> Period:
    """Return the calendar month that holds `day`."""
    start = day.replace(day=1)
    return Period(start, months_after(start, 1))


@lru_cache(maxsize=8192)  # bulk runs step from the same days again and again
def _grid(anchor: date, months: int, weeks: int) -> Grid:
    return Grid(anchor, Cadence(months, weeks))


def _month_day(origin: date, months: int, day: int) -> date:
    year, month = divmod(origin.year * 12 + origin.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise Refused("That date lies outside the calendar (years 1 to 9999).")
    return date(year, month + 1, min(day, monthrange(year, month + 1)[1]))


def _weeks_after(origin: date, weeks: int) -> date:
    try:
        return origin + timedelta(weeks=weeks)
    except OverflowError:
        raise Refused("That date lies outside the calendar (years 1 to 9999).") from None
