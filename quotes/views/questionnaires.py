"""Questionnaires: write one in the browser, question by question, and put it in force."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.infra.bus import history
from q2c.infra.clock import day_in
from q2c.kernel.errors import Refused
from quotes import actions
from quotes.actions import QuestionnaireDraft, draft_of_questionnaire
from quotes.models import Questionnaire
from quotes.queries import content_of, faults, offered_words, questionnaires
from quotes.views.asked import user_of
from quotes.views.proposal_form import ProposalForms
from quotes.views.questionnaire_form import HeadForms, QuestionForms
from quotes.views.questionnaire_page import proposal_rows, question_rows

_KINDS = ("questions", "proposals")


@require_GET
@requires(Permission.VIEW_CATALOG)
def list_(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "").strip()
    rows = [(row, offered_words(row)) for row in questionnaires(query)]
    return render(request, "quotes/questionnaires.html", {"rows": rows, "query": query})


@require_GET
@requires(Permission.VIEW_CATALOG)
def detail(request: HttpRequest, questionnaire_id: int) -> HttpResponse:
    """An edition with its questions and proposals in words, and what is wrong with it."""
    row = get_object_or_404(Questionnaire.objects.select_related("replaces"), pk=questionnaire_id)
    content = content_of(row)
    is_fixed = row.is_active or row.answered.exists()
    context = {
        "row": row,
        "is_fixed": is_fixed,
        "may_change": user_of(request).may(Permission.EDIT_CATALOG) and not is_fixed,
        "offered": offered_words(row),
        "questions": question_rows(content),
        "proposals": proposal_rows(content),
        "faults": faults(content, on=day_in("UTC", timezone.now())),
        "uses": row.answered.count(),
        "editions": questionnaires().filter(name=row.name).exclude(pk=row.pk),
        "events": history("questionnaire", row.pk)[:30],
    }
    return render(request, "quotes/questionnaire.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CATALOG)
def new(request: HttpRequest) -> HttpResponse:
    return _head(request, None)


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CATALOG)
def edit(request: HttpRequest, questionnaire_id: int) -> HttpResponse:
    return _head(request, get_object_or_404(Questionnaire, pk=questionnaire_id))


def _head(request: HttpRequest, row: Questionnaire | None) -> HttpResponse:
    form = HeadForms(request.POST or None, row)
    if request.method == "POST" and form.is_valid():
        by, at = user_of(request), timezone.now()
        values = {**form.values(), "offered": tuple(form.values()["offered"])}
        try:
            if row is None:
                row = actions.add_questionnaire(QuestionnaireDraft(**values), by=by, at=at)
            else:
                draft = replace(draft_of_questionnaire(row), **values)
                actions.change_questionnaire(row.pk, draft, by=by, at=at)
        except Refused as refusal:
            form.put(refusal)
        else:
            return redirect("quotes:questionnaire", row.pk)
    title = f"Edit {row.name}" if row else "New questionnaire"
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "title": title, "row": row}
    return render(request, "quotes/questionnaire_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CATALOG)
def part(
    request: HttpRequest, questionnaire_id: int, kind: str, place: int | None = None
) -> HttpResponse:
    """Write a question or a proposal: the one at a place, or one more at the end."""
    row = get_object_or_404(Questionnaire, pk=questionnaire_id)
    rows = _rows_of(row, kind)
    stored = None if place is None else _at(rows, place)
    here = len(rows) if place is None else place
    form = _part_form(request, row, kind, stored, here)
    if request.method == "POST" and form.is_valid() and not _shows_options(form):
        rows[here : here + 1] = [form.row(one["key"] for one in rows)]
        try:
            _save(request, row, kind, rows)
        except Refused as refusal:
            form.put(refusal, f"{kind}.{here}")
        else:
            return redirect("quotes:questionnaire", row.pk)
    status = 422 if request.method == "POST" and not _shows_options(form) else 200
    name = "question" if kind == "questions" else "proposal"
    title = f"Edit the {name}" if stored else f"New {name}"
    context = {"form": form, "title": title, "row": row}
    return render(request, f"quotes/{name}_form.html", context, status=status)


@require_POST
@requires(Permission.EDIT_CATALOG)
def arrange(
    request: HttpRequest, questionnaire_id: int, kind: str, place: int, way: str
) -> HttpResponse:
    """Move a question or a proposal up or down, or remove it."""
    row = get_object_or_404(Questionnaire, pk=questionnaire_id)
    rows = _rows_of(row, kind)
    one = _at(rows, place)
    rows.remove(one)
    if way != "remove":
        rows.insert(max(place + (-1 if way == "up" else 1), 0), one)
    try:
        _save(request, row, kind, rows)
    except Refused as refusal:
        messages.error(request, refusal.message)
    return redirect("quotes:questionnaire", row.pk)


@require_POST
@requires(Permission.EDIT_CATALOG)
def activate(request: HttpRequest, questionnaire_id: int) -> HttpResponse:
    row = actions.activate_questionnaire(questionnaire_id, by=user_of(request), at=timezone.now())
    messages.success(request, f"{row.name} is asked from now on.")
    return redirect("quotes:questionnaire", questionnaire_id)


@require_POST
@requires(Permission.EDIT_CATALOG)
def retire(request: HttpRequest, questionnaire_id: int) -> HttpResponse:
    actions.retire_questionnaire(questionnaire_id, by=user_of(request), at=timezone.now())
    return redirect("quotes:questionnaire", questionnaire_id)


@require_POST
@requires(Permission.EDIT_CATALOG)
def change(request: HttpRequest, questionnaire_id: int) -> HttpResponse:
    """Begin the next edition of one that was put in force or answered."""
    row = actions.draft_next_edition(questionnaire_id, by=user_of(request), at=timezone.now())
    return redirect("quotes:questionnaire", row.pk)


def _part_form(
    request: HttpRequest, row: Questionnaire, kind: str, stored: Any, here: int
) -> QuestionForms | ProposalForms:
    data, questions = request.POST or None, content_of(row).questions
    if kind == "questions":
        return QuestionForms(data, stored, questions[:here])
    return ProposalForms(data, stored, questions)


def _shows_options(form: QuestionForms | ProposalForms) -> bool:
    return isinstance(form, ProposalForms) and form.asks_for_options


def _rows_of(row: Questionnaire, kind: str) -> list[dict[str, Any]]:
    if kind not in _KINDS:
        raise Http404
    return list(getattr(row, kind))


def _at(rows: list[dict[str, Any]], place: int) -> dict[str, Any]:
    if not 0 <= place < len(rows):
        raise Http404
    return rows[place]


def _save(request: HttpRequest, row: Questionnaire, kind: str, rows: list[dict[str, Any]]) -> None:
    changes: dict[str, Any] = {kind: tuple(rows)}
    draft = replace(draft_of_questionnaire(row), **changes)
    by, at = user_of(request), timezone.now()
    actions.change_questionnaire(row.pk, draft, by=by, at=at, seen=row.version)
