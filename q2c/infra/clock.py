"""Business dates belong to a time zone; only doors read the clock and ask here for the day."""

from datetime import date, datetime
from zoneinfo import ZoneInfo


def day_in(time_zone: str, at: datetime) -> date:
    """Return the calendar day of an instant in a legal entity's time zone."""
    return at.astimezone(ZoneInfo(time_zone)).date()
