"""Who is late, since when, and which letter comes next."""

from decimal import Decimal

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from billing.actions.dunning import send_letter_now
from billing.models import DunningLevel, Invoice
from billing.queries.payments import overdue_customers
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.infra.clock import day_in
from q2c.web.shortcuts import Page, cursor_in, cursor_of

_SHOWN = 50
_BY_AMOUNT = ("-amount", "customer_id", "currency")


@require_GET
@requires(Permission.MANAGE_COLLECTIONS)
def worklist(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    rows = overdue_customers(
        on=timezone.localdate(), name=text, after=_after(request), size=_SHOWN + 1
    )
    shown = rows[:_SHOWN]
    after = (
        cursor_of((shown[-1].amount, shown[-1].customer_id, shown[-1].currency), _BY_AMOUNT)
        if len(rows) > _SHOWN
        else ""
    )
    levels = {level.level: level.name for level in DunningLevel.objects.all()}
    context = {
        "page": Page(shown, after),
        "levels": levels,
        "query": text,
        "is_filtered": bool(text),
    }
    return render(request, "billing/collections.html", context)


def _after(request: HttpRequest) -> tuple[Decimal, int, str] | None:
    if values := cursor_in(request, _BY_AMOUNT):
        amount, customer_id, currency = values
        return Decimal(amount), int(customer_id), currency
    return None


@require_POST
@requires(Permission.MANAGE_COLLECTIONS)
def send_letter(request: HttpRequest, invoice_id: int) -> HttpResponse:
    invoice = get_object_or_404(Invoice.objects.select_related("legal_entity"), pk=invoice_id)
    now = timezone.now()
    level = send_letter_now(
        invoice_id,
        on=day_in(invoice.legal_entity.time_zone, now),
        by=request.user,  # type: ignore[arg-type]
        at=now,
    )
    name = DunningLevel.objects.get(level=level).name
    messages.success(request, f"“{name}” is on its way.")
    return redirect("billing:invoice", invoice_id)
