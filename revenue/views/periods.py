"""Months and recognition: run, close, open again."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from q2c.identity.access import require, requires
from q2c.identity.roles import Permission
from q2c.kernel.errors import Refused
from revenue.actions import close_period, recognise, reopen_period
from revenue.forms import RecogniseForm
from revenue.models import Period, RecognitionRun
from revenue.queries.periods import blockers


@require_http_methods(["GET", "POST"])
@requires(Permission.VIEW_LEDGER)
def recognition(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        require(request.user, Permission.RECOGNISE_REVENUE)  # type: ignore[arg-type]
    form = RecogniseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            done = recognise(
                through=form.cleaned_data["through"],
                legal_entity_id=form.cleaned_data["legal_entity"].pk,
                by=request.user,  # type: ignore[arg-type]
                at=timezone.now(),
            )
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            sums = ", ".join(f"{amount:,} {code}" for code, amount in done.amounts.items())
            messages.success(request, f"Recognised {sums or 'nothing: all was done before'}.")
            return redirect("revenue:recognition")
    rows = RecognitionRun.objects.select_related("legal_entity").order_by("-pk")[:50]
    context = {"form": form, "runs": rows}
    status = 422 if form.errors else 200
    return render(request, "revenue/recognition.html", context, status=status)


@require_GET
@requires(Permission.VIEW_LEDGER)
def periods(request: HttpRequest) -> HttpResponse:
    rows = Period.objects.select_related("legal_entity").order_by("legal_entity", "-starts_on")
    shown: list[dict[str, Any]] = [{"period": row, "blockers": []} for row in rows[:120]]
    first_open: dict[int, dict[str, Any]] = {}
    last_closed: dict[int, dict[str, Any]] = {}
    for row in shown:  # newest first
        entity_id = row["period"].legal_entity_id
        if row["period"].state == Period.OPEN:
            first_open[entity_id] = row
        else:
            last_closed.setdefault(entity_id, row)
    for row in first_open.values():  # one month an entity can be closed next, and one reopened
        row["blockers"] = blockers(row["period"])
        row["is_next"] = True
    for row in last_closed.values():
        row["is_last"] = True
    return render(request, "revenue/periods.html", {"rows": shown})


@require_POST
@requires(Permission.CLOSE_PERIODS)
def close(request: HttpRequest, period_id: int) -> HttpResponse:
    period = close_period(period_id, by=request.user, at=timezone.now())  # type: ignore[arg-type]
    messages.success(request, f"{period} is closed.")
    return redirect("revenue:periods")


@require_POST
@requires(Permission.CLOSE_PERIODS)
def reopen(request: HttpRequest, period_id: int) -> HttpResponse:
    period = reopen_period(
        period_id,
        reason=request.POST.get("reason", ""),
        by=request.user,  # type: ignore[arg-type]
        at=timezone.now(),
    )
    messages.success(request, f"{period} takes entries again.")
    return redirect("revenue:periods")
