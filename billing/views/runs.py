"""Billing runs: start, watch, post after a dry run, and mend what could not be billed."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing.actions import runs
from billing.forms import RunForm
from billing.models import BillingRun, Invoice, RunOutcome
from billing.queries.run import run_totals
from billing.queries.runs import customers_waiting, failing, parked, with_progress
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.infra.bus import history
from q2c.web.shortcuts import page_of


@require_http_methods(["GET", "POST"])
@requires(Permission.RUN_BILLING)
def list_(request: HttpRequest) -> HttpResponse:
    form = RunForm(request.POST or None, initial={"on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        entity = form.cleaned_data["legal_entity"]
        run = _start(
            request,
            on=form.cleaned_data["on"],
            entity_id=entity.pk if entity else None,
            post=request.POST.get("do") == "post",
        )
        return redirect("billing:run", run.pk)
    context = {
        "form": form,
        "page": page_of(with_progress(), request, order=("-started_at", "-id"), size=25),
        "parked": parked()[:50],
        "waiting": customers_waiting(on=timezone.localdate()),
    }
    return render(request, "billing/runs.html", context, status=422 if form.errors else 200)


@require_GET
@requires(Permission.RUN_BILLING)
def detail(request: HttpRequest, run_id: int) -> HttpResponse:
    context = _context(run_id, at=timezone.now())
    if request.htmx and not request.htmx.boosted:  # type: ignore[attr-defined]
        # 286 tells htmx to stop asking.
        status = 286 if context["run"].finished_at else 200
        return render(request, "billing/_run.html", context, status=status)
    return render(request, "billing/run.html", context)


@require_POST
@requires(Permission.RUN_BILLING)
def post(request: HttpRequest, run_id: int) -> HttpResponse:
    dry = get_object_or_404(BillingRun, pk=run_id, post=False)
    run = _start(request, on=dry.on, entity_id=dry.legal_entity_id, post=True)
    return redirect("billing:run", run.pk)


@require_POST
@requires(Permission.RUN_BILLING)
def try_again(request: HttpRequest, run_id: int) -> HttpResponse:
    runs.try_again(run_id, by=request.user, at=timezone.now())  # type: ignore[arg-type]
    return redirect("billing:run", run_id)


@require_POST
@requires(Permission.RUN_BILLING)
def bill_again(request: HttpRequest, customer_id: int) -> HttpResponse:
    outcome = runs.bill_again(
        customer_id,
        on=timezone.localdate(),
        by=request.user,  # type: ignore[arg-type]
        at=timezone.now(),
    )
    if outcome:
        messages.error(request, f"Still not billed: {outcome.reason}")
        return redirect("billing:runs")
    invoice = Invoice.objects.filter(customer_id=customer_id, kind=Invoice.INVOICE).last()
    messages.success(request, "Billed." if invoice else "Nothing is due any more.")
    return redirect("billing:invoice", invoice.pk) if invoice else redirect("billing:runs")


def _start(request: HttpRequest, *, on: Any, entity_id: int | None, post: bool) -> BillingRun:
    at = timezone.now()
    run = runs.start_run(
        on=on,
        post=post,
        by=request.user,  # type: ignore[arg-type]
        at=at,
        entity_id=entity_id,
    )
    runs.enqueue_shards(run.pk, at=at)
    return run


def _context(run_id: int, *, at: datetime) -> dict[str, Any]:
    run = get_object_or_404(
        BillingRun.objects.select_related("started_by", "legal_entity"), pk=run_id
    )
    totals = run_totals(run_id)
    return {
        "run": run,
        "totals": totals,
        "sums": [
            {
                "currency": currency,
                "invoices": row["invoices"],
                **{name: Decimal(row[name]) for name in ("net", "tax", "total")},
            }
            for currency, row in totals["totals"].items()
        ],
        "seconds": ((run.finished_at or at) - run.started_at).total_seconds(),
        "outcomes": RunOutcome.objects.filter(run=run).select_related("customer")[:200],
        "failing": failing(run_id),
        "events": history("billing_run", run_id)[:20],
    }
