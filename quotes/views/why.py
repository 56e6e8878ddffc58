"""Why a line costs what it costs."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from q2c.identity.access import requires
from q2c.identity.roles import Permission
from quotes.actions import price_as_of_today
from quotes.views.staff import quote_of


@require_GET
@requires(Permission.VIEW_QUOTES)
def line(request: HttpRequest, quote_id: int, line_id: int) -> HttpResponse:
    """The way of one line's price from list to net, and the rules that did not apply."""
    user: Any = request.user
    quote = quote_of(user, quote_id)
    found = get_object_or_404(quote.lines, pk=line_id)
    return render(request, "quotes/_why.html", {"quote": quote, "line": found})


@require_POST
@requires(Permission.EDIT_QUOTES)
def price_again(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Price a draft by the rules of today."""
    user: Any = request.user
    quote = price_as_of_today(quote_id, by=user, at=timezone.now())
    messages.success(request, f"Prices are of {quote.priced_on:%d %b %Y}.")
    return redirect("quotes:edit", quote_id)
