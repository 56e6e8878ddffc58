"""What billing shows on other apps' pages."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from billing.queries import lists
from billing.queries.agreed import parity
from contracts.queries import amended_by
from q2c.identity.access import requires
from q2c.identity.roles import Permission

SHOWN = 6


@require_GET
@requires(Permission.VIEW_INVOICES)
def customer(request: HttpRequest, customer_id: int) -> HttpResponse:
    on = timezone.localdate()
    rows = lists.invoices().filter(customer_id=customer_id)
    unsettled = lists.in_tab(rows, "open", on=on).order_by("due_on", "id")
    context = {
        "title": "Open invoices",
        "customer_id": customer_id,
        "balances": lists.open_of_customer(customer_id),
        "invoices": lists.with_status(unsettled, on=on)[:SHOWN],
        "has_any": rows.exists(),
    }
    return render(request, "billing/_customer_panel.html", context)


@require_GET
@requires(Permission.VIEW_INVOICES)
def contract(request: HttpRequest, contract_id: int) -> HttpResponse:
    """What was invoiced of a contract; an amendment is invoiced with the contract it changes."""
    on, amended = timezone.localdate(), amended_by(contract_id)
    kept = lists.of_amendment if amended else lists.of_contract
    rows = kept(lists.invoices(), contract_id).order_by("-issued_on", "-id")
    context = {
        "invoices": lists.with_status(rows, on=on)[:SHOWN],
        "contract_id": amended.id if amended else contract_id,
        "amended": amended,
    }
    return render(request, "billing/_contract_panel.html", context)


@require_GET
@requires(Permission.VIEW_INVOICES)
def agreed(request: HttpRequest, contract_id: int) -> HttpResponse:
    """What was agreed of a contract beside what was invoiced of it."""
    return render(request, "billing/_parity_panel.html", {"parity": parity(contract_id)})


@require_GET
@requires(Permission.VIEW_INVOICES)
def subscription(request: HttpRequest, subscription_id: int) -> HttpResponse:
    context = {
        "charges": lists.charges_of(subscription_id),
        "invoices": lists.invoices_of_subscription(subscription_id, limit=SHOWN),
    }
    return render(request, "billing/_subscription_panel.html", context)
