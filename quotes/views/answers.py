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
from quotes.views.figures import amendment_shown, figures
from quotes.views.grid import MOVES, GridRow, all_touched, changed_rows, choices_of, grid_rows
from quotes.views.staff import quote_of

# What a price or a discount brings along; the row shows it beside the amounts, which come anyway.
_SIGNED = ("negotiated_by_id", "negotiated_at", "price_reason")
_TERM = {"starts_on", "term_months", "ends_on"}  # days that lines without their own show


def editing(quote: Quote, user: Any) -> dict[str, Any]:
    """Return everything that the editor shows of a draft."""
    context = figures(quote)
    rows = grid_rows(quote, context["lines"])
    return {
        **context,
        **amendment_shown(quote, context["lines"]),
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
    """What was typed into: a cell, which an answer leaves as it is, and the place that it empties.

    That place is where a refusal of the cell stood, or the dialog that was sent.
    """

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

    Rows that are new or say something else come anew, of the others only changed amounts; where rows
    came, went or moved, the order of all comes along. Of the row that is being typed into only its
    amounts come. The quote as an action `edited` it is neither read nor priced again.
    """
    user: Any = request.user
    quote = edited or quote_of(user, quote_id)
    seen = seen_by(request)
    context = editing(quote, user)
    rows: list[GridRow] = context["rows"]
    touched = all_touched(rows) if seen is None else touched_since(quote, seen)
    has_other_days = bool(touched.get("quote", frozenset()) & _TERM)
    own = (typed.row, {typed.name, *_SIGNED})
    anew = changed_rows(rows, touched, own=own, has_other_days=has_other_days)
    known = {row.line.pk for row in anew}
    repriced = _repriced_since(seen, quote)
    context |= {
        "anew": anew,
        "amounts": [
            row
            for row in rows
            if (pk := row.line.pk) not in known
            and (repriced is None or pk in repriced or row.key == typed.row)
        ],
        "is_arranged": any(fields & MOVES for fields in touched.values()),
        "cleared": typed.place,
    }
    response = _in_places(request, "quotes/_changed.html", context)
    return _with_terms(response, quote, touched, typed)


def wrong(request: HttpRequest, place: str, message: str) -> HttpResponse:
    """Answer with the refusal's words beside the input; nothing was saved."""
    context = {"place": place, "message": message}
    return _in_places(request, "quotes/_wrong.html", context, status=422)


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
    return _in_places(request, "quotes/_conflict.html", context, status=409)


def _in_places(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Answer with parts of the page of which each knows its place; what was sent from stays."""
    response = render(request, template, context, status=status)
    response["HX-Reswap"] = "none"
    return response


def _repriced_since(seen: int | None, quote: Quote) -> frozenset[int] | None:
    """Return whose prices changed since the page was shown; None when edits before this one count."""
    if quote.edit_version == seen:
        return frozenset()
    is_edited = quote.as_found is not None  # by the action that this answers
    if not is_edited or seen is None or quote.edit_version != seen + 1:
        return None
    return quote.as_left.repriced if quote.as_left else frozenset()


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
