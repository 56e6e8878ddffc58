"""What lists can be narrowed by: `state=in:sent,accepted`, `created[gte]=2026-01-01`."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import QuerySet

from q2c.api.problems import BadParameter

COMPARISONS = ("gte", "gt", "lte", "lt")
_PARAMETER = re.compile(r"(?P<name>[a-z_]+)(\[(?P<comparison>[a-z]+)\])?")
_PAGING = {"limit", "cursor"}


@dataclass(frozen=True)
class Filter:
    """One parameter: the column it looks at, how its text is read, whether ranges make sense."""

    column: str
    read: Callable[[str], Any]
    schema: Mapping[str, Any]
    is_range: bool = False
    narrow: Callable[[QuerySet[Any], Any], QuerySet[Any]] | None = None


def text(column: str) -> Filter:
    """Match a text exactly."""
    return Filter(column, _text, {"type": "string"})


def number(column: str) -> Filter:
    """Match an id."""
    return Filter(column, _whole, {"type": "integer"})


def truth(column: str) -> Filter:
    """Match true or false."""
    return Filter(column, _truth, {"type": "boolean"})


def one_of(column: str, choices: Iterable[str]) -> Filter:
    """Match one word, or several as `in:a,b`."""
    words = sorted(choices)

    def read(value: str) -> list[str]:
        asked = value.removeprefix("in:").split(",") if value.startswith("in:") else [value]
        if unknown := set(asked) - set(words):
            raise ValueError(f"There is no “{min(unknown)}”; choose among {', '.join(words)}.")
        return asked

    words_schema = {"type": "string", "description": f"One of {', '.join(words)}; or in:a,b"}
    return Filter(
        column, read, words_schema, narrow=lambda rows, v: rows.filter(**{f"{column}__in": v})
    )


def days(column: str) -> Filter:
    """Match a date or a range of dates."""
    return Filter(column, _day, {"type": "string", "format": "date"}, is_range=True)


def instants(column: str) -> Filter:
    """Match a range of instants; a bare date is its midnight in UTC."""
    return Filter(column, _instant, {"type": "string", "format": "date-time"}, is_range=True)


def search(narrow: Callable[[QuerySet[Any], str], QuerySet[Any]]) -> Filter:
    """Find by words, as the search box of the page does."""
    return Filter("", _text, {"type": "string"}, narrow=narrow)


def narrowed(
    rows: QuerySet[Any], filters: Mapping[str, Filter], query: Mapping[str, str]
) -> QuerySet[Any]:
    """Keep the rows that the query asks for; an unknown parameter is refused, not ignored."""
    for parameter in query:
        if parameter in _PAGING:
            continue
        match = _PARAMETER.fullmatch(parameter)
        found = filters.get(match["name"]) if match else None
        comparison = match["comparison"] if match else None
        if found is None or (comparison and not found.is_range):
            known = ", ".join(sorted(filters)) or "none"
            raise BadParameter(parameter, f"Unknown parameter. Known: {known}.")
        rows = _narrow(rows, found, comparison, parameter, query[parameter])
    return rows


def _narrow(
    rows: QuerySet[Any], wanted: Filter, comparison: str | None, parameter: str, value: str
) -> QuerySet[Any]:
    if comparison and comparison not in COMPARISONS:
        raise BadParameter(parameter, f"Compare by {', '.join(COMPARISONS)}.")
    try:
        read = wanted.read(value)
    except ValueError as error:
        raise BadParameter(parameter, str(error)) from None
    if wanted.narrow:
        return wanted.narrow(rows, read)
    lookup = f"{wanted.column}__{comparison}" if comparison else wanted.column
    return rows.filter(**{lookup: read})


def _text(value: str) -> str:
    if "\x00" in value:
        raise ValueError("The text holds a character that cannot be searched for.")
    return value


def _whole(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= 18):
        raise ValueError("This is a whole number.")
    return int(value)


def _truth(value: str) -> bool:
    if value not in ("true", "false"):
        raise ValueError("This is true or false.")
    return value == "true"


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("This is a date such as 2026-11-24.") from None


def _instant(value: str) -> datetime:
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("This is an instant such as 2026-11-24T12:00:00Z.") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
