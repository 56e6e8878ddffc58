"""The clause library: find, read, write and put away clauses."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contracts.actions import archive_clause, restore_clause, save_clause
from contracts.forms import ClauseForm, put_on_form
from contracts.models import Clause, ClauseVersion
from contracts.queries.clauses import (
    LANGUAGES,
    approver_words,
    guard_of,
    language_name,
    library,
    matching_clauses,
    newest_of,
    templates_with,
)
from contracts.rules.clauses import differences
from contracts.rules.drafting import FIELDS
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.infra.bus import history
from q2c.kernel.errors import NotAllowed, Refused


@require_GET
@requires(Permission.EDIT_CONTRACTS)
def list_(request: HttpRequest) -> HttpResponse:
    query, show = request.GET.get("q", "").strip(), request.GET.get("show", "")
    found = matching_clauses(library(), query).filter(archived_at__isnull=show != "archived")
    clauses = list(found)
    newest = newest_of([clause.pk for clause in clauses])
    rows = [
        {
            "clause": clause,
            "languages": [code for code in LANGUAGES if code in newest[clause.pk].texts],
            "approver": approver_words(clause),
        }
        for clause in clauses
    ]
    context = {
        "rows": rows,
        "query": query,
        "keep": {"show": show} if show else {},
        "is_filtered": bool(query or show),
        "tabs": _tabs(show),
    }
    return render(request, "contracts/clauses.html", context)


def _tabs(show: str) -> list[dict[str, Any]]:
    counts = {
        "": Clause.objects.filter(archived_at=None).count(),
        "archived": Clause.objects.exclude(archived_at=None).count(),
    }
    labels = {"": "In use", "archived": "Archived"}
    return [
        {
            "label": labels[name],
            "url": f"?show={name}" if name else "?",
            "current": show == name,
            "count": count,
        }
        for name, count in counts.items()
    ]


@require_GET
@requires(Permission.EDIT_CONTRACTS)
def detail(request: HttpRequest, clause_id: int) -> HttpResponse:
    clause, user = _clause(clause_id), _user(request)
    versions = list(clause.versions.select_related("made_by").order_by("-number"))
    context = {
        "clause": clause,
        "texts": _texts(versions[0]),
        "approver": approver_words(clause),
        "is_guarded": not guard_of(clause).admits(user_id=user.pk, role=user.role),
        "alternates": clause.alternates.filter(archived_at=None).order_by("pk"),
        "places": templates_with(clause),
        "versions": _compared(versions),
        "events": history("clause", clause.pk)[:50],
    }
    return render(request, "contracts/clause.html", context)


def _texts(version: ClauseVersion) -> list[dict[str, str]]:
    return [
        {"code": code, "language": language_name(code), **version.texts[code]}
        for code in LANGUAGES
        if code in version.texts
    ]


def _compared(versions: Sequence[ClauseVersion]) -> list[dict[str, Any]]:
    """Return the versions, newest first, each with how its words differ from the one before."""
    earlier: list[ClauseVersion | None] = [*versions[1:], None]
    return [
        {"version": version, "texts": _changes(before, version) if before else []}
        for version, before in zip(versions, earlier, strict=True)
    ]


def _changes(before: ClauseVersion, after: ClauseVersion) -> list[dict[str, Any]]:
    empty = {"title": "", "body": ""}
    rows = []
    for code in LANGUAGES:
        old, new = before.texts.get(code, empty), after.texts.get(code, empty)
        if old != new:
            rows.append(
                {
                    "code": code,
                    "language": language_name(code),
                    "title": differences(old["title"], new["title"]),
                    "body": differences(old["body"], new["body"]),
                }
            )
    return rows


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CONTRACTS)
def new(request: HttpRequest) -> HttpResponse:
    initial = {"alternate_of": request.GET.get("alternate_of", "")}
    return _form(request, None, initial)


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CONTRACTS)
def edit(request: HttpRequest, clause_id: int) -> HttpResponse:
    clause = _clause(clause_id)
    return _form(request, clause, ClauseForm.initial_of(clause))


def _form(request: HttpRequest, clause: Clause | None, initial: dict[str, Any]) -> HttpResponse:
    form = ClauseForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        pk, seen = clause.pk if clause else None, form.cleaned_data["seen"]
        try:
            saved = save_clause(
                pk,
                form.draft(),
                by=_user(request),
                at=timezone.now(),
                seen=seen if clause else None,
            )
        except NotAllowed:
            raise
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            messages.success(request, _said(saved, seen if clause else 0))
            return redirect("contracts:clause", saved.pk)
    context = {
        "title": clause.name if clause else "New clause",
        "clause": clause,
        "form": form,
        "blanks": [f"{{{{ {name} }}}}" for name in FIELDS],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "contracts/clause_form.html", context, status=status)


def _said(clause: Clause, seen: int | None) -> str:
    """Say what follows from a saved clause."""
    if clause.version == seen:
        return f"{clause} is saved."
    follows = {p.template_id for p in templates_with(clause) if p.pinned is None}
    count = f"{len(follows)} template{'' if len(follows) == 1 else 's'}"
    return (
        f"{clause} is saved as version {clause.version}. {count} "
        f"follow{'s' if len(follows) == 1 else ''} it; contracts that exist keep their words."
    )


@require_POST
@requires(Permission.EDIT_CONTRACTS)
def archive(request: HttpRequest, clause_id: int) -> HttpResponse:
    def act() -> None:
        archive_clause(clause_id, by=_user(request), at=timezone.now())

    return _done(request, clause_id, act, "It is archived. Contracts keep it.")


@require_POST
@requires(Permission.EDIT_CONTRACTS)
def restore(request: HttpRequest, clause_id: int) -> HttpResponse:
    def act() -> None:
        restore_clause(clause_id, by=_user(request), at=timezone.now())

    return _done(request, clause_id, act, "It is in use again.")


def _done(request: HttpRequest, clause_id: int, act: Callable[[], None], text: str) -> HttpResponse:
    clause = _clause(clause_id)
    try:
        act()
    except NotAllowed:
        raise
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, text)
    return redirect("contracts:clause", clause.pk)


def _clause(clause_id: int) -> Clause:
    return get_object_or_404(library(), pk=clause_id)


def _user(request: HttpRequest) -> Any:
    return request.user
