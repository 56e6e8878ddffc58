"""What customers do with an offer besides signing it: ask, pass it on, go to a newer version."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from q2c.customers.models import PortalLink
from q2c.customers.portal import make_link
from q2c.infra.tries import count_try
from q2c.infra.uploads import MOST_BYTES
from q2c.kernel.errors import Refused
from quotes.actions import (
    PARTS,
    NewComment,
    comment_on_quote,
    forward_quote,
    may_go_on,
    note_reading,
)
from quotes.models import Attachment, Quote
from quotes.queries import successor
from quotes.views.offer import attached
from quotes.views.portal import page
from quotes.views.portal_door import by_link

_BEACONS_A_MINUTE = 30


@require_POST
@by_link
def ask(request: HttpRequest, link: PortalLink, quote: Quote) -> HttpResponse:
    """Take a question or a wish for a change, about a line or the whole, with files."""
    given = request.POST
    line = given.get("line", "")
    try:
        new = NewComment(
            body=given.get("body", ""),
            line_id=int(line) if line.isdigit() else None,
            wants_change=bool(given.get("wants_change")),
            files=files_of(request.FILES.getlist("files")),
        )
        now = timezone.now()
        comment_on_quote(quote.pk, new, by=None, at=now, contact=link.contact, link=link)
    except Refused as refusal:
        typed: dict[str, Any] = {"body": given.get("body", ""), "asked_line": line}
        return page(request, link, quote, refusal=refusal, **typed)
    thanks = _("Thank you. %(name)s will answer you by e-mail.") % {"name": quote.owner.full_name}
    messages.success(request, thanks)
    return back(request, quote, "questions")


@require_GET
@by_link
def attachment(request: HttpRequest, link: PortalLink, quote: Quote, file_id: int) -> HttpResponse:
    """Give a file of the conversation, from either side, to save."""
    files = Attachment.objects.select_related("blob")
    return attached(get_object_or_404(files, pk=file_id, comment__quote=quote))


@require_POST
@by_link
def forward(request: HttpRequest, link: PortalLink, quote: Quote) -> HttpResponse:
    """Have a colleague mailed a link of their own."""
    given = request.POST
    may = given.get("may", "")
    typed = {
        "colleague": given.get("colleague", ""),
        "colleague_email": given.get("email", ""),
        "may": may,
    }
    try:
        forward_quote(
            quote.pk,
            link=link,
            name=typed["colleague"],
            email=typed["colleague_email"],
            may_sign=may == "sign",
            hands_over=may == "instead",
            by=None,
            at=timezone.now(),
        )
    except Refused as refusal:
        return page(request, link, quote, refusal=refusal, **typed)
    thanks = _("%(name)s gets an e-mail with a link of their own.") % {"name": typed["colleague"]}
    messages.success(request, thanks)
    return back(request, quote, "forward")


@require_POST
@by_link
def newer(request: HttpRequest, link: PortalLink, quote: Quote) -> HttpResponse:
    """Lead from an offer that was replaced to the one in its place that was sent last."""
    new = successor(quote)
    if new is None or new.customer_id != link.customer_id:
        raise Http404
    leads_on, link.may_sign = may_go_on(link, new)
    if not leads_on:
        raise Http404
    url = make_link(
        PortalLink.QUOTE,
        customer_id=link.customer_id,
        document_id=new.pk,
        contact=link.contact,
        by=None,
        at=timezone.now(),
        expires_at=link.expires_at,
        like=link,
    )
    return redirect(urlsplit(url).path)


@require_POST
@by_link
def seen(request: HttpRequest, link: PortalLink, quote: Quote) -> HttpResponse:
    """Add the seconds that parts of the page were in sight; ours alone asks, and not often."""
    if count_try(f"seen:{link.pk}", at=timezone.now()) > _BEACONS_A_MINUTE:
        return HttpResponse(status=429)
    if not request.user.is_authenticated:
        parts = {name: request.POST.get(name, "") for name in (*PARTS, "page")}
        seconds = {
            name: int(text) for name, text in parts.items() if text.isdigit() and len(text) < 6
        }
        note_reading(quote.pk, link, seconds, at=timezone.now())
    return HttpResponse(status=204)


def back(request: HttpRequest, quote: Quote, place: str) -> HttpResponse:
    """Go back to a place of the page, with what was picked."""
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    return redirect(f"{reverse('quotes:portal_quote', args=[quote.pk])}{query}#{place}")


def files_of(uploads: list[UploadedFile]) -> list[tuple[str, bytes]]:
    """Read the files of a form; refuses what is too large before reading it."""
    for upload in uploads:
        if (upload.size or 0) > MOST_BYTES:
            raise Refused(
                _("“%(name)s” is larger than 10 MB.") % {"name": upload.name}, field="files"
            )
    return [(upload.name or "file", upload.read()) for upload in uploads if upload.size is not None]
