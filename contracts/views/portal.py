"""The customer's view of a contract, opened by a private link; everything else is 404."""

from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from contracts.models import Contract
from contracts.rules.renewal import notice_by
from contracts.views.staff import signed_pdf
from q2c.customers.models import PortalLink
from q2c.customers.portal_session import opened_link, private
from quotes.queries import accepted_quote, line_groups


@require_GET
@private
def contract(request: HttpRequest, contract_id: int) -> HttpResponse:
    found = _opened(request, contract_id)
    quote = accepted_quote(found.quote_id)
    context = {
        "contract": found,
        "legal_entity": found.legal_entity,
        "groups": line_groups(quote),
        "last_day": found.ends_on - timedelta(days=1),
        "notice_by": notice_by(found.ends_on, found.notice_days),
    }
    return render(request, "contracts/portal.html", context)


@require_GET
@private
def pdf(request: HttpRequest, contract_id: int) -> HttpResponse:
    return signed_pdf(_opened(request, contract_id))


def _opened(request: HttpRequest, contract_id: int) -> Contract:
    link = opened_link(request, PortalLink.CONTRACT, contract_id)
    found = Contract.objects.select_related(
        "customer", "legal_entity", "owner", "countersigned_by", "signed_document"
    )
    # The link names its customer; a contract of another one is none of theirs.
    one = found.filter(pk=contract_id, customer_id=link.customer_id).first()
    if one is None:
        raise Http404
    return one
