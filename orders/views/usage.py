"""Usage: what was measured last, and files of it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from orders.actions import record_usage
from orders.forms import UsageForm, put_on_form
from orders.models import UsageEvent
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.kernel.errors import NotAllowed, Refused
from q2c.web.shortcuts import page_of


@require_GET
@requires(Permission.VIEW_ORDERS)
def list_(request: HttpRequest) -> HttpResponse:
    return _show(request, UsageForm())


@require_POST
@requires(Permission.RECORD_USAGE)
def upload(request: HttpRequest) -> HttpResponse:
    form, by = UsageForm(request.POST, request.FILES), _user(request)
    if not form.is_valid():
        return _show(request, form, status=422)
    rows = form.cleaned_data["file"]
    try:
        new, known = record_usage([event for _, event in rows], by=by, at=timezone.now())
    except NotAllowed:
        raise
    except Refused as refusal:
        put_on_form(form, _at_line(refusal, [line for line, _ in rows]))
        return _show(request, form, status=422)
    messages.success(request, f"{new:,} recorded, {known:,} known already.")
    return redirect("orders:usage")


def _at_line(refusal: Refused, lines: list[int]) -> Refused:
    """Return the refusal with the event's line in the file instead of its place in the batch."""
    name, _, place = refusal.field.partition(".")
    if name != "events":
        return refusal
    words = refusal.message
    if place.isdigit():
        words = f"Line {lines[int(place)]}: {words.partition(': ')[2]}"
    return Refused(words, field="file")


def _show(request: HttpRequest, form: UsageForm, *, status: int = 200) -> HttpResponse:
    item, subscription = request.GET.get("item", ""), request.GET.get("subscription", "")
    events = UsageEvent.objects.select_related("item__subscription__customer")
    if item.isdecimal():
        events = events.filter(item_id=int(item))
    if subscription.isdecimal():
        events = events.filter(item__subscription_id=int(subscription))
    context = {
        "page": page_of(events, request, order=("-id",)),
        "form": form,
        "is_filtered": bool(item or subscription),
    }
    return render(request, "orders/usage.html", context, status=status)


def _user(request: HttpRequest) -> Any:
    return request.user
