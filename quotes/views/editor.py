"""Build a quote: choose the customer, then edit lines and terms with live totals."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from q2c.customers.models import Customer
from q2c.customers.queries import find_customers
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.infra.clock import day_in
from q2c.kernel.errors import Refused, StaleVersion
from q2c.kernel.periods import months_after
from quotes.actions import (
    NewQuote,
    change_quote,
    create_quote,
    redo_edit,
    start_from_template,
    undo_edit,
)
from quotes.forms import NewQuoteForm, TermsForm, put_on_form
from quotes.models import DraftEdit, Quote, QuoteKind
from quotes.queries import in_force
from quotes.rules.ramps import WAYS, SegmentsAsked
from quotes.rules.states import QuoteState
from quotes.views import amending
from quotes.views.answers import Typed, answer, conflict, editing, seen_by, wrong
from quotes.views.staff import quote_of


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_QUOTES)
def new(request: HttpRequest) -> HttpResponse:
    """First whom for, then what for."""
    chosen = request.GET.get("customer", "")
    if not chosen.isdigit():
        found = find_customers(request.GET.get("q", "").strip())
        return render(
            request, "quotes/new.html", {"customers": found, "query": request.GET.get("q", "")}
        )
    customer = get_object_or_404(Customer.objects.select_related("legal_entity"), pk=chosen)
    today = day_in(customer.legal_entity.time_zone, timezone.now())
    initial = {"starts_on": months_after(today.replace(day=1), 1)}
    form = NewQuoteForm(request.POST or None, customer=customer, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            quote = _created(form, customer, request.user, at=timezone.now())
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            is_guided = request.POST.get("next") == "guided"
            return redirect("quotes:guided" if is_guided else "quotes:edit", quote.pk)
    context = {"form": form, "customer": customer, "is_guided": in_force(today).exists()}
    status = 422 if request.method == "POST" else 200
    return render(request, "quotes/new.html", context, status=status)


def _created(form: NewQuoteForm, customer: Customer, user: Any, *, at: datetime) -> Quote:
    data = form.cleaned_data
    draft = NewQuote(
        customer_id=customer.pk,
        title=data["title"],
        term_months=data["term_months"],
        starts_on=data["starts_on"],
        price_book_id=data["price_book"].pk if data["price_book"] else None,
        channel=data["channel"],
    )
    if template := data["template"]:
        return start_from_template(template.pk, draft, by=user, at=at)
    return create_quote(draft, by=user, at=at)


@require_GET
@requires(Permission.EDIT_QUOTES)
def customers(request: HttpRequest) -> HttpResponse:
    """The customers that match what is typed."""
    text = request.GET.get("q", "").strip()
    context = {"customers": find_customers(text), "query": text}
    return render(request, "quotes/_customers.html", context)


@require_GET
@requires(Permission.EDIT_QUOTES)
def edit(request: HttpRequest, quote_id: int) -> HttpResponse:
    user: Any = request.user
    quote = quote_of(user, quote_id)
    if quote.state != "draft":
        messages.info(request, f"This quote is {quote.get_state_display()}; it is read here.")
        return redirect("quotes:detail", quote_id)
    if quote.kind == QuoteKind.AMENDMENT:
        return amending.editor(request, quote)
    return render(request, "quotes/edit.html", {**editing(quote, user), "terms": TermsForm(quote)})


@require_POST
@requires(Permission.EDIT_QUOTES)
def term(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Save one of the terms and show what follows from it."""
    user: Any = request.user
    quote = quote_of(user, quote_id)
    name, typed = request.POST.get("field", ""), request.POST.get(request.POST.get("field", ""), "")
    form, edited = TermsForm(quote), None
    if name not in form.fields:
        raise Refused("There is no such field.")
    try:
        if changes := form.changed(name, form.fields[name].clean(typed)):
            edited = change_quote(
                quote_id,
                changes,
                by=user,
                at=timezone.now(),
                seen=_guard(request),
                typing_on="typing_on" in request.POST,
                segments=request.POST.get("segments"),
            )
    except forms.ValidationError as error:
        return wrong(request, f"error-{name}", error.messages[0])
    except StaleVersion:
        label = str(form.fields[name].label or name).lower()
        return conflict(request, quote, label=label, yours={"field": name, name: typed})
    except SegmentsAsked as question:
        return _ask(request, question, name, typed)
    except Refused as refusal:
        return wrong(request, f"error-{name}", refusal.message)
    return answer(request, quote_id, Typed("quote", name, f"error-{name}"), edited=edited)


def _ask(request: HttpRequest, question: SegmentsAsked, name: str, typed: str) -> HttpResponse:
    """Ask what becomes of the segments before the term changes; each answer sends it again."""
    again = [
        (words, json.dumps({"field": name, name: typed, "segments": way}))
        for way, words in WAYS.items()
    ]
    context = {"question": question, "again": again, "url": request.path}
    return render(request, "quotes/_segments_asked.html", context, status=409)


@require_GET
@requires(Permission.EDIT_QUOTES)
def changes(request: HttpRequest, quote_id: int) -> HttpResponse:
    """What colleagues changed since this page was shown; nothing, most of the time."""
    quote = quote_of(request.user, quote_id)
    if quote.state != QuoteState.DRAFT.value:
        return HttpResponse(headers={"HX-Redirect": reverse("quotes:detail", args=[quote_id])})
    if seen_by(request) == quote.edit_version:
        return HttpResponse(status=204)
    return answer(request, quote_id)


@require_POST
@requires(Permission.EDIT_QUOTES)
def undo(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Take back this person's last edit."""
    return _turn_back(request, quote_id, undo_edit)


@require_POST
@requires(Permission.EDIT_QUOTES)
def redo(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Make the edit again that was undone last."""
    return _turn_back(request, quote_id, redo_edit)


def _turn_back(request: HttpRequest, quote_id: int, turn: Callable[..., DraftEdit]) -> HttpResponse:
    user: Any = request.user
    quote_of(user, quote_id)
    edit = turn(quote_id, by=user, at=timezone.now())
    return answer(request, quote_id, edited=edit.quote)


def _guard(request: HttpRequest) -> int | None:
    """Return what the person saw; None once they decided for their own value."""
    return None if "mine" in request.POST else seen_by(request)
