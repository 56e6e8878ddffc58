"""Who is late, since when, and which letter comes next."""

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


@require_GET
@requires(Permission.MANAGE_COLLECTIONS)
def worklist(request: HttpRequest) -> HttpResponse:
    rows = overdue_customers(on=timezone.localdate())
    text = request.GET.get("q", "").strip().lower()
    if text:
        rows = [row for row in rows if text in row.customer.lower()]
    levels = {level.level: level.name for level in DunningLevel.objects.all()}
    context = {"rows": rows, "levels": levels, "query": request.GET.get("q", "")}
    return render(request, "billing/collections.html", context)


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
