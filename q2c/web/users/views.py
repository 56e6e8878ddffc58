"""The pages where administrators look after our people."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from q2c.identity import queries
from q2c.identity.access import requires
from q2c.identity.actions import (
    add_user,
    deactivate_user,
    edit_user,
    reactivate_user,
    send_password_link,
)
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import history
from q2c.kernel.errors import Refused
from q2c.web.shortcuts import page_of
from q2c.web.users.forms import UserForm

_TABS = {
    queries.ACTIVE: "Active",
    queries.INVITED: "Invited",
    queries.DEACTIVATED: "Deactivated",
}


@require_GET
@requires(Permission.MANAGE_USERS)
def list_(request: HttpRequest) -> HttpResponse:
    query, state = request.GET.get("q", "").strip(), request.GET.get("state", "")
    counts = queries.counts_by_state()
    context = {
        "page": page_of(queries.people(query, state=state), request, order=("full_name", "id")),
        "query": query,
        "keep": {"state": state} if state in _TABS else {},
        "tabs": [
            {"label": "All", "url": "?", "current": state not in _TABS},
            *(
                {
                    "label": label,
                    "url": f"?state={name}",
                    "current": state == name,
                    "count": counts[name],
                }
                for name, label in _TABS.items()
            ),
        ],
    }
    return render(request, "web/users/list.html", context)


@require_GET
@requires(Permission.MANAGE_USERS)
def detail(request: HttpRequest, user_id: int) -> HttpResponse:
    person = get_object_or_404(queries.people(), pk=user_id)
    context = {
        "person": person,
        "is_oneself": person.pk == request.user.pk,
        "permissions": sorted(permission.value for permission in person.permissions),
        "team": person.team.filter(is_active=True),
        "events": history("user", user_id)[:50],
    }
    return render(request, "web/users/detail.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_USERS)
def new(request: HttpRequest) -> HttpResponse:
    form = UserForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = add_user(form.draft(), by=_by(request), at=timezone.now())
        except Refused as refusal:
            _put_on_form(form, refusal)
        else:
            words = f"{user.full_name} is added; a link to choose a password goes to {user.email}."
            messages.success(request, words)
            return redirect("users:detail", user.pk)
    return _form_page(request, form, None)


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_USERS)
def edit(request: HttpRequest, user_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=user_id)
    form = UserForm(request.POST or None, user=person)
    if request.method == "POST" and form.is_valid():
        try:
            edit_user(user_id, form.draft(), by=_by(request), at=timezone.now())
        except Refused as refusal:
            _put_on_form(form, refusal)
        else:
            return redirect("users:detail", user_id)
    return _form_page(request, form, person)


@require_POST
@requires(Permission.MANAGE_USERS)
def deactivate(request: HttpRequest, user_id: int) -> HttpResponse:
    get_object_or_404(User, pk=user_id)
    user = deactivate_user(user_id, by=_by(request), at=timezone.now())
    messages.success(request, f"{user.full_name} is deactivated and signed out everywhere.")
    return redirect("users:detail", user_id)


@require_POST
@requires(Permission.MANAGE_USERS)
def reactivate(request: HttpRequest, user_id: int) -> HttpResponse:
    get_object_or_404(User, pk=user_id)
    user = reactivate_user(user_id, by=_by(request), at=timezone.now())
    words = f"{user.full_name} may come in again; a link to choose a password goes to {user.email}."
    messages.success(request, words)
    return redirect("users:detail", user_id)


@require_POST
@requires(Permission.MANAGE_USERS)
def password_link(request: HttpRequest, user_id: int) -> HttpResponse:
    get_object_or_404(User, pk=user_id)
    user = send_password_link(user_id, by=_by(request), at=timezone.now())
    messages.success(request, f"A link to choose a password goes to {user.email}.")
    return redirect("users:detail", user_id)


def _form_page(request: HttpRequest, form: UserForm, person: User | None) -> HttpResponse:
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "person": person}
    return render(request, "web/users/form.html", context, status=status)


def _by(request: HttpRequest) -> Any:
    return request.user


def _put_on_form(form: UserForm, refusal: Refused) -> None:
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
