"""When to remind of a contract's end."""

from collections.abc import Collection
from datetime import date, timedelta

STAGES = (90, 60, 30)  # days before the end; the first also drafts the renewal quote


def stage_due(ends_on: date, *, on: date, sent: Collection[int]) -> int | None:
    """Return the reminder to send today, or None.

    After a silence (beat was down) only the latest stage that fell due is sent, not all of them.
    Nothing is sent once the contract has ended.
    """
    left = (ends_on - on).days
    if left <= 0:
        return None
    due = [stage for stage in STAGES if left <= stage]
    return due[-1] if due and due[-1] not in sent else None


def notice_by(ends_on: date, notice_days: int) -> date:
    """Return the last day on which notice ends the contract at its term."""
    return ends_on - timedelta(days=notice_days + 1)
