"""How the editor answers: only what changed, whoever changed it; or with words beside the cell."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from q2c.infra.bus import history
from q2c.kernel.rating import plain
from quotes.actions import moved_bases, price_changes, touched_since
from quotes.models import Quote, QuoteLine
from quotes.queries import to_redo, to_undo
from quotes.views.figures import figures
from quotes.views.grid import choices_of, grid_rows
from quotes.views.staff import quote_of

# What a price or a discount brings along; the row shows it beside the amounts, which come anyway.
_SIGNED = ("negotiated_by_id", "negotiated_at", "price_reason", "change")
_MOVES = {"*", "position", "parent_id", "ramp_of_id"}  # fields that make the grid another one


def editing(quote: Quote, user: Any) -> dict[str, Any]:
    """Return everything that the editor shows of a draft."""
    context = figures(quote)
    rows = grid_rows(quote, context["lines"])
    return {
        **context,
        "rows": rows,
        "sections": [row for row in rows if row.line.kind == "section"],
        "choices": choices_of(context["lines"]),
        "price_changes": price_changes(quote, context["lines"]),
        "moved_bases": moved_bases(quote, context["lines"]),
        "to_undo": to_undo(quote, user),
        "to_redo": to_redo(quote, user),
    }


@dataclass(frozen=True, slots=True)
class Typed:
    """The cell that is being typed into, which an answer leaves as it is, and where its refusal stands."""

    row: str = ""
    name: str = ""
    place: str = ""


def seen_by(request: HttpRequest) -> int | None:
    """Return the edit version that the person's page shows."""
    seen = (request.POST or request.GET).get("seen", "")
    return int(seen) if seen.isdigit() else None


def answer(
    request: HttpRequest, quote_id: int, typed: Typed = Typed(), *, edited: Quote | None = None
) -> HttpResponse:
    """Answer an edit with what changed since the page was shown, by this person or another.

    The rows others changed come anew; of the row that is being typed into only its amounts. The
    quote as an action `edited` it is neither read nor priced again.
    """
    user: Any = request.user
    quote = edited or quote_of(user, quote_id)
    seen = seen_by(request)
    touched = {} if seen is None else touched_since(quote, seen)
    if seen is None or any(fields & _MOVES for fields in touched.values()):
        return _with_terms(grid(request, quote_id, edited=quote), quote, touched, typed)
    context = editing(quote, user)
    own = {typed.name, *_SIGNED}
    anew = {key for key, fields in touched.items() if key != typed.row or fields - own}
    context["anew"] = [row for row in context["rows"] if str(row.line.pk) in anew]
    repriced = _repriced_since(seen, quote)
    context["amounts"] = [
        row
        for row in context["rows"]
        if (pk := str(row.line.pk)) not in anew
        and (repriced is None or row.line.pk in repriced or pk == typed.row)
    ]
    context["cleared"] = typed.place
    response = render(request, "quotes/_changed.html", context)
    return _with_terms(response, quote, touched, typed)


def grid(request: HttpRequest, quote_id: int, *, edited: Quote | None = None) -> HttpResponse:
    """Answer with all lines anew, and with the totals beside them."""
    user: Any = request.user
    context = editing(edited or quote_of(user, quote_id), user)
    response = render(request, "quotes/_grid.html", context)
    response["HX-Retarget"], response["HX-Reswap"] = "#lines", "innerHTML"
    return response


def wrong(request: HttpRequest, place: str, message: str) -> HttpResponse:
    """Answer with the refusal's words beside the input; nothing was saved."""
    context = {"place": place, "message": message}
    return render(request, "quotes/_wrong.html", context, status=422)


def conflict(
    request: HttpRequest, quote: Quote, *, label: str, yours: dict[str, str]
) -> HttpResponse:
    """Answer that somebody else was quicker, with both values and a choice."""
    quote.refresh_from_db()
    name = next(reversed(yours), "")
    line_id = request.resolver_match.kwargs.get("line_id") if request.resolver_match else None
    line = QuoteLine.objects.filter(pk=line_id).first() if line_id else None
    theirs = getattr(line or quote, name, "") if name else ""
    context = {
        "quote": quote,
        "label": label,
        "theirs": "nothing" if theirs is None else theirs,
        "is_number": isinstance(theirs, Decimal),
        "yours": yours.get(name, ""),
        "again": json.dumps({**yours, "mine": "1", "seen": str(seen_by(request) or "")}),
        "url": request.path,
        "last": history("quote", quote.pk).first(),
    }
    return render(request, "quotes/_conflict.html", context, status=409)


def _repriced_since(seen: int, quote: Quote) -> frozenset[int] | None:
    """Return whose prices changed since the page was shown; None when edits before this one count."""
    if quote.edit_version == seen:
        return frozenset()
    is_next = quote.as_left is not None and quote.edit_version == seen + 1
    return quote.as_left.repriced if is_next else None


def _with_terms(
    response: HttpResponse, quote: Quote, touched: dict[str, frozenset[str]], typed: Typed
) -> HttpResponse:
    """Send along the terms that changed elsewhere, to be put into their fields."""
    names = touched.get("quote", frozenset()) - ({typed.name} if typed.row == "quote" else set())
    if names:
        response["HX-Trigger"] = json.dumps({"terms": {n: _typed(quote, n) for n in names}})
    return response


def _typed(quote: Quote, name: str) -> str | bool:
    value = getattr(quote, name)
    if isinstance(value, bool):
        return value
    return "" if value is None else plain(value) if isinstance(value, Decimal) else str(value)
