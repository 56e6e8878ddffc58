"""What a request to the editor says: who, which quote and line, which numbers."""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import Http404, HttpRequest

from q2c.kernel.errors import Refused
from quotes.forms import PercentField
from quotes.models import Quote, QuoteLine
from quotes.views.staff import quote_of


def user_of(request: HttpRequest) -> Any:
    return request.user


def quote_for(request: HttpRequest, quote_id: int) -> Quote:
    return quote_of(request.user, quote_id)


def line_of(quote: Quote, line_id: int) -> QuoteLine:
    line = quote.lines.filter(pk=line_id).first()
    if line is None:
        raise Refused("This line was removed meanwhile. Reload the page to see the quote.")
    return line


def whole(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    if not text.isdigit():
        raise Http404
    return int(text)


def number_in(text: str, *, field: str) -> Decimal:
    try:
        return PercentField(required=False).clean(text) or Decimal(0)
    except forms.ValidationError as error:
        raise Refused(error.messages[0], field=field) from None


def picked(request: HttpRequest) -> list[int]:
    """Return the lines that were selected; refuses none."""
    chosen = [int(pk) for pk in request.POST.getlist("line") if pk.isdigit()]
    if not chosen:
        raise Refused("Select a line first.")
    return chosen
