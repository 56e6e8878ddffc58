from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_GET, require_http_methods

from q2c.customers.actions.links import send_fresh_links
from q2c.customers.models import LegalEntity, PortalLink
from q2c.customers.portal import find_link, language_of, visit
from q2c.customers.portal_session import private, remember
from q2c.customers.rules.brand import ink_on
from q2c.infra.tries import count_try

_PAGES = {
    PortalLink.QUOTE: "quotes:portal_quote",
    PortalLink.CONTRACT: "contracts:portal_contract",
    PortalLink.INVOICE: "billing:portal_invoice",
    PortalLink.ACCOUNT: "billing:portal_account",
}
_TRIES_PER_MINUTE = 30


@private
@require_GET
def exchange(request: HttpRequest, token: str) -> HttpResponse:
    """Swap the token for a cookie once, and go on under an address without it."""
    now, ip = timezone.now(), request.META.get("REMOTE_ADDR")
    if _too_many(ip):
        return render(request, "portal/too_many.html", status=429)
    link = find_link(token, at=now)
    if link is None:
        if language := language_of(token):
            translation.activate(language)
        return render(request, "portal/expired.html", status=404)
    visit(link, at=now, ip=ip, user_agent=request.headers.get("User-Agent", ""))
    response = redirect(reverse(_PAGES[link.purpose], args=[link.document_id]))
    remember(request, response, link)
    return response


@private
@require_http_methods(["POST"])
def ask_again(request: HttpRequest) -> HttpResponse:
    """Mail a new link to the contact on file; the answer is the same for everybody."""
    email = request.POST.get("email", "").strip()[:254]
    if email and not _too_many(f"again:{request.META.get('REMOTE_ADDR')}"):
        send_fresh_links(email, at=timezone.now())
    return render(request, "portal/asked_again.html", {"from_email": settings.DEFAULT_FROM_EMAIL})


@require_GET
def logo(request: HttpRequest, entity_id: int) -> HttpResponse:
    """Serve the logo of a company of ours: it is no secret."""
    found = LegalEntity.objects.select_related("logo").filter(pk=entity_id).first()
    if found is None or found.logo is None:
        raise Http404
    response = HttpResponse(bytes(found.logo.content), content_type=found.logo.media_type)
    patch_cache_control(response, public=True, max_age=86_400)
    return response


@require_GET
def brand(request: HttpRequest, entity_id: int) -> HttpResponse:
    """Serve the accent colour of a company of ours as a style sheet for its customers' pages."""
    entity = get_object_or_404(LegalEntity, pk=entity_id)
    color = entity.accent_color
    css = ""
    if color:
        css = (
            f":root {{ --brand: {color}; --on-brand: {ink_on(color)}; }}\n"
            ".portal-head { border-block-start: 4px solid var(--brand); }\n"
            ".portal .button-primary { background: var(--brand); color: var(--on-brand); }\n"
        )
    response = HttpResponse(css, content_type="text/css")
    patch_cache_control(response, public=True, max_age=86_400)
    return response


def _too_many(key: str | None) -> bool:
    return count_try(f"portal:{key}", at=timezone.now()) > _TRIES_PER_MINUTE
