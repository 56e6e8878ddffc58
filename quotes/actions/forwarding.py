"""Pass an offer on to a colleague, by a link of their own; and take links away."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from q2c.customers.models import PortalLink
from q2c.identity.models import User
from q2c.infra.bus import publish
from q2c.infra.locks import locked
from q2c.kernel.errors import NotAllowed, Refused
from quotes.actions.drafting import own_quote
from quotes.events import QuoteForwarded, QuoteLinksRevoked
from quotes.models import Quote
from quotes.queries import readers_by_forward
from quotes.rules.states import QuoteState

_MOST_COLLEAGUES = 20


@transaction.atomic
def forward_quote(  # noqa: PLR0913  who passes what on to whom
    quote_id: int,
    *,
    link: PortalLink,
    name: str,
    email: str,
    may_sign: bool,
    by: User | None,
    at: datetime,
) -> None:
    """Have a colleague of the reader mailed a link of their own; the seller sees that it was done.

    Only who may sign can let a colleague sign.
    """
    name, email = name.strip(), email.strip().lower()
    if not 1 <= len(name) <= 200:
        raise Refused(_("Type your colleague's name."), field="colleague")
    try:
        validate_email(email)
    except ValidationError:
        raise Refused(_("Type an e-mail address such as kim@example.com."), field="email") from None
    if may_sign and not link.may_sign:
        raise NotAllowed(_("Only who may sign can let a colleague sign."), field="may_sign")
    quote = locked(Quote, quote_id)
    if quote.state != QuoteState.SENT.value:
        raise Refused(_("This offer is no longer open."))
    known = readers_by_forward(quote.pk, at=at)
    if email not in known and len(known) >= _MOST_COLLEAGUES:
        raise Refused(_("This offer was forwarded to twenty people already. Ask its sender."))
    publish(
        QuoteForwarded(
            at=at,
            quote_id=quote.pk,
            link_id=link.pk,
            name=name,
            email=email,
            may_sign=may_sign,
        ),
        by=by,
        label=link.reader or "Customer",
        customer_id=quote.customer_id,
        reason=f"To {name} <{email}>, {'who may sign' if may_sign else 'to read'}",
    )


def forward_for_customer(
    quote_id: int, *, name: str, email: str, may_sign: bool, by: User, at: datetime
) -> None:
    """Forward an offer in the name of who may sign it; refuses when nobody has a living link."""
    quote = own_quote(quote_id, by=by)
    links = PortalLink.objects.filter(
        purpose=PortalLink.QUOTE,
        document_id=quote.pk,
        may_sign=True,
        revoked_at=None,
        expires_at__gt=at,
    )
    link = links.select_related("contact").order_by("pk").first()
    if link is None:
        raise Refused("Nobody who may sign has a link to this offer: send it first.")
    forward_quote(quote.pk, link=link, name=name, email=email, may_sign=may_sign, by=by, at=at)


@transaction.atomic
def revoke_reader(quote_id: int, email: str, *, by: User, at: datetime) -> int:
    """Kill the living links of one person to a quote, at once; returns how many."""
    quote = own_quote(quote_id, by=by)
    links = PortalLink.objects.filter(
        purpose=PortalLink.QUOTE, document_id=quote.pk, revoked_at=None, expires_at__gt=at
    ).select_related("contact")
    theirs = [link for link in links if link.reader_email.lower() == email.lower()]
    if not theirs:
        raise Refused("This person has no living link to the offer.")
    PortalLink.objects.filter(pk__in=[link.pk for link in theirs]).update(revoked_at=at)
    publish(
        QuoteLinksRevoked(at=at, quote_id=quote.pk),
        by=by,
        customer_id=quote.customer_id,
        reason=f"Of {theirs[0].reader} <{email}>",
    )
    return len(theirs)
