"""Units of quantities in the reader's language: 1 seat, 40 seats."""

from decimal import Decimal

from django.utils.translation import gettext, ngettext


def _unit(one: str, many: str) -> tuple[str, str]:
    """Mark a unit for the catalogs; they are kept by name and reach a page through `unit_of`."""
    return one, many


UNITS = dict([
    _unit("piece", "pieces"), _unit("seat", "seats"), _unit("site", "sites"),
    _unit("visit", "visits"), _unit("minute", "minutes"), _unit("hour", "hours"),
    _unit("day", "days"), _unit("week", "weeks"), _unit("month", "months"), _unit("year", "years"),
    _unit("user", "users"), _unit("line", "lines"), _unit("contract", "contracts"),
    _unit("GB", "GB"), _unit("adjustment", "adjustments"), _unit("plan", "plans"),
    _unit("device", "devices"), _unit("number", "numbers"), _unit("licence", "licences"),
    _unit("message", "messages"), _unit("call", "calls"), _unit("access", "accesses"),
    _unit("option", "options"), _unit("bundle", "bundles"), _unit("shop", "shops"),
    _unit("order", "orders"), _unit("address", "addresses"), _unit("screen", "screens"),
])  # fmt: skip


def unit_of(quantity: Decimal | None, name: str) -> str:
    """Return a unit as it stands behind a quantity; a unit of one's own stays as it is."""
    if name not in UNITS:
        return gettext(name) if name else ""
    is_whole = quantity is None or quantity == quantity.to_integral_value()
    return ngettext(
        name, UNITS[name], (1 if quantity is None else int(quantity)) if is_whole else 2
    )
