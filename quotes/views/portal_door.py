"""The door of the customer's pages: a browser that opened a living link, in the quote's language."""

from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from q2c.customers.models import PortalLink
from q2c.customers.portal_session import opened_link, private
from q2c.kernel.errors import IllegalTransition, Refused
from q2c.web.retelling import retold
from quotes.models import Quote

View = Callable[..., HttpResponse]


def by_link(view: View) -> View:
    """Let only a browser that opened a living link to this quote through; leave no traces of it."""

    @private
    @wraps(view)
    def inner(request: HttpRequest, quote_id: int, **rest: object) -> HttpResponse:
        link = opened_link(request, PortalLink.QUOTE, quote_id)
        found = Quote.objects.select_related(
            "customer", "contact", "owner", "legal_entity", "document"
        )
        # The link names its customer; a quote of another one is none of theirs.
        quote = found.filter(pk=quote_id, customer_id=link.customer_id, sent_at__isnull=False)
        if (one := quote.first()) is None:
            raise Http404
        with translation.override(one.language):
            return view(request, link, one, **rest)

    return inner


def errors_of(refusal: Refused | None) -> dict[str, str]:
    """Return a refusal by the field at fault, in words that a customer can use."""
    if refusal is None:
        return {}
    is_late = isinstance(refusal, IllegalTransition)
    words = _("This offer is no longer open.") if is_late else retold(refusal.message)
    return {refusal.field or "form": words}
