"""Whether a contract can be amended, and until when it runs."""

from datetime import date, timedelta

from q2c.kernel.errors import Refused
from q2c.kernel.periods import months_after


def term_end_on(
    starts_on: date, ends_on: date, *, term_months: int, auto_renew: bool, on: date
) -> date:
    """Return the end of the term that holds a day: one that renews by itself goes on by terms."""
    terms = 1
    end = ends_on
    while auto_renew and end <= on:
        end = months_after(ends_on, term_months * terms)
        terms += 1
    return end


def check_day(on: date, *, starts_on: date, ends_on: date) -> None:
    """Refuse a day on which the contract does not run."""
    if not starts_on <= on < ends_on:
        raise Refused(
            f"Choose a day from {starts_on:%d %b %Y} to {ends_on - timedelta(days=1):%d %b %Y}, "
            "while the contract runs.",
            field="on",
        )
