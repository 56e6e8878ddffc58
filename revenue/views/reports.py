"""The reports: receivables, waterfall, trial balance. Each is as of a day, and exports as CSV."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from billing.queries import BUCKETS, Aged, aged
from q2c.customers.models import LegalEntity
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.kernel.errors import Refused
from q2c.web import charts
from q2c.web.shortcuts import Page, csv_response, cursor_in, cursor_of
from revenue.actions import ask_for_check
from revenue.models import BooksCheck
from revenue.queries import reports
from revenue.queries.checks import checks

_SHOWN = 50  # customers of each currency on a page
_BY_TOTAL = ("currency", "-total", "customer_id")
_TONES = ("green", "amber", "orange", "red", "red")


def _scope(request: HttpRequest) -> dict[str, Any]:
    """Read the day and the legal entity that a report is asked for."""
    text, entity = request.GET.get("on", ""), request.GET.get("entity", "")
    try:
        on = date.fromisoformat(text) if text else timezone.localdate()
    except ValueError:
        raise Refused(f"“{text}” is not a date such as 2026-03-31.") from None
    entities = list(LegalEntity.objects.order_by("name"))
    entity_id = next((row.pk for row in entities if str(row.pk) == entity), None)
    if entity and entity_id is None:
        raise Refused("There is no such legal entity.")
    return {"on": on, "entity_id": entity_id, "entities": entities}


@require_GET
@requires(Permission.VIEW_LEDGER)
def trial_balance(request: HttpRequest) -> HttpResponseBase:
    scope = _scope(request)
    rows = reports.trial_balance(on=scope["on"], legal_entity_id=scope["entity_id"])
    if "csv" in request.GET:
        header = ["account", "name", "currency", "debit", "credit", "balance"]
        body = [[r.code, r.name, r.currency, r.debit, r.credit, r.balance] for r in rows]
        return csv_response(f"trial-balance-{scope['on']}.csv", header, body)
    sums = []
    for currency in sorted({row.currency for row in rows}):
        mine = [row for row in rows if row.currency == currency]
        debit, credit = sum(r.debit for r in mine), sum(r.credit for r in mine)
        sums.append({"currency": currency, "debit": debit, "credit": credit, "rows": mine})
    return render(request, "revenue/trial_balance.html", {**scope, "sums": sums})


@require_GET
@requires(Permission.VIEW_LEDGER)
def receivables(request: HttpRequest) -> HttpResponseBase:
    scope = _scope(request)
    asked = {"on": scope["on"], "legal_entity_id": scope["entity_id"]}
    if "csv" in request.GET:
        header = ["customer", "currency", *BUCKETS, "total"]
        body = [[r.customer, r.currency, *r.buckets, r.total] for r in aged(**asked).rows]
        return csv_response(f"receivables-{scope['on']}.csv", header, body)
    after = _after(request)
    found = aged(**asked, after=after, size=_SHOWN + 1)
    ledger = reports.account_balance("receivable", **asked)
    groups = [
        _aged(found, currency, ledger.get(currency, Decimal(0)))
        for currency in ([after[0]] if after else sorted(found.sums))
    ]
    context = {**scope, "groups": groups, "buckets": BUCKETS}
    return render(request, "revenue/receivables.html", context)


def _after(request: HttpRequest) -> tuple[str, Decimal, int] | None:
    if values := cursor_in(request, _BY_TOTAL):
        currency, total, customer_id = values
        return currency, Decimal(total), int(customer_id)
    return None


def _aged(found: Aged, currency: str, ledger: Decimal) -> dict[str, Any]:
    sums = found.sums.get(currency, (Decimal(0),) * len(BUCKETS))
    total = sum(sums, Decimal(0))
    rows = [row for row in found.rows if row.currency == currency]
    shown, last = rows[:_SHOWN], rows[:_SHOWN][-1:]
    after = [cursor_of((currency, r.total, r.customer_id), _BY_TOTAL) for r in last]
    parts = list(zip(BUCKETS, sums, _TONES, strict=True))
    return {
        "currency": currency,
        "page": Page(shown, after[0] if len(rows) > _SHOWN else ""),
        "sums": sums,
        "total": total,
        "ties": ledger == total,
        "shares": charts.shares(parts),
    }


@require_GET
@requires(Permission.VIEW_LEDGER)
def waterfall(request: HttpRequest) -> HttpResponseBase:
    scope = _scope(request)
    months = reports.waterfall(legal_entity_id=scope["entity_id"])
    if "csv" in request.GET:
        header = ["month", "currency", "billed", "recognised", "deferred"]
        body = [[m.month, m.currency, m.billed, m.recognised, m.deferred] for m in months]
        return csv_response("deferred-revenue.csv", header, body)
    coming = reports.release(legal_entity_id=scope["entity_id"], on=timezone.localdate())
    ledger = reports.account_balance("deferred", on=date.max, legal_entity_id=scope["entity_id"])
    groups = []
    for currency in sorted({month.currency for month in months}):
        mine = [month for month in months if month.currency == currency]
        deferred = sum((month.deferred for month in mine), Decimal(0))
        groups.append(
            {
                "currency": currency,
                "rows": mine,
                "billed": sum((month.billed for month in mine), Decimal(0)),
                "recognised": sum((month.recognised for month in mine), Decimal(0)),
                "deferred": deferred,
                "ties": deferred == -ledger.get(currency, Decimal(0)),
                "chart": _chart(mine, currency),
                "release": charts.stacked_bars(
                    f"Still to be recognised by month, {currency}",
                    ("Revenue",),
                    [(f"{m.month:%b %y}", (m.billed,)) for m in coming if m.currency == currency],
                ),
            }
        )
    return render(request, "revenue/waterfall.html", {**scope, "groups": groups})


def _chart(months: list[reports.Month], currency: str) -> charts.Chart:
    rows = [(f"{m.month:%b %y}", (m.recognised, m.deferred)) for m in months[-18:]]
    return charts.stacked_bars(
        f"Billed by month of service, {currency}", ("Recognised", "Deferred"), rows
    )


@require_http_methods(["GET", "POST"])
@requires(Permission.VIEW_LEDGER)
def tie_out(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        ask_for_check(by=request.user, at=timezone.now())  # type: ignore[arg-type]
        return redirect("revenue:tie_out")
    newest = BooksCheck.objects.order_by("-pk")
    last, latest = newest.exclude(finished_at=None).first(), newest.first()
    waiting = latest if latest and not latest.finished_at else None
    context = {"last": last, "waiting": waiting, "checks": checks()}
    return render(request, "revenue/tie_out.html", context)
