"""The page where administrators make and revoke keys."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from q2c.api.actions import KeyDraft, create_api_key, revoke_api_key
from q2c.api.forms import KeyForm
from q2c.api.models import ApiKey
from q2c.api.scopes import SCOPES
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.kernel.errors import Refused


@require_GET
@requires(Permission.MANAGE_API_KEYS)
def list_(request: HttpRequest) -> HttpResponse:
    keys = ApiKey.objects.select_related("user").order_by("-created_at", "-pk")
    now = timezone.now()
    rows = [(key, _state(key, now), f"revoke-{key.pk}") for key in keys]
    return render(request, "api/keys.html", {"rows": rows})


@never_cache
@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_API_KEYS)
def new(request: HttpRequest) -> HttpResponse:
    """Make a key; its secret is on the answer's page and nowhere else."""
    user: Any = request.user
    form = KeyForm(request.POST or None, initial={"user": user})
    if request.method == "POST" and form.is_valid():
        now, cleaned = timezone.now(), form.cleaned_data
        draft = KeyDraft(
            name=cleaned["name"],
            user_id=cleaned["user"].pk,
            scopes=tuple(cleaned["scopes"]),
            expires_at=now + timedelta(days=int(cleaned["days"])),
        )
        try:
            key, secret = create_api_key(draft, by=user, at=now)
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            return render(request, "api/key_made.html", {"key": key, "secret": secret})
    status = 422 if request.method == "POST" else 200
    return render(request, "api/key_new.html", {"form": form, "scopes": SCOPES}, status=status)


@require_POST
@requires(Permission.MANAGE_API_KEYS)
def revoke(request: HttpRequest, key_id: int) -> HttpResponse:
    user: Any = request.user
    key = revoke_api_key(key_id, by=user, at=timezone.now())
    messages.success(request, f"{key.name} is revoked; it no longer opens anything.")
    return redirect("api_keys:list")


def _state(key: ApiKey, now: Any) -> str:
    if key.revoked_at:
        return "cancelled"
    return "expired" if key.expires_at and key.expires_at <= now else "active"
