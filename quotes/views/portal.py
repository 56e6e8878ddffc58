"""The customer's pages, opened by a private link; everything else is 404."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from q2c.customers.models import PortalLink
from q2c.customers.portal_session import opened_link, private
from q2c.kernel.errors import Refused
from quotes.actions import (
    Signature,
    accept_quote,
    comment_on_quote,
    decline_quote,
    view_quote,
)
from quotes.models import Quote
from quotes.views.offer import consent_of, document_response, offer

View = Callable[[HttpRequest, PortalLink, Quote], HttpResponse]


def _private(view: View) -> Callable[[HttpRequest, int], HttpResponse]:
    """Let only a browser that opened a living link to this quote through; leave no traces of it."""

    @private
    @wraps(view)
    def inner(request: HttpRequest, quote_id: int) -> HttpResponse:
        link = opened_link(request, PortalLink.QUOTE, quote_id)
        found = Quote.objects.select_related(
            "customer", "contact", "owner", "legal_entity", "document"
        )
        # The link names its customer; a quote of another one is none of theirs.
        quote = found.filter(pk=quote_id, customer_id=link.customer_id, sent_at__isnull=False)
        if (one := quote.first()) is None:
            raise Http404
        return view(request, link, one)

    return inner


@require_GET
@_private
def quote(request: HttpRequest, link: PortalLink, quote: Quote) -> HttpResponse:
    """Show the offer; that it was read is noted, unless one of us looks."""
    now = timezone.now()
    if not request.user.is_authenticated:
        view_quote(quote.pk, contact=link.contact, at=now)
    return _page(request, link, quote)


@require_GET
@_private
def pdf(request: HttpRequest, link: PortalLink, quote: Quote) -> HttpResponse:
    if quote.document is None:
        raise Http404
    return document_response(quote)


@require_POST
@_private
def ask(request: HttpRequest, link: PortalLink, quote: Quote) -> HttpResponse:
    body = request.POST.get("body", "")
    try:
        comment_on_quote(quote.pk, body, by=None, at=timezone.now(), contact=link.contact)
    except Refused as refusal:
        return _page(request, link, quote, refusal=refusal, body=body)
    messages.success(request, f"Thank you. {quote.owner.full_name} will answer you by e-mail.")
    return redirect("quotes:portal_quote", quote.pk)


@require_POST
@_private
def accept(request: HttpRequest, link: PortalLink, quote: Quote) -> HttpResponse:
    """Take the signature under exactly the sentence and the bytes that were shown."""
    given, now = request.POST, timezone.now()
    kind = given.get("signature_kind", "typed")
    name = given.get("name", "")
    signature = Signature(
        name=name,
        kind=kind,
        # Without scripts the typed name is the signature.
        image=given.get("signature", "") or (name if kind == "typed" else ""),
        consent=consent_of(quote),
        content_hash=given.get("content_hash", ""),
        ip=request.META.get("REMOTE_ADDR"),
        user_agent=request.headers.get("User-Agent", ""),
    )
    try:
        if not given.get("consent"):
            raise Refused("Please tick the box to agree.", field="consent")
        accept_quote(quote.pk, signature, by=None, at=now, contact=link.contact)
    except Refused as refusal:
        return _page(request, link, quote, refusal=refusal, name=name)
    return redirect("quotes:portal_quote", quote.pk)


@require_POST
@_private
def decline(request: HttpRequest, link: PortalLink, quote: Quote) -> HttpResponse:
    reason = request.POST.get("reason", "")
    try:
        decline_quote(quote.pk, reason, by=None, at=timezone.now(), contact=link.contact)
    except Refused as refusal:
        return _page(request, link, quote, refusal=refusal, reason=reason)
    return redirect("quotes:portal_quote", quote.pk)


def _page(
    request: HttpRequest,
    link: PortalLink,
    quote: Quote,
    *,
    refusal: Refused | None = None,
    **typed: Any,
) -> HttpResponse:
    quote.refresh_from_db()
    name = link.contact.name if link.contact else ""
    context = {
        **offer(quote, at=timezone.now()),
        "reader": name,
        "name": name,
        "errors": {refusal.field or "form": refusal.message} if refusal else {},
        **typed,
    }
    return render(request, "quotes/portal.html", context, status=422 if refusal else 200)
