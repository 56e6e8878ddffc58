"""When to remind of an offer that runs out."""

from collections.abc import Collection
from datetime import date

STAGES = (7, 1)  # days before the last valid day


def reminder_due(
    valid_until: date, *, on: date, sent_on: date, told: Collection[int]
) -> int | None:
    """Return the stage to remind of today, or None.

    After a silence only the latest stage is told, and an offer is not reminded of on the day it
    went out.
    """
    left = (valid_until - on).days
    if left < 0 or on <= sent_on:
        return None
    due = [stage for stage in STAGES if left <= stage]
    return due[-1] if due and due[-1] not in told else None
