"""Which dunning letter an overdue invoice gets next."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Level:
    """A letter that goes out so many days after the due date."""

    level: int
    days_overdue: int


def next_letter(
    levels: Sequence[Level], *, due_on: date, on: date, sent: Collection[int]
) -> int | None:
    """Return the level to send on a day, or None.

    A level follows only the one before it, so nobody's first letter is the final notice, and one
    letter goes out a day, however long nobody looked.
    """
    overdue = (on - due_on).days
    for step in sorted(levels, key=lambda level: level.level):
        if step.level not in sent:
            return step.level if overdue >= step.days_overdue else None
    return None
