"""Guided selling: a rep answers questions, sees what they propose, and adds it to the quote."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.infra.clock import day_in
from q2c.kernel.errors import NotAllowed, Refused, StaleVersion
from quotes.actions import (
    Guided,
    GuidedDraft,
    answer_questionnaire,
    guide,
    questionnaire_for,
    try_questionnaire,
)
from quotes.models import Questionnaire, Quote
from quotes.queries import content_of, offered_to, questionnaires, visible_to
from quotes.rules.guiding.merging import Change
from quotes.views.answers import seen_by
from quotes.views.asked import user_of
from quotes.views.guided_form import asked_rows, given_in, taken_in
from quotes.views.staff import quote_of


@require_GET
@requires(Permission.EDIT_QUOTES)
def choose(request: HttpRequest, quote_id: int) -> HttpResponse:
    """What a draft may be guided by; with one, straight on to its questions."""
    quote = quote_of(request.user, quote_id)
    if quote.state != "draft":
        messages.info(request, f"This quote is {quote.get_state_display()}; it is read here.")
        return redirect("quotes:detail", quote_id)
    found = offered_to(quote, on=day_in(quote.legal_entity.time_zone, timezone.now()))
    if len(found) == 1:
        return redirect("quotes:guided_by", quote_id, found[0].pk)
    answered = set(quote.guided.values_list("questionnaire_id", flat=True))
    context = {"quote": quote, "rows": [(row, row.pk in answered) for row in found]}
    return render(request, "quotes/guided_choose.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_QUOTES)
def guided_by(request: HttpRequest, quote_id: int, questionnaire_id: int) -> HttpResponse:
    """The questions beside what they propose; a change of either shows the other anew."""
    quote, user = quote_of(request.user, quote_id), user_of(request)
    if quote.state != "draft":
        # Who answers in a page that is still open is taken along whole.
        there = redirect("quotes:guided", quote_id)
        is_live = request.htmx  # type: ignore[attr-defined]
        return HttpResponse(headers={"HX-Redirect": there.url}) if is_live else there
    row = questionnaire_for(quote, questionnaire_id, at=timezone.now())
    kept = quote.guided.filter(questionnaire=row).select_related("by").first()
    if request.method == "GET":
        given = {} if kept is None else _unsaid_as_empty(row, kept.answers)
        return _page(request, row, guide(quote, row, given), {"quote": quote, "kept": kept})
    given = given_in(request.POST, content_of(row))
    taken = taken_in(request.POST, content_of(row), given)
    shown: dict[str, Any] = {"quote": quote, "kept": kept, "seen": seen_by(request)}
    if request.POST.get("do") == "add":
        new = GuidedDraft(questionnaire_id=row.pk, answers=given, taken=taken)
        try:
            done = answer_questionnaire(
                quote_id, new, by=user, at=timezone.now(), seen=shown["seen"]
            )
        except (NotAllowed, StaleVersion):
            raise
        except Refused as refusal:
            shown |= {"refusal": refusal, "is_sent": True}
        else:
            return _added(request, quote_id, done)
    return _page(request, row, guide(quote, row, given, taken), shown)


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CATALOG)
def try_out(request: HttpRequest, questionnaire_id: int) -> HttpResponse:
    """Answer a questionnaire as a rep would, at a quote's prices or without; nothing is kept."""
    row = get_object_or_404(Questionnaire, pk=questionnaire_id)
    number = (request.POST or request.GET).get("number", "").replace("\0", "").strip()
    quote = _latest(request, number)
    given = given_in(request.POST, content_of(row))
    taken = taken_in(request.POST, content_of(row), given)
    found = guide(quote, row, given, taken) if quote else try_questionnaire(row, given, taken)
    shown = {"quote": quote, "number": number, "is_trial": True}
    return _page(request, row, found, shown)


def _latest(request: HttpRequest, number: str) -> Quote | None:
    if not number:
        return None
    found = visible_to(user_of(request)).filter(number__iexact=number).order_by("-version")
    return found.select_related("customer", "legal_entity", "price_book").first()


def _page(
    request: HttpRequest, row: Questionnaire, guided: Guided, shown: dict[str, Any]
) -> HttpResponse:
    content = content_of(row)
    quote: Quote | None = shown.get("quote")
    asked = asked_rows(content, guided.answers, request.POST, is_sent=bool(shown.get("is_sent")))
    context = {
        "row": row,
        "guided": guided,
        "asked": asked,
        "missing": [one.question.text for one in asked if one.is_asked and one.is_missing],
        "is_again": any(offer.standing for offer in guided.offers),
        "action": request.path,
        "currency": quote.currency if quote else "",
        "seen": quote.edit_version if quote else "",
        "newer": _newer(row) if quote and not row.is_active else None,
        **{name: value for name, value in shown.items() if value is not None},
    }
    if request.htmx and not request.htmx.boosted:  # type: ignore[attr-defined]
        context["turned"] = [one for one in asked if one.has_turned]
        return render(request, "quotes/_guided_live.html", context)
    status = 422 if "refusal" in context else 200
    return render(request, "quotes/guided.html", context, status=status)


def _unsaid_as_empty(row: Questionnaire, answers: dict[str, Any]) -> dict[str, Any]:
    """Return kept answers, with a question that was passed over left empty again."""
    return {**{question.key: "" for question in content_of(row).questions}, **answers}


def _newer(row: Questionnaire) -> Questionnaire | None:
    return questionnaires().filter(name=row.name, is_active=True).first()


def _added(request: HttpRequest, quote_id: int, done: Guided) -> HttpResponse:
    """Say what was added, changed and taken off, and what could not be had."""
    count = dict.fromkeys(Change, 0)
    for offer in done.changes:
        count[offer.step.change] += 1
    parts = [
        f"{count[change]} {words}"
        for change, words in (
            (Change.ADD, "added"),
            (Change.CHANGE, "changed"),
            (Change.REMOVE, "taken off"),
        )
        if count[change]
    ]
    said = f"Lines: {', '.join(parts)}." if parts else "The answers are kept; no line changed."
    lacking = [f"{one.product}: {one.problem}" for one in done.offers if one.problem]
    messages.success(request, said)
    for words in lacking:
        messages.warning(request, f"Not added: {words}")
    return redirect("quotes:edit", quote_id)
