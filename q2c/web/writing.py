"""How each language writes: days, and the spaces its typesetters put before signs."""

import re
from datetime import date
from functools import cache

from babel import Locale
from babel.dates import format_date

_NARROW, _WIDE = "\u202f", "\u00a0"  # spaces at which no line breaks


@cache  # a long page writes thousands of numbers
def locale_of(language: str) -> Locale:
    """Return the locale that a language's numbers and days are written by; English is British."""
    return Locale.parse({"en": "en_GB"}.get(language, language.replace("-", "_")))


def written_day(value: date, language: str) -> str:
    """Write a day: 23 Nov 2026, 23.11.2026; in French the first of a month is 1er."""
    written = format_date(value, format="medium", locale=locale_of(language))
    return re.sub(r"^1 ", "1er ", written) if language == "fr" else written


def typeset(text: str, language: str) -> str:
    """Return a text with the spaces that must not break made so: before % and French signs.

    French sets a narrow one before ; ! ? and a wide one before : and inside « » (Imprimerie
    nationale, Lexique des règles typographiques). Running it twice changes nothing.
    """
    text = re.sub(r"\s(?=%%|%(?![(\w]))", _WIDE, text)
    if language != "fr":
        return text
    text = re.sub(r"(?<=\S)\s(?=[;!?](?:\s|$))", _NARROW, text)
    text = re.sub(r"(?<=\S)\s(?=:(?:\s|$))", _WIDE, text)
    return re.sub(r"(?<=«)\s|\s(?=»)", _WIDE, text)
