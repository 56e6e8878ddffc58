"""The editor of an amendment: what runs, item by item, and what is added."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.kernel.errors import NotAllowed, Refused
from quotes.actions import add_to_amendment, coterm_choices, end_all_items, keep_item
from quotes.models import Quote
from quotes.queries import sellable
from quotes.views.amending_forms import AdditionForm
from quotes.views.answers import answer, editing
from quotes.views.asked import line_of, quote_for, user_of
from quotes.views.staff import quote_of


def editor(request: HttpRequest, quote: Quote, *, wrong: str = "") -> HttpResponse:
    """Show what runs and what becomes of it; the address says what is looked for and chosen."""
    context = {
        **editing(quote, request.user),
        "query": request.GET.get("q", "").strip(),
        "wrong": wrong,
        **_adding(request, quote),
    }
    return render(request, "quotes/amend.html", context, status=422 if wrong else 200)


@require_POST
@requires(Permission.EDIT_QUOTES)
def keep(request: HttpRequest, quote_id: int, line_id: int) -> HttpResponse:
    """Keep an item as it was after all."""
    line_of(quote_for(request, quote_id), line_id)
    line = keep_item(line_id, by=user_of(request), at=timezone.now())
    return answer(request, quote_id, edited=line.quote)


@require_POST
@requires(Permission.EDIT_QUOTES)
def end_all(request: HttpRequest, quote_id: int) -> HttpResponse:
    user: Any = request.user
    quote = quote_of(user, quote_id)

    def work() -> None:
        end_all_items(quote_id, by=user, at=timezone.now())

    return _done(request, quote, work)


@require_POST
@requires(Permission.EDIT_QUOTES)
def add(request: HttpRequest, quote_id: int) -> HttpResponse:
    user: Any = request.user
    quote = quote_of(user, quote_id)
    form = AdditionForm(request.POST, quote=quote)
    if not form.is_valid():
        return editor(request, quote, wrong=str(next(iter(form.errors.values()))[0]))

    def work() -> None:
        add_to_amendment(quote_id, form.addition(), by=user, at=timezone.now())

    return _done(request, quote, work)


def _done(request: HttpRequest, quote: Quote, work: Callable[[], None]) -> HttpResponse:
    try:
        work()
    except NotAllowed:
        raise
    except Refused as refusal:
        return editor(request, quote, wrong=refusal.message)
    return redirect("quotes:edit", quote.pk)


def _adding(request: HttpRequest, quote: Quote) -> dict[str, Any]:
    """Return the products that match what is looked for, and the ends of the one chosen."""
    query = request.GET.get("q", "").strip()
    if "product" not in request.GET:
        found = sellable(quote.price_book_id, query, on=quote.starts_on) if query else []
        return {"found": found}
    form = AdditionForm({"quantity": "1", "own_months": "12", **request.GET.dict()}, quote=quote)
    if not form.is_valid():
        return {"wrong_addition": str(next(iter(form.errors.values()))[0])}
    try:
        addition = form.addition()
        choices = coterm_choices(quote, addition.line, own_months=addition.own_months)
    except Refused as refusal:
        return {"wrong_addition": refusal.message}
    return {"addition": form, "choices": choices, "chosen": request.GET.get("name", "")}
