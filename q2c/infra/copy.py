"""COPY rows into a table: the one fast way in, for billing runs, recognition and imports."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from typing import Any

from django.db import connection

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write rows with COPY in the current transaction; returns how many.

    Values may be None, str, int, bool, Decimal, date, datetime. Constraints and triggers hold as
    they do for INSERT.
    """
    buffer = StringIO()
    count = 0
    for row in rows:
        buffer.write("\t".join([_text(value) for value in row]))
        buffer.write("\n")
        count += 1
    if count:
        buffer.seek(0)
        quoted = ", ".join(f'"{column}"' for column in columns)
        # Django wraps execute() alone; a refused row must be its DatabaseError here too.
        with connection.cursor() as cursor, connection.wrap_database_errors:
            cursor.copy_expert(f'COPY "{table}" ({quoted}) FROM STDIN', buffer)
    return count


def take_ids(table: str, count: int, *, column: str = "id") -> range | list[int]:
    """Reserve `count` ids of a table's identity sequence, for rows that point at each other."""
    if count == 0:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [table, column, count],
        )
        return [row[0] for row in cursor.fetchall()]


_WRITERS: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "\\N",
    str: lambda value: value.translate(_ESCAPES),
    bool: lambda value: "t" if value else "f",
    int: str,
    Decimal: str,
    date: date.isoformat,
    datetime: datetime.isoformat,
}


def _text(value: object) -> str:
    writer = _WRITERS.get(type(value)) or _writer_of_base(type(value))
    return writer(value)


def _writer_of_base(kind: type) -> Callable[[Any], str]:
    for base in kind.__mro__[1:]:
        if base in _WRITERS:
            return _WRITERS[base]  # a StrEnum is written as its text
    raise TypeError(f"COPY does not take {kind.__name__}")
