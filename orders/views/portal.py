"""What customers see of their orders and prepaid credits by the private link to their account."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from orders.queries.credits import credit_accounts
from orders.queries.deliveries import lines_under_kits, orders_of
from q2c.customers.models import PortalLink
from q2c.customers.portal_session import opened_link, private
from q2c.infra.clock import day_in


@require_GET
@private
def credits(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Show what is left of each product's credits, when it runs out and what drew on it."""
    customer = opened_link(request, PortalLink.ACCOUNT, customer_id).customer
    on = day_in(customer.legal_entity.time_zone, timezone.now())
    context = {
        "customer": customer,
        "legal_entity": customer.legal_entity,
        "accounts": credit_accounts(customer.pk, on=on),
        "on": on,
    }
    return render(request, "orders/portal_credits.html", context)


@require_GET
@private
def orders(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Show what was ordered, what of it is on its way and what will not come, with the reason."""
    customer = opened_link(request, PortalLink.ACCOUNT, customer_id).customer
    found = orders_of(customer.pk)
    context = {
        "customer": customer,
        "legal_entity": customer.legal_entity,
        "orders": [(order, lines_under_kits(order)) for order in found],
    }
    return render(request, "orders/portal_orders.html", context)
