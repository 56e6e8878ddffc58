"""Lists by keyset: a cursor says after which row to go on, so pages neither skip nor repeat."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.core import signing
from django.db.models import Model, Q, QuerySet
from rest_framework.request import Request

from q2c.api.problems import BadParameter

DEFAULT, MOST = 50, 200


def page(
    rows: QuerySet[Any], request: Request, *, order: Sequence[str], name: str
) -> tuple[list[Any], str | None]:
    """Return a page of rows and the cursor of the next one, if any.

    `order` ends in a unique column, all ascending or all descending; `name` keeps the cursors of
    one list out of another.
    """
    limit, salt = _limit(request), f"q2c.api.{name}"
    columns = [column.lstrip("-") for column in order]
    if cursor := request.query_params.get("cursor"):
        values = _read(cursor, salt, count=len(columns))
        rows = rows.filter(_beyond(columns, values, "lt" if order[0][0] == "-" else "gt"))
    found = list(rows.order_by(*order)[: limit + 1])
    has_more, found = len(found) > limit, found[:limit]
    return found, _write(found[-1], columns, salt) if has_more else None


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(DEFAULT))
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST):
        raise BadParameter("limit", f"limit is a whole number from 1 to {MOST}.")
    return int(text)


def _beyond(columns: Sequence[str], values: Sequence[Any], comparison: str) -> Q:
    condition = Q()
    for index, column in enumerate(columns):
        same = {columns[before]: values[before] for before in range(index)}
        condition |= Q(**same, **{f"{column}__{comparison}": values[index]})
    # Said once more for the first column alone, from which an index can start to read.
    return condition & Q(**{f"{columns[0]}__{comparison}e": values[0]})


def _write(row: Model, columns: Sequence[str], salt: str) -> str:
    values = [getattr(row, column) for column in columns]
    plain = [v.isoformat() if isinstance(v, date | datetime) else v for v in values]
    return signing.dumps(plain, salt=salt, compress=True)


def _read(cursor: str, salt: str, *, count: int) -> list[Any]:
    try:
        values = signing.loads(cursor, salt=salt)
    except signing.BadSignature:
        values = []
    if len(values) != count:
        raise BadParameter("cursor", "Take the cursor from `next_cursor` of this very list.")
    return list(values)
