"""The line grid: find products, add, change, move and remove lines."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from q2c.catalog.models import ProductKind
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.kernel.errors import NotAllowed, Refused, StaleVersion
from quotes.actions import (
    NewAdjustment,
    NewLine,
    add_adjustment,
    add_line,
    change_line,
    move_line,
    remove_line,
)
from quotes.forms import NumberField
from quotes.models import Quote, QuoteLine
from quotes.queries import bundles, sellable
from quotes.views.editor import changed, conflict, seen_by, wrong
from quotes.views.figures import figures
from quotes.views.staff import quote_of

_MANY = re.compile(r"(\d{1,6})\s*[x×*]\s*(.*)", re.IGNORECASE)
_PICK = re.compile(r"(\d{1,9}) (\d{1,3}) (\d{1,6})")
_FIELDS: dict[str, forms.Field] = {
    "quantity": NumberField(),
    "discount_percent": NumberField(),
    "description": forms.CharField(max_length=300),
}


@require_GET
@requires(Permission.EDIT_QUOTES)
def products(request: HttpRequest, quote_id: int) -> HttpResponse:
    """What can be added; “3x router” adds three at once."""
    quote = _quote(request, quote_id)
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
    _quote(request, quote_id)
    picked = _PICK.fullmatch(request.POST.get("pick", ""))
    if picked is None:
        raise Http404
    product_id, months, quantity = map(int, picked.groups())
    new = NewLine(product_id=product_id, months=months, quantity=Decimal(quantity))
    add_line(quote_id, new, by=_user(request), at=timezone.now())
    return grid(request, quote_id)


@require_POST
@requires(Permission.EDIT_QUOTES)
def adjust(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Add a negotiated adjustment."""
    _quote(request, quote_id)
    try:
        new = NewAdjustment(
            description=request.POST.get("description", ""),
            amount=number_in(request.POST.get("amount", ""), field="amount"),
            like=_whole(request, "like"),
        )
        add_adjustment(quote_id, new, by=_user(request), at=timezone.now())
    except NotAllowed:
        raise
    except Refused as refusal:
        response = wrong(request, "error-adjustment", refusal.message)
        response["HX-Reswap"] = "none"
        return response
    return grid(request, quote_id)


@require_POST
@requires(Permission.EDIT_QUOTES)
def change(request: HttpRequest, quote_id: int, line_id: int) -> HttpResponse:
    """Save one cell and show the amounts that follow from it."""
    quote, user = _quote(request, quote_id), _user(request)
    line = line_of(quote, line_id)
    name = next((name for name in _FIELDS if name in request.POST), "")
    if not name:
        raise Refused("There is no such field.")
    typed, place = request.POST[name], f"error-line-{line_id}"
    try:
        value = _FIELDS[name].clean(typed)
        if value != getattr(line, name):
            change_line(line_id, {name: value}, by=user, at=timezone.now(), seen=seen_by(request))
    except forms.ValidationError as error:
        return wrong(request, place, error.messages[0])
    except StaleVersion:
        label = f"{line.description}: {name.replace('_', ' ')}"
        return conflict(request, quote, label=label, yours={name: typed})
    except NotAllowed:
        raise
    except Refused as refusal:
        return wrong(request, place, refusal.message)
    if line.kind == ProductKind.BUNDLE:  # its options' inputs change with it
        return grid(request, quote_id)
    return changed(request, _quote(request, quote_id), cleared=place, only={line_id})


@require_POST
@requires(Permission.EDIT_QUOTES)
def remove(request: HttpRequest, quote_id: int, line_id: int) -> HttpResponse:
    quote = _quote(request, quote_id)
    line = line_of(quote, line_id)
    try:
        remove_line(line_id, by=_user(request), at=timezone.now(), seen=seen_by(request))
    except StaleVersion:
        return conflict(request, quote, label=f"remove {line.description}", yours={})
    return grid(request, quote_id)


@require_POST
@requires(Permission.EDIT_QUOTES)
def move(request: HttpRequest, quote_id: int, line_id: int, way: str) -> HttpResponse:
    quote = _quote(request, quote_id)
    line = line_of(quote, line_id)
    is_up = way == "up"
    try:
        move_line(line_id, up=is_up, by=_user(request), at=timezone.now(), seen=seen_by(request))
    except StaleVersion:
        return conflict(request, quote, label=f"move {line.description}", yours={})
    return grid(request, quote_id)


def grid(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Answer with all lines anew, and with the totals beside them."""
    context = figures(_quote(request, quote_id))
    response = render(request, "quotes/_grid.html", context)
    response["HX-Retarget"], response["HX-Reswap"] = "#lines", "innerHTML"
    return response


def _user(request: HttpRequest) -> Any:
    return request.user


def _quote(request: HttpRequest, quote_id: int) -> Quote:
    return quote_of(request.user, quote_id)


def line_of(quote: Quote, line_id: int) -> QuoteLine:
    """Return a line of the quote; refuses one that was removed."""
    line = quote.lines.filter(pk=line_id).first()
    if line is None:
        raise Refused("This line was removed meanwhile. Reload the page to see the quote.")
    return line


def _whole(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    if not text.isdigit():
        raise Http404
    return int(text)


def number_in(text: str, *, field: str) -> Decimal:
    """Read a number as typed, an empty field as zero; refuses what is none."""
    try:
        return NumberField(required=False).clean(text) or Decimal(0)
    except forms.ValidationError:
        raise Refused(f"“{text}” is not a number.", field=field) from None
