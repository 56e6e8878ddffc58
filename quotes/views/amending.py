"""The editor of an amendment: what runs, item by item, and what is added."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.kernel.errors import NotAllowed, Refused
from quotes.actions import (
    add_to_amendment,
    change_item,
    coterm_choices,
    end_all_items,
    end_item,
    keep_item,
    remove_line,
)
from quotes.models import Quote
from quotes.queries import sellable
from quotes.views.amending_forms import AdditionForm, ItemForm
from quotes.views.answers import seen_by
from quotes.views.figures import amendment_shown, figures
from quotes.views.staff import quote_of


def editor(
    request: HttpRequest,
    quote: Quote,
    *,
    wrong: str = "",
    item: ItemForm | None = None,
    of: int | None = None,
) -> HttpResponse:
    """Show what runs and what becomes of it; the address says what is looked for and chosen."""
    shown = amendment_shown(quote)
    rows = shown["amendment"].rows if shown else []
    forms = {
        row.line.pk: item if item and row.line.pk == of else ItemForm(line=row.line)
        for row in rows
        if row.before and row.line.change != "remove" and not row.line.is_adjustment
    }
    context = {
        **figures(quote),
        **shown,
        "editable": [(row, forms.get(row.line.pk)) for row in rows],
        "query": request.GET.get("q", "").strip(),
        "wrong": wrong,
        **_adding(request, quote),
    }
    # A cell that saves itself is answered with what follows from it; what is typed elsewhere stays.
    is_cell = item is not None and request.htmx  # type: ignore[attr-defined]
    template = "quotes/_amend_changed.html" if is_cell else "quotes/amend.html"
    return render(request, template, context, status=422 if wrong else 200)


@require_POST
@requires(Permission.EDIT_QUOTES)
def item(request: HttpRequest, quote_id: int, line_id: int, verb: str) -> HttpResponse:
    """Change, end or keep one item, or take off what was new."""
    user: Any = request.user
    quote = quote_of(user, quote_id)
    line = get_object_or_404(quote.lines, pk=line_id)
    form = ItemForm(request.POST, line=line) if verb == "change" else None
    if form and not form.is_valid():
        problems = [f"{name}: {errors[0]}" for name, errors in form.errors.items()]
        words = f"{line.description}, {', '.join(str(p) for p in problems)}"
        return editor(request, quote, wrong=words.replace("_", " "), item=form, of=line_id)
    if form and not form.cleaned_data["quantity"]:
        form, verb = None, "end"
    act: Callable[..., Any] = {"end": end_item, "keep": keep_item}.get(verb, remove_line)

    def work() -> None:
        if form:
            seen = seen_by(request)
            change_item(line_id, form.changes(), by=user, at=timezone.now(), seen=seen)
        else:
            act(line_id, by=user, at=timezone.now())

    return _done(request, quote, work, item=form, of=line_id)


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


def _done(
    request: HttpRequest, quote: Quote, work: Callable[[], None], **shown: Any
) -> HttpResponse:
    try:
        work()
    except NotAllowed:
        raise
    except Refused as refusal:
        return editor(request, quote, wrong=refusal.message, **shown)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("quotes:edit", quote.pk)
    if shown.get("item") is None:  # the row has other cells now
        return HttpResponseClientRefresh()
    return editor(request, quote_of(request.user, quote.pk), **shown)


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
