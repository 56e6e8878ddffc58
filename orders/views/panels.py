"""What orders show on other apps' pages."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from orders.models import Order, Subscription
from q2c.identity.access import requires
from q2c.identity.roles import Permission

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
    context = {
        "title": "Order and subscriptions",
        "orders": Order.objects.filter(contract_id=contract_id),
        "subscriptions": Subscription.objects.filter(contract_id=contract_id).order_by("id"),
    }
    return render(request, "orders/_panel.html", context)
