from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from q2c.identity.models import User
from q2c.kernel.errors import Refused
from q2c.web import charts, samples
from q2c.web.models import SavedView
from q2c.web.registry import Item, cards_for, nav_for, search_for
from q2c.web.shortcuts import show


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    cards = cards_for(request.user, timezone.now())  # type: ignore[arg-type]
    context = {
        "waiting": [card for card in cards if card.count],
        "quiet": [card for card in cards if not card.count],
    }
    return render(request, "web/home.html", context)


@login_required
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:100]
    return show(
        request,
        "web/search.html",
        "web/_results.html",
        {"query": text, "groups": _groups(request.user, text)},
    )


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User), "the view asks for a sign-in"
    return request.user


def _groups(user: Any, text: str) -> dict[str, list[Item]]:
    groups: dict[str, list[Item]] = {}
    if len(text) >= 2:
        for item in search_for(user, text)[:40]:
            groups.setdefault(item.kind or "Documents", []).append(item)
    pages = [entry for entry in nav_for(user) if text.lower() in entry.label.lower()]
    if pages:
        groups["Go to"] = [
            Item(e.label, e.url_name, f"g {e.shortcut}" if e.shortcut else "") for e in pages
        ]
    return groups


@login_required
@require_GET
def shortcuts(request: HttpRequest) -> HttpResponse:
    return render(request, "web/shortcuts.html", {"entries": nav_for(request.user)})  # type: ignore[arg-type]


@login_required
@require_GET
def style_guide(request: HttpRequest) -> HttpResponse:
    context = {
        "themes": ("light", "dark"),
        "form": samples.SampleForm(samples.MISTAKES),
        "states": samples.STATES,
        "events": samples.events(),
        "tabs": samples.TABS,
        "steps": samples.STEPS,
        "facts": samples.FACTS,
        "bars": charts.stacked_bars("Deferred revenue by month", samples.SERIES, samples.ROWS),
        "line": charts.line("Monthly recurring revenue", samples.LINE),
        "shares": charts.shares(samples.AGES),
        "amounts": samples.AMOUNTS,
    }
    return render(request, "web/style_guide.html", context)


@login_required
@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    page, name = request.POST.get("page", "")[:100], request.POST.get("name", "").strip()[:60]
    if not name:
        raise Refused("Give the view a name.", field="name")
    if not url_has_allowed_host_and_scheme(page, {request.get_host()}) or not page.startswith("/"):
        raise Refused("That page cannot be kept as a view.")
    SavedView.objects.update_or_create(
        user=_user(request),
        page=page,
        name=name,
        defaults={
            "query": request.POST.get("query", "")[:1000],
            "is_shared": bool(request.POST.get("is_shared")),
        },
    )
    return redirect(f"{page}?{request.POST.get('query', '')}")


@login_required
@require_POST
def forget_view(request: HttpRequest, view_id: int) -> HttpResponse:
    view = get_object_or_404(SavedView, pk=view_id, user_id=request.user.pk)
    view.delete()
    return redirect(view.page)


@login_required
@require_GET
def saved_views(request: HttpRequest) -> HttpResponse:
    page = request.GET.get("page", "")
    views = SavedView.objects.filter(Q(user_id=request.user.pk) | Q(is_shared=True), page=page)
    context = {"views": views, "page_path": page, "query": request.GET.get("query", "")}
    return render(request, "web/_saved_views.html", context)
