"""Codes of places, currencies and languages, and how people read them (CLDR)."""

from functools import cache

from babel import Locale
from babel.core import get_global

from q2c.kernel.errors import Refused
from q2c.kernel.money import minor_digits

# CLDR also names groups of countries, outlying parts and placeholders; these are no countries.
_NO_COUNTRIES = frozenset(
    ["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"]
)


@cache
def country_names() -> dict[str, str]:
    """Return ISO 3166 country codes with their English names, by name."""
    names = Locale("en").territories
    countries = {
        code: name
        for code, name in names.items()
        if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES
    }
    return dict(sorted(countries.items(), key=lambda pair: pair[1]))


@cache
def currency_names() -> dict[str, str]:
    """Return ISO 4217 codes of the money in use today with their English names, by code."""
    names = Locale("en").currencies
    in_use = {
        code
        for uses in get_global("territory_currencies").values()
        for code, _start, ended, is_tender in uses
        if is_tender and not ended
    }
    return {code: names.get(code, code) for code in sorted(in_use)}


def checked_country(code: str, *, field: str = "country") -> str:
    """Return the ISO code in capitals; refuses what is no country."""
    country = code.strip().upper()
    if country not in country_names():
        raise Refused(f"“{code}” is not a country code such as DE or US.", field=field)
    return country


def checked_currency(code: str) -> str:
    """Return the ISO code in capitals; refuses what is no money in use today."""
    currency = code.strip().upper()
    minor_digits(currency)
    if currency not in currency_names():
        raise Refused(f"“{currency}” is no money in use, such as EUR or USD.", field="currency")
    return currency
