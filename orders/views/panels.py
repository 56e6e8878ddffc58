"""What orders show on other apps' pages."""

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from orders.models import Order, Subscription
from orders.queries import items_on
from orders.queries.deliveries import reservations, reserved
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.infra.clock import day_in

SHOWN = 6


@require_GET
@requires(Permission.VIEW_ORDERS)
def customer(request: HttpRequest, customer_id: int) -> HttpResponse:
    orders = Order.objects.filter(customer_id=customer_id).order_by("-id")
    subscriptions = Subscription.objects.filter(customer_id=customer_id).order_by("-id")
    context = {
        "title": "Orders and subscriptions",
        "orders": orders[:SHOWN],
        "subscriptions": subscriptions[:SHOWN],
        "all_of": customer_id,
    }
    return render(request, "orders/_panel.html", context)


@require_GET
@requires(Permission.VIEW_ORDERS)
def contract(request: HttpRequest, contract_id: int) -> HttpResponse:
    about = Q(contract_id=contract_id) | Q(contract__amends_id=contract_id)
    subscriptions = Subscription.objects.filter(contract_id=contract_id).order_by("id")
    items = []
    if first := subscriptions.select_related("legal_entity").first():
        today = day_in(first.legal_entity.time_zone, timezone.now())
        items = items_on(contract_id, max(today, first.starts_on))
    context = {
        "title": "Order and subscriptions",
        "orders": Order.objects.filter(about).order_by("id"),
        "subscriptions": subscriptions,
        "items": items,
    }
    return render(request, "orders/_panel.html", context)


@require_GET
@requires(Permission.VIEW_ORDERS)
def product(request: HttpRequest, product_id: int) -> HttpResponse:
    """Which open orders hold how many of a product."""
    lines = reservations(product_id)
    context = {"lines": lines[:SHOWN], "count": lines.count(), "total": reserved(product_id)}
    return render(request, "orders/_product_panel.html", context)
