"""The customer's pages, opened by a private link; everything else is 404."""

import re
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from q2c.customers.models import PortalLink
from q2c.customers.portal_session import origin_of
from q2c.kernel.errors import Refused
from quotes.actions import (
    Signature,
    accept_quote,
    ask_about_choice,
    decline_quote,
    keep_selection,
    view_quote,
)
from quotes.models import Quote, Selection
from quotes.queries import successor
from quotes.views.offer import conversation, document_response, inline, offer, picks_of
from quotes.views.portal_door import by_link, errors_of

_PICKED = re.compile(r"choice|q\d+")  # fields of what is picked
_LIVE = "offer-figures"  # what htmx asks for when something is picked


@require_GET
@by_link
def quote(request: HttpRequest, link: PortalLink, quote: Quote) -> HttpResponse:
    """Show the offer as picked; that it was read is noted, unless one of us looks."""
    now = timezone.now()
    if request.headers.get("HX-Target") == _LIVE:
        return _live(request, link, quote)
    if not request.user.is_authenticated:
        view_quote(quote.pk, link=link, at=now, origin=origin_of(request))
    return page(request, link, quote)


@require_GET
@by_link
def pdf(request: HttpRequest, link: PortalLink, quote: Quote) -> HttpResponse:
    if quote.document is None:
        raise Http404
    return document_response(quote)


@require_GET
@by_link
def chosen_pdf(
    request: HttpRequest, link: PortalLink, quote: Quote, content_hash: str
) -> HttpResponse:
    """The document of what the customer chose, byte for byte as they sign it."""
    selections = Selection.objects.select_related("document")
    chosen = get_object_or_404(selections, quote=quote, content_hash=content_hash)
    blob = chosen.document
    return inline(bytes(blob.content), blob.media_type, f"{quote.number}.pdf")


@require_POST
@by_link
def choose(request: HttpRequest, link: PortalLink, quote: Quote) -> HttpResponse:
    """Write the document of what was picked, and go on to sign it."""
    picked = QueryDict(request.POST.get("picked", ""))
    lines = list(quote.lines.order_by("position"))
    try:
        if picks := picks_of(picked, lines):
            now, name = timezone.now(), reader_of(link)
            if ask_about_choice(quote.pk, picks, made_by=name, at=now):
                raise Refused(
                    _("We must approve this choice first. We are told, and send you a new version.")
                )
            keep_selection(quote.pk, picks, made_by=name, at=now)
    except Refused as refusal:
        return page(request, link, quote, refusal=refusal)
    return redirect(
        f"{reverse('quotes:portal_quote', args=[quote.pk])}?{picked.urlencode()}#accept"
    )


@require_POST
@by_link
def accept(request: HttpRequest, link: PortalLink, quote: Quote) -> HttpResponse:
    """Take the signature under exactly the sentence and the bytes that were shown."""
    given, now = request.POST, timezone.now()
    kind = given.get("signature_kind", "typed")
    name = given.get("name", "")
    try:
        shown = offer(quote, at=now, picked=picked_in(request))
        if not link.may_sign:
            raise Refused(_("You may read this offer, but somebody else accepts it."))
        if not given.get("consent"):
            raise Refused(_("Please tick the box to agree."), field="consent")
        signature = Signature(
            name=name,
            kind=kind,
            # Without scripts the typed name is the signature.
            image=given.get("signature", "") or (name if kind == "typed" else ""),
            consent=shown["consent"],
            content_hash=given.get("content_hash", ""),
            ip=request.META.get("REMOTE_ADDR"),
            user_agent=request.headers.get("User-Agent", ""),
        )
        if shown["acceptance"] is None and signature.content_hash != shown["signed_hash"]:
            raise Refused(
                _("The offer is not the one you were shown. Reload the page and read it again.")
            )
        accept_quote(quote.pk, signature, by=None, at=now, contact=link.contact, link=link)
    except Refused as refusal:
        return page(
            request, link, quote, refusal=refusal, name=name, kind=kind, drawn=_drawn(given)
        )
    return redirect("quotes:portal_quote", quote.pk)


def _drawn(given: QueryDict) -> str:
    """Return the drawing to sign with, shown again after a refusal; none but a small picture."""
    drawing = given.get("signature", "")
    return drawing if drawing.startswith("data:image/png;base64,") else ""


@require_POST
@by_link
def decline(request: HttpRequest, link: PortalLink, quote: Quote) -> HttpResponse:
    given = request.POST
    words, kind = given.get("reason", "").strip(), given.get("why", "")
    named = decline_reasons().get(kind, "")
    reason = ": ".join(part for part in (named, words) if part)
    try:
        if not link.may_sign:
            raise Refused(_("You may read this offer, but somebody else accepts it."))
        if kind == "other" and not words:
            reason = ""
        decline_quote(
            quote.pk,
            reason,
            by=None,
            at=timezone.now(),
            contact=link.contact,
            link=link,
            origin=origin_of(request),
        )
    except Refused as refusal:
        return page(request, link, quote, refusal=refusal, reason=words, why=kind)
    return redirect("quotes:portal_quote", quote.pk)


def decline_reasons() -> dict[str, str]:
    """Return the reasons that a customer may pick, worded in the language of the page."""
    return {
        "price": _("The price is too high"),
        "competitor": _("We chose another supplier"),
        "timing": _("Not now, perhaps later"),
        "scope": _("It is not what we need"),
        "cancelled": _("We gave the project up"),
        "other": _("Another reason"),
    }


def reader_of(link: PortalLink) -> str:
    """Return who reads: the person the link is for, else nobody in particular."""
    return link.reader or _("Customer")


def picked_in(request: HttpRequest) -> QueryDict:
    """Return what is picked: in the address, which every form of the page keeps."""
    return request.GET


def page(
    request: HttpRequest,
    link: PortalLink,
    quote: Quote,
    *,
    refusal: Refused | None = None,
    **typed: Any,
) -> HttpResponse:
    """Render the offer; after a refusal with its words beside what was typed."""
    context, refusal = _context(request, link, quote, refusal)
    context |= {**conversation(quote), "name": link.reader, **typed}
    waiting = context["open_counter"]
    context["withdrawable"] = waiting.pk if waiting and waiting.is_of(link) else None
    return render(request, "quotes/portal.html", context, status=422 if refusal else 200)


def _live(request: HttpRequest, link: PortalLink, quote: Quote) -> HttpResponse:
    """Answer a change of what is picked: the amounts, and the way to sign them."""
    context, refusal = _context(request, link, quote, None)
    response = render(request, "quotes/_portal_live.html", context, status=422 if refusal else 200)
    if not refusal:
        address = reverse("quotes:portal_quote", args=[quote.pk])
        response["HX-Replace-Url"] = f"{address}?{context['picked']}"
    return response


def _context(
    request: HttpRequest, link: PortalLink, quote: Quote, refusal: Refused | None
) -> tuple[dict[str, Any], Refused | None]:
    quote.refresh_from_db()
    now, picked = timezone.now(), picked_in(request)
    try:
        shown = offer(quote, at=now, picked=picked)
    except Refused as found:
        shown, refusal, picked = offer(quote, at=now), refusal or found, QueryDict()
    context = {
        **shown,
        "link": link,
        "picked": picked.urlencode() if "choosing" in picked else "",
        "reader": link.reader,
        "reasons": decline_reasons(),
        "name": link.reader,
        "newer": successor(quote),
        "errors": (errors := errors_of(refusal)),
        "wrong": next((words for name, words in errors.items() if _PICKED.fullmatch(name)), ""),
    }
    return context, refusal
