"""The demo's outbox: every e-mail that was written, as its reader sees it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from q2c.infra.models import Mail, MailAttachment
from q2c.web.shortcuts import page_of


def _demo_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mails hold private links: outside the demo nobody reads them here."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    return login_required(require_GET(inner))


@_demo_only
def outbox(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    mails = Mail.objects.all()
    if text:
        mails = mails.filter(Q(to__icontains=text) | Q(subject__icontains=text))
    page = page_of(mails, request)
    return render(request, "demo/outbox.html", {"page": page, "query": text})


@_demo_only
def mail(request: HttpRequest, mail_id: int) -> HttpResponse:
    found = get_object_or_404(Mail.objects.prefetch_related("attachments"), pk=mail_id)
    return render(request, "demo/mail.html", {"mail": found})


@csp_replace({"style-src": ["'unsafe-inline'"], "frame-ancestors": ["'self'"], "script-src": []})
@xframe_options_sameorigin
@_demo_only
def mail_body(request: HttpRequest, mail_id: int) -> HttpResponse:
    """The message alone, under a policy that allows the inline styles e-mail needs, no script."""
    return HttpResponse(get_object_or_404(Mail, pk=mail_id).html)


@_demo_only
def attachment(request: HttpRequest, attachment_id: int) -> HttpResponse:
    found = get_object_or_404(MailAttachment.objects.select_related("blob"), pk=attachment_id)
    response = HttpResponse(bytes(found.blob.content), content_type=found.blob.media_type)
    response["Content-Disposition"] = f'inline; filename="{found.name}"'
    return response
