"""When a product may be sold."""

from datetime import date, timedelta

from q2c.kernel.errors import Refused


def check_on_sale(
    name: str, *, is_active: bool, starts_on: date | None, ends_on: date | None, on: date
) -> None:
    """Refuse a product that is not sold on a day; `ends_on` is the first day it no longer is."""
    if not is_active:
        raise Refused(f"{name} is no longer sold. Choose another product.", field="product")
    if starts_on and on < starts_on:
        raise Refused(
            f"{name} is sold from {starts_on:%d %b %Y} on, not yet on {on:%d %b %Y}. "
            "Start later or choose another product.",
            field="product",
        )
    if ends_on and on >= ends_on:
        last = ends_on - timedelta(days=1)
        raise Refused(
            f"{name} has expired: it was sold until {last:%d %b %Y}, not on {on:%d %b %Y}. "
            "Choose another product.",
            field="product",
        )
