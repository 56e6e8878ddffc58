"""What contracts show on other apps' pages."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from contracts.queries import visible_to
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from quotes.queries import evidence_of

SHOWN = 6


@require_GET
@requires(Permission.VIEW_CONTRACTS)
def customer(request: HttpRequest, customer_id: int) -> HttpResponse:
    user: Any = request.user
    contracts = visible_to(user).filter(customer_id=customer_id)
    context = {
        "contracts": contracts.order_by("-id")[:SHOWN],
        "count": contracts.count(),
        "all_of": customer_id,
    }
    return render(request, "contracts/_panel.html", context)


@require_GET
@requires(Permission.VIEW_CONTRACTS)
def quote(request: HttpRequest, quote_id: int) -> HttpResponse:
    user: Any = request.user
    contracts = visible_to(user).filter(quote_id=quote_id)
    return render(request, "contracts/_panel.html", {"contracts": contracts})


@require_GET
@requires(Permission.VIEW_CONTRACTS)
def evidence(request: HttpRequest, contract_id: int) -> HttpResponse:
    """What proves how the contract came to be signed: the chain of its offer, which it continues."""
    user: Any = request.user
    contract = get_object_or_404(visible_to(user), pk=contract_id)
    context = {"certificate": evidence_of(contract.quote_id), "quote_id": contract.quote_id}
    return render(request, "quotes/_evidence.html", context)
