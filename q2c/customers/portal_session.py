"""What a browser may see in the portal: the links it has exchanged, and nothing beside them."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache

from q2c.customers.models import PortalLink
from q2c.customers.portal import is_live

COOKIE = "portal"
_SALT = "q2c.portal"
_LONGEST = timedelta(hours=12)


View = Callable[..., HttpResponse]


def private(view: View) -> View:
    """Let no cache, search engine or other site learn what a customer's page answers."""

    @wraps(view)
    def inner(*args: Any, **kwargs: Any) -> HttpResponse:
        response = view(*args, **kwargs)
        # With no-referrer a browser sends “Origin: null”, which no CSRF check may take.
        response["Referrer-Policy"] = "same-origin"
        response["X-Robots-Tag"] = "noindex"
        response["Cache-Control"] = "no-store"
        return response

    return never_cache(inner)


def remember(request: HttpRequest, response: HttpResponse, link: PortalLink) -> None:
    """Let this browser open the link's document; at most the last twenty links are kept."""
    ids = [*[pk for pk in _ids(request) if pk != link.pk][-19:], link.pk]
    response.set_cookie(
        COOKIE,
        signing.dumps(ids, salt=_SALT, compress=True),
        max_age=_LONGEST,
        path="/portal/",
        httponly=True,
        secure=request.is_secure(),
        samesite="Strict" if request.is_secure() else "Lax",
    )


def opened_link(request: HttpRequest, purpose: str, document_id: int) -> PortalLink:
    """Return the living link by which this browser may see the document.

    Raises Http404 for anything else, so that nobody learns which documents exist. Revoking a link
    works at once, also in browsers that had opened it. From here on words and numbers are those of
    the customer's language.
    """
    links = PortalLink.objects.filter(
        pk__in=_ids(request), purpose=purpose, document_id=document_id
    ).select_related("customer", "contact", "forwarded_from__contact")
    now = timezone.now()  # noqa: TID251  a door: every portal view comes through here
    for link in links.order_by("-pk"):
        if is_live(link, at=now):
            translation.activate(link.customer.language)
            return link
    raise Http404


def origin_of(request: HttpRequest) -> dict[str, str | None]:
    """Return from where somebody acts, as evidence keeps it."""
    agent = request.headers.get("User-Agent", "")[:300]
    return {"ip": request.META.get("REMOTE_ADDR"), "user_agent": agent}


def _ids(request: HttpRequest) -> list[int]:
    try:
        ids = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=_LONGEST)
    except signing.BadSignature:
        return []
    return [pk for pk in ids if isinstance(pk, int)]
