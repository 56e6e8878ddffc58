"""Numbers as people write them: with a point or a comma, with or without groups of thousands."""

import re
from decimal import Decimal

from q2c.kernel.errors import Refused

_MARKS = re.compile(r"[-+]?(?:\d[\d.,]*|[.,]\d+)", re.ASCII)
_GROUPED = re.compile(r"[-+]?[1-9]\d{0,2}(?:[.,]\d{3})+", re.ASCII)


def read_number(text: str, *, grouping: str = ",") -> Decimal:
    """Read a typed or pasted number; `grouping` is the mark between thousands where it is read.

    Of two marks the last is the decimal one, and a mark that comes twice groups. One comma before
    three digits groups where commas group: a price list says 1,000 for a thousand. One point
    before three digits, where points group, may mean either and is refused, as 1.125 is also how
    fields write their numbers everywhere.
    """
    digits = re.sub(r"[\s'’]", "", text).replace("−", "-")
    if not _MARKS.fullmatch(digits):
        raise _no_number(text)
    marks = [mark for mark in digits if mark in ".,"]
    if len(set(marks)) == 2:
        whole, decimal, part = digits.rpartition(marks[-1])
        if decimal in whole:
            raise _no_number(text)
        return Decimal(f"{_without_groups(whole, text)}.{part}")
    if len(marks) > 1:
        return Decimal(_without_groups(digits, text))
    if _GROUPED.fullmatch(digits) and marks[0] == grouping:
        whole, _, part = digits.partition(grouping)
        if grouping == ".":
            raise Refused(f"“{text}” may mean {whole}{part} or {whole},{part}; write one of them")
        return Decimal(whole + part)
    return Decimal(digits.replace(",", "."))


def _without_groups(digits: str, text: str) -> str:
    if not _GROUPED.fullmatch(digits):
        raise _no_number(text)
    return re.sub(r"[.,]", "", digits)


def _no_number(text: str) -> Refused:
    return Refused(f"“{text}” is not a number")
