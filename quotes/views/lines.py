"""The line grid: find products, add lines, change, move and remove them."""

import json
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.kernel.errors import NotAllowed, Refused, StaleVersion
from q2c.kernel.rating import plain
from quotes import actions
from quotes.actions import (
    NewAdjustment,
    NewLine,
    add_adjustment,
    add_line,
    change_lines,
    remove_line,
)
from quotes.forms import NumberField, PercentField
from quotes.models import Quote, QuoteLine
from quotes.queries import bundles, sellable
from quotes.views.answers import Typed, answer, conflict, seen_by, wrong
from quotes.views.asked import line_of, number_in, quote_for, user_of, whole

_MANY = re.compile(r"(\d{1,6})\s*[x×*]\s*(.*)", re.IGNORECASE)
_PICK = re.compile(r"(\d{1,9}) (\d{1,3}) (\d{1,6})(?: (\d{1,3}))?")
_CELLS: dict[str, forms.Field] = {
    "quantity": NumberField(),
    "agreed_unit_price": NumberField(required=False),
    "discount_percent": PercentField(),
    "description": forms.CharField(max_length=300),
    "starts_on": forms.DateField(required=False),
    "last_day": forms.DateField(required=False),
}


@require_GET
@requires(Permission.EDIT_QUOTES)
def products(request: HttpRequest, quote_id: int) -> HttpResponse:
    """What can be added; “3x router” adds three at once."""
    quote = quote_for(request, quote_id)
    text, quantity = request.GET.get("q", "").strip(), 1
    if found := _MANY.fullmatch(text):
        quantity, text = int(found[1]), found[2].strip()
    context = {
        "quote": quote,
        "query": text,
        "quantity": quantity,
        "prices": sellable(quote.price_book_id, text, on=quote.starts_on),
        "bundles": bundles(text, on=quote.starts_on),
    }
    return render(request, "quotes/_products.html", context)


@require_POST
@requires(Permission.EDIT_QUOTES)
def add(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Add what was picked from the list."""
    quote_for(request, quote_id)
    picked = _PICK.fullmatch(request.POST.get("pick", ""))
    if picked is None:
        raise Http404
    product_id, months, quantity, weeks = (int(number or 0) for number in picked.groups())
    new = NewLine(product_id=product_id, months=months, weeks=weeks, quantity=Decimal(quantity))
    line = add_line(quote_id, new, by=user_of(request), at=timezone.now())
    return answer(request, quote_id, edited=line.quote)


@require_POST
@requires(Permission.EDIT_QUOTES)
def adjust(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Add a negotiated adjustment."""
    quote_for(request, quote_id)
    try:
        new = NewAdjustment(
            description=request.POST.get("description", ""),
            amount=number_in(request.POST.get("amount", ""), field="amount"),
            like=whole(request, "like"),
        )
        line = add_adjustment(quote_id, new, by=user_of(request), at=timezone.now())
    except NotAllowed:
        raise
    except Refused as refusal:
        return wrong(request, "error-adjustment", refusal.message)
    return answer(request, quote_id, Typed(place="error-adjustment"), edited=line.quote)


@require_POST
@requires(Permission.EDIT_QUOTES)
def add_text(request: HttpRequest, quote_id: int, kind: str) -> HttpResponse:
    """Add a section or a note at the end, named as is usual; its cell waits to be typed over."""
    quote = quote_for(request, quote_id)
    usual = f"Section {quote.lines.filter(kind=kind).count() + 1}"
    text = usual if kind == "section" else "Note"
    line = actions.add_text(quote_id, kind, text, by=user_of(request), at=timezone.now())
    response = answer(request, quote_id, edited=line.quote)
    response["HX-Trigger-After-Swap"] = json.dumps({"name": {"cell": f"description-{line.pk}"}})
    return response


@require_POST
@requires(Permission.EDIT_QUOTES)
def change(request: HttpRequest, quote_id: int, line_id: int) -> HttpResponse:
    """Save one cell and show the amounts that follow from it."""
    quote = quote_for(request, quote_id)
    line = line_of(quote, line_id)
    cell = next((name for name in _CELLS if name in request.POST), "")
    if not cell:
        raise Refused("There is no such field.")
    name, text = "ends_on" if cell == "last_day" else cell, request.POST[cell]
    place, edited = f"error-line-{line_id}", None
    try:
        value = _CELLS[cell].clean(text)
        if cell == "last_day" and value:
            value += timedelta(days=1)
        if value != getattr(line, name):
            edited = _save(request, line, name, value)
    except forms.ValidationError as error:
        return wrong(request, place, error.messages[0])
    except StaleVersion:
        label = f"{line.description}: {name.replace('_', ' ')}"
        return conflict(request, quote, label=label, yours={cell: text})
    except NotAllowed:
        raise
    except Refused as refusal:
        return wrong(request, place, refusal.message)
    response = answer(request, quote_id, Typed(str(line_id), name, place), edited=edited)
    return _as_read(response, line_id, cell, text, value)


def _save(request: HttpRequest, line: QuoteLine, name: str, value: Any) -> Quote:
    """Save a cell's value; none of what runs ends it."""
    who: dict[str, Any] = {"by": user_of(request), "at": timezone.now()}
    who["seen"] = None if "mine" in request.POST else seen_by(request)
    if name == "quantity" and not value and line.before:
        return remove_line(line.pk, **who)
    typing_on = "typing_on" in request.POST
    return change_lines(line.quote_id, [line.pk], {name: value}, typing_on=typing_on, **who)


def _as_read(
    response: HttpResponse, line_id: int, cell: str, text: str, value: Any
) -> HttpResponse:
    """Tell the cell how its number was read, if it was typed otherwise."""
    if isinstance(value, Decimal) and plain(value) != text:
        read = {"line": line_id, "name": cell, "typed": text, "value": plain(value)}
        response["HX-Trigger-After-Swap"] = json.dumps({"read": read})
    return response


@require_POST
@requires(Permission.EDIT_QUOTES)
def remove(request: HttpRequest, quote_id: int, line_id: int) -> HttpResponse:
    quote = quote_for(request, quote_id)
    line = line_of(quote, line_id)
    seen = None if "mine" in request.POST else seen_by(request)
    try:
        edited = remove_line(line_id, by=user_of(request), at=timezone.now(), seen=seen)
    except StaleVersion:
        return conflict(request, quote, label=f"remove {line.description}", yours={})
    return answer(request, quote_id, edited=edited)
