"""Sums and refusals that rules told in English, retold in the reader's language.

Rules know no languages: they tell how an amount came about in phrases made of words and numbers,
and documents keep these. Here the phrases are known, each with its holes, so that what was kept
years ago is retold too. A test holds all that rules tell to this book.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from babel.numbers import format_decimal
from django.utils.translation import get_language, gettext, gettext_noop

from q2c.web.units import unit_of
from q2c.web.writing import written_day

COUNTS = [
    gettext_noop("%(n)s day"), gettext_noop("%(n)s days"),
    gettext_noop("%(n)s week"), gettext_noop("%(n)s weeks"),
    gettext_noop("%(n)s month"), gettext_noop("%(n)s months"),
    gettext_noop("%(n)s quarter"), gettext_noop("%(n)s quarters"),
    gettext_noop("%(n)s year"), gettext_noop("%(n)s years"),
    gettext_noop("%(n)s period"), gettext_noop("%(n)s periods"),
    gettext_noop("%(n)s week begun"), gettext_noop("%(n)s month begun"),
    gettext_noop("%(n)s quarter begun"), gettext_noop("%(n)s year begun"),
    gettext_noop("%(n)s period begun"),
    gettext_noop("%(n)s of %(n2)s days"), gettext_noop("nothing for %(n)s days"),
    gettext_noop("of %(n)s months"), gettext_noop("%(n)s/%(n2)s days"),
    gettext_noop("for %(n)s/%(n2)s days"), gettext_noop("less"),
    gettext_noop("with %(n)s to even out rounding"),
]  # fmt: skip
WAYS = [
    gettext_noop("actual days"), gettext_noop("actual days over 30 a month"),
    gettext_noop("days over 365 a year"), gettext_noop("days over 360 a year"),
    gettext_noop("calendar months, first and last by their own days"),
    gettext_noop("whole months first, then"),
    gettext_noop("every month begun counts whole"), gettext_noop("every period begun counts whole"),
    gettext_noop("only every whole month counts"), gettext_noop("only every whole period counts"),
]  # fmt: skip
PRICES = [
    gettext_noop("flat %(n)s"), gettext_noop("%(n)s %% of %(n2)s"), gettext_noop("at most %(n)s"),
    gettext_noop("at least %(n)s"), gettext_noop("up to %(n)s"), gettext_noop("above %(n)s"),
    gettext_noop("%(n)s free"), gettext_noop("%(n)s package of %(n2)s"),
    gettext_noop("%(n)s packages of %(n2)s"), gettext_noop("%(n)s of %(n2)s committed"),
    gettext_noop("%(n)s of %(n2)s credits"), gettext_noop("%(n)s %% discount"),
    gettext_noop("%(n)s of %(n2)s %(unit)s by prepaid credits"), gettext_noop("fee %(n)s"),
    gettext_noop("negotiated adjustment"), gettext_noop("less %(n)s %(code)s billed before"),
    gettext_noop("%(n)s %(unit)s recorded after %(day)s to %(day2)s was billed"),
    gettext_noop("credits all of line %(n)s, %(number)s"),
    gettext_noop("credits %(n)s of %(n2)s %(code)s of line %(n3)s, %(number)s"),
]  # fmt: skip
SENTENCES = [
    gettext_noop("Exempt from tax."),
    gettext_noop(
        "Reverse charge: VAT to be accounted for by the recipient (Directive 2006/112/EC)."
    ),
    gettext_noop("Export outside the EU: no VAT is charged."),
    gettext_noop("Outside the scope of local tax."),
    gettext_noop("The card cannot be used. Please pay with another one."),
    gettext_noop("The card needs you: confirm the payment or update the card."),
    gettext_noop("The payment did not go through for a technical reason."),
    gettext_noop("The card was declined."),
    gettext_noop("The subscription ends on %(day)s."),
    gettext_noop("%(number)s was cancelled."),
    gettext_noop("Part of %(number)s was given up."),
    gettext_noop(
        "“%(what)s” runs from %(day)s to %(day2)s, outside the quote's %(day3)s to %(day4)s."
    ),
]
_NUMBER = r"[-+−]?\d[\d,]*(?:\.\d+)?"
_HOLES = {
    "n": _NUMBER,
    "day": r"\d\d \w{3} \d{4}",
    "unit": r"[^\W\d][^;·]*?",
    "code": r"[A-Z]{3}",
    "number": r"\S+?",
    "what": r".+?",
}
_DAY = re.compile(rf"\b{_HOLES['day']}\b")
_HOLE = re.compile(r"%\((\w+?)(\d?)\)s")


def told(text: str | Iterable[str]) -> str:
    """Retell in the language in force what rules told in English, a text or the steps of a sum.

    Words that the book does not know stay as they are; numbers and days are written as the reader
    writes them.
    """
    text = text if isinstance(text, str) else _joined(text)
    language = get_language() or "en"
    if language == "en":
        return _days_written(text)
    return _book().sub(lambda found: _say(found, language), text)


def retold(sentence: str) -> str:
    """Retell a sentence that the book knows as a whole; what people wrote stays as it is."""
    language, found = get_language() or "en", _book().fullmatch(sentence)
    if found is None:
        return sentence
    return _days_written(sentence) if language == "en" else _say(found, language)


def _days_written(text: str) -> str:
    """Return an English text with its days as pages write them: 1 Jan 2027, not 01 Jan 2027."""
    return _DAY.sub(lambda found: _filled("day", found[0], "en"), text)


def _joined(steps: Iterable[str]) -> str:
    # What is taken off or counted by days goes on with the sum; the rest stands for itself.
    found = ""
    for step in steps:
        gap = " " if step.startswith(("−", "×")) else " · "
        found = f"{found}{gap}{step}" if found else step
    return found


@lru_cache(maxsize=1)
def _book() -> re.Pattern[str]:
    """Return one pattern of all phrases, the longest first, and of numbers and days alone."""
    phrases = sorted([*COUNTS, *WAYS, *PRICES, *SENTENCES], key=len, reverse=True)
    known = [_pattern(number, phrase) for number, phrase in enumerate(phrases)]
    _PHRASES[:] = phrases
    alone = rf"(?P<day>{_HOLES['day']})|(?P<n>{_NUMBER})"
    return re.compile(rf"(?<![\w.,-])(?:{'|'.join(known)}|{alone})(?![\w-]|[.,]\d)")


_PHRASES: list[str] = []


def _pattern(number: int, phrase: str) -> str:
    parts, last = [], 0
    for hole in _HOLE.finditer(phrase):
        parts.append(re.escape(phrase[last : hole.start()].replace("%%", "%")))
        name = hole[1] + hole[2]
        parts.append(f"(?P<p{number}_{name}>{_HOLES[hole[1]]})")
        last = hole.end()
    parts.append(re.escape(phrase[last:].replace("%%", "%")))
    return f"(?P<p{number}>{''.join(parts)})"


def _say(found: re.Match[str], language: str) -> str:
    given = {name: text for name, text in found.groupdict().items() if text is not None}
    head = next(iter(given))
    if head in ("day", "n"):
        return _filled(head, given[head], language)
    holes = {
        name.removeprefix(f"{head}_"): text
        for name, text in given.items()
        if name.startswith(f"{head}_")
    }
    words = {name: _filled(name.rstrip("234"), text, language) for name, text in holes.items()}
    if "unit" in holes:
        words["unit"] = unit_of(_read(holes.get("n2", holes["n"])), holes["unit"])
    return gettext(_PHRASES[int(head[1:])]) % words


def _filled(kind: str, text: str, language: str) -> str:
    if kind == "n":
        return _number(text, language)
    if kind == "day":
        day = datetime.strptime(text, "%d %b %Y").date()  # noqa: DTZ007  a day has no zone
        return written_day(day, language)
    return text


def _number(text: str, language: str) -> str:
    places = len(text.partition(".")[2])
    pattern = "#,##0" + ("." + "0" * places if places else "")
    sign = "+" if text.startswith("+") else ""
    return sign + format_decimal(_read(text), format=pattern, locale=language)


def _read(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("−", "-"))
