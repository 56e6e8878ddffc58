"""Why quotes are won and lost."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.infra.bus import history
from q2c.kernel.errors import NotAllowed, Refused
from quotes.actions import save_close_reason, say_outcome
from quotes.forms import put_on_form
from quotes.models import CloseReason
from quotes.queries import outcomes, visible_to
from quotes.views.copy_forms import CloseReasonForm, OutcomeForm
from quotes.views.staff import quote_of

_DAYS = {"30": 30, "90": 90, "365": 365}


@require_GET
@requires(Permission.VIEW_QUOTES)
def report(request: HttpRequest) -> HttpResponse:
    """Won and lost of late, by reason, and what ended without one."""
    user: Any = request.user
    asked = request.GET.get("days", "365")
    days = _DAYS.get(asked, 365)
    since = timezone.now() - timedelta(days=days)
    context = {"outcomes": outcomes(visible_to(user), since=since), "days": str(days)}
    return render(request, "quotes/outcomes.html", context)


@require_POST
@requires(Permission.EDIT_QUOTES)
def say(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Keep why a quote was won or lost."""
    user: Any = request.user
    quote = quote_of(user, quote_id)
    form = OutcomeForm(request.POST, quote=quote)
    if not form.is_valid():
        messages.error(request, "Choose a reason from the list.")
        return redirect("quotes:detail", quote.pk)
    try:
        say_outcome(
            quote.pk,
            reason_id=form.cleaned_data["reason"].pk,
            competitor=form.cleaned_data["competitor"],
            note=form.cleaned_data["note"],
            by=user,
            at=timezone.now(),
        )
    except NotAllowed:
        raise
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Noted; it counts in the report of won and lost.")
    return redirect("quotes:detail", quote.pk)


@require_GET
@requires(Permission.MANAGE_SETTINGS)
def reasons(request: HttpRequest) -> HttpResponse:
    """The reasons that people choose from."""
    found = CloseReason.objects.order_by("-is_active", "-kind", "name")
    return render(request, "quotes/close_reasons.html", {"reasons": found})


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_SETTINGS)
def reason(request: HttpRequest, reason_id: int | None = None) -> HttpResponse:
    """Add a reason, or change one."""
    user: Any = request.user
    kept = get_object_or_404(CloseReason, pk=reason_id) if reason_id else None
    form = CloseReasonForm(request.POST or None, reason=kept)
    if request.method == "POST" and form.is_valid():
        try:
            save_close_reason(form.draft(), by=user, at=timezone.now(), reason_id=reason_id)
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            return redirect("quotes:close_reasons")
    events = history("close_reason", reason_id)[:30] if reason_id else ()
    context = {"form": form, "reason": kept, "events": events}
    status = 422 if request.method == "POST" else 200
    return render(request, "quotes/close_reason.html", context, status=status)
