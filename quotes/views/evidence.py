"""What proves how an offer was answered: its chain, for us, and its certificate, for both sides."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from q2c.customers.models import PortalLink
from q2c.identity.access import requires
from q2c.identity.roles import Permission
from quotes.documents import offer_certificate
from quotes.models import Quote
from quotes.queries import evidence_of
from quotes.views.offer import inline
from quotes.views.portal_door import by_link
from quotes.views.staff import quote_of


@require_GET
@requires(Permission.VIEW_QUOTES)
def panel(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Say on the page of a quote or its contract whether the chain is whole."""
    user: Any = request.user
    quote = quote_of(user, quote_id)
    context = {"certificate": evidence_of(quote.pk), "quote_id": quote.pk}
    return render(request, "quotes/_evidence.html", context)


@require_GET
@requires(Permission.VIEW_QUOTES)
def page(request: HttpRequest, quote_id: int) -> HttpResponse:
    user: Any = request.user
    quote = quote_of(user, quote_id)
    context = {"certificate": evidence_of(quote.pk), "quote": quote}
    return render(request, "quotes/certificate.html", context)


@require_GET
@requires(Permission.VIEW_QUOTES)
def pdf(request: HttpRequest, quote_id: int) -> HttpResponse:
    user: Any = request.user
    return _pdf(quote_of(user, quote_id))


@require_GET
@by_link
def portal_pdf(request: HttpRequest, link: PortalLink, quote: Quote) -> HttpResponse:
    """Give the customer the certificate of what they answered."""
    return _pdf(quote)


def _pdf(quote: Quote) -> HttpResponse:
    if quote.sent_at is None:
        raise Http404
    content = offer_certificate(quote, at=timezone.now())
    return inline(content, "application/pdf", f"{quote.number}-certificate.pdf")
