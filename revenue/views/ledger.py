"""The ledger: entries, one entry, panels on other pages."""

from decimal import Decimal

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from billing.queries import aged, application_ids
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.web.shortcuts import page_of
from revenue.models import Account, JournalEntry, JournalLine
from revenue.queries.reports import entries, entries_matching, touching

SOURCES = ("invoice", "payment", "allocation", "refund", "recognition")


@require_GET
@requires(Permission.VIEW_LEDGER)
def list_(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    rows = entries_matching(text) if text else entries()
    source, account = request.GET.get("source", ""), request.GET.get("account", "")
    if source in SOURCES:
        rows = rows.filter(source=source)
    if account:
        rows = touching(rows, account)
    tabs = [
        {
            "label": name.capitalize() if name else "All",
            "url": f"?source={name}",
            "current": name == source,
            "count": None,
            "total": "",
        }
        for name in ("", *SOURCES)
    ]
    context = {
        "page": page_of(rows, request, order=("-entry_on", "-id")),
        "tabs": tabs,
        "query": text,
        "keep": {"source": source} if source else {},
        "account": Account.objects.filter(code=account).first() if account else None,
    }
    return render(request, "revenue/ledger.html", context)


@require_GET
@requires(Permission.VIEW_LEDGER)
def entry(request: HttpRequest, entry_id: int) -> HttpResponse:
    found = get_object_or_404(entries().select_related("period"), pk=entry_id)
    lines = found.lines.select_related("account").order_by("pk")
    first = lines.first()
    context = {
        "entry": found,
        "lines": lines[:500],
        "count": lines.count(),
        "currency": first.currency if first else "",
    }
    return render(request, "revenue/entry.html", context)


@require_GET
@requires(Permission.VIEW_LEDGER)
def invoice_panel(request: HttpRequest, invoice_id: int) -> HttpResponse:
    applied = Q(source="allocation", source_id__in=application_ids(invoice_id))
    return _lines_panel(request, Q(source="invoice", source_id=invoice_id) | applied)


@require_GET
@requires(Permission.VIEW_LEDGER)
def payment_panel(request: HttpRequest, payment_id: int) -> HttpResponse:
    return _lines_panel(request, Q(source="payment", source_id=payment_id))


def _lines_panel(request: HttpRequest, causes: Q) -> HttpResponse:
    # Found by their causes first: lines have no index of their own on documents.
    ids = list(JournalEntry.objects.filter(causes).order_by("pk").values_list("pk", flat=True)[:60])
    lines = JournalLine.objects.filter(entry_id__in=ids).select_related("account", "entry")
    found = lines.order_by("entry_id", "pk")[:60]
    return render(request, "revenue/_lines_panel.html", {"lines": found})


@require_GET
@requires(Permission.VIEW_LEDGER)
def customer_panel(request: HttpRequest, customer_id: int) -> HttpResponse:
    rows = aged(on=timezone.localdate(), customer_id=customer_id).rows
    late = [(row.currency, row.total, row.total - row.buckets[0]) for row in rows]
    context = {"late": late, "zero": Decimal(0)}
    return render(request, "revenue/_customer_panel.html", context)
