"""What was given up of orders, and why: to see what cannot be delivered again and again."""

from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from orders.models import Closing, ClosingReason
from orders.queries.deliveries import closed_net, closings
from orders.views.staff import state_tabs
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.web.shortcuts import page_of


@require_GET
@requires(Permission.VIEW_ORDERS)
def list_(request: HttpRequest) -> HttpResponse:
    reason = request.GET.get("state", "")
    found = closings().filter(reason=reason) if reason else closings()
    page = page_of(found, request, order=("-closed_at", "-id"))
    context = {
        "page": page,
        "rows": [(closing, closed_net(closing)) for closing in page.rows],
        "keep": {"state": reason} if reason else {},
        "is_filtered": bool(reason),
        "tabs": _tabs(request, reason),
    }
    return render(request, "orders/closings.html", context)


def _tabs(request: HttpRequest, current: str) -> list[dict[str, Any]]:
    counts = dict(Closing.objects.order_by().values_list("reason").annotate(Count("pk")))
    tabs = [("", "All", sum(counts.values()))]
    tabs += [(r.value, str(r.label), counts.get(r.value, 0)) for r in ClosingReason]
    return state_tabs(request, tabs, current)
