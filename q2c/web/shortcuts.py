"""What views share: page or fragment, keyset pages, toasts, CSV."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.core import signing
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from q2c.kernel.errors import Refused

Row = TypeVar("Row", bound=Model)
Shown = TypeVar("Shown")


def show(
    request: HttpRequest, page: str, fragment: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render the whole page, or only its fragment for an htmx request that is not boosted."""
    htmx = request.htmx  # type: ignore[attr-defined]
    template = fragment if htmx and not htmx.boosted and not htmx.history_restore_request else page
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ("HX-Request", "HX-Boosted"))
    return response


@dataclass(frozen=True)
class Page(Generic[Shown]):
    """Some rows and, where more follow, the cursor after them."""

    rows: list[Shown]
    after: str

    @property
    def has_more(self) -> bool:
        return bool(self.after)


def page_of(
    queryset: QuerySet[Row],
    request: HttpRequest,
    *,
    order: Sequence[str] = ("-created_at", "-id"),
    size: int = 50,
) -> Page[Row]:
    """Return the page that the request's `after` cursor asks for, by keyset.

    `order` must end in a unique column, all ascending or all descending. A forged cursor is refused.
    """
    columns = [name.lstrip("-") for name in order]
    comparison = "lt" if order[0].startswith("-") else "gt"
    cursor = request.GET.get("after", "")
    if cursor:
        queryset = queryset.filter(_beyond(columns, _read_cursor(cursor, order), comparison))
    rows = list(queryset.order_by(*order)[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    after = _write_cursor(rows[-1], order) if more else ""
    return Page(rows, after)


def cursor_of(values: Sequence[object], order: Sequence[str]) -> str:
    """Return a cursor after these values, for lists that `page_of` cannot page."""
    plain = [v.isoformat() if isinstance(v, date | datetime) else str(v) for v in values]
    return signing.dumps(plain, salt=_salt(order), compress=True)


def cursor_in(request: HttpRequest, order: Sequence[str]) -> list[str]:
    """Return the values that the request's `after` goes on from; none on the first page."""
    cursor = request.GET.get("after", "")
    return _read_cursor(cursor, order) if cursor else []


def _beyond(columns: Sequence[str], values: Sequence[Any], comparison: str) -> Q:
    condition = Q()
    for i, column in enumerate(columns):
        same = {columns[j]: values[j] for j in range(i)}
        condition |= Q(**same, **{f"{column}__{comparison}": values[i]})
    # Says nothing new, but lets the index start at the cursor instead of at its top.
    return Q(**{f"{columns[0]}__{comparison}e": values[0]}) & condition


def _value(row: Model, column: str) -> Any:
    value: Any = row
    for part in column.split("__"):
        value = getattr(value, part)
    return value


def _write_cursor(row: Model, order: Sequence[str]) -> str:
    return cursor_of([_value(row, name.lstrip("-")) for name in order], order)


def _read_cursor(cursor: str, order: Sequence[str]) -> list[str]:
    try:
        return list(signing.loads(cursor, salt=_salt(order)))
    except signing.BadSignature:
        raise Refused("That page of the list no longer exists. Start again from the top.") from None


def _salt(order: Sequence[str]) -> str:
    """Return what keeps the cursor of one order out of another: a name is not a date."""
    return f"q2c.page:{','.join(order)}"


def toast(response: HttpResponse, text: str, *, tone: str = "green") -> HttpResponse:
    """Show a short message once the page has swapped."""
    response["HX-Trigger"] = json.dumps({"toast": {"text": text, "tone": tone}})
    return response


class _Echo:
    def write(self, value: str) -> str:
        return value


def csv_response(
    name: str, header: Sequence[str], rows: Iterable[Sequence[object]]
) -> StreamingHttpResponse:
    """Stream rows as a CSV file. Texts that a spreadsheet would run as a formula get a quote."""
    writer = csv.writer(_Echo())

    def lines() -> Iterator[str]:
        yield "\ufeff" + writer.writerow(header)
        for row in rows:
            yield writer.writerow([_cell(value) for value in row])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    text = str(value)
    return (
        f"'{text}"
        if text[:1] in {"=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠"}
        else text
    )
