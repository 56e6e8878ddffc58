"""Periods are half-open: [start, end). Steps are counted from the anchor, so they never drift."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from q2c.kernel.errors import Refused


def months_after(anchor: date, months: int) -> date:
    """Return the day `months` after the anchor: 31 January + 1 is the last day of February.

    Counted from the anchor each time, so 31 January + 2 is 31 March again.
    """
    index = anchor.year * 12 + anchor.month - 1 + months
    year, month = divmod(index, 12)
    if not 1 <= year <= 9999:
        raise Refused("That date lies outside the calendar (years 1 to 9999).")
    return date(year, month + 1, min(anchor.day, monthrange(year, month + 1)[1]))


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


def step(anchor: date, *, months: int, weeks: int = 0, number: int) -> Period:
    """Return the period `number` (0 first) of `months` months, or `weeks` weeks, from the anchor."""
    if weeks:
        start = anchor + timedelta(weeks=weeks * number)
        return Period(start, start + timedelta(weeks=weeks))
    return Period(
        months_after(anchor, months * number), months_after(anchor, months * (number + 1))
    )


def step_containing(anchor: date, day: date, *, months: int, weeks: int = 0) -> int:
    """Return the number of the step that holds `day`; refuses days before the anchor."""
    if day < anchor:
        raise Refused(f"{day} lies before the start, {anchor}.")
    if weeks:
        return (day - anchor).days // (7 * weeks)
    number = ((day.year - anchor.year) * 12 + day.month - anchor.month) // months
    while months_after(anchor, months * (number + 1)) <= day:
        number += 1
    while months_after(anchor, months * number) > day:
        number -= 1
    return number


def steps(anchor: date, *, months: int, until: date) -> Iterator[Period]:
    """Tile from the anchor with whole periods while they start before `until`."""
    number = 0
    while (period := step(anchor, months=months, number=number)).start < until:
        yield period
        number += 1


def month_of(day: date) -> Period:
    """Return the calendar month that holds `day`."""
    start = day.replace(day=1)
    return Period(start, months_after(start, 1))
