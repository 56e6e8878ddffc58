"""Pass an offer on to a colleague, by a link of their own; and take links away."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from q2c.customers.models import PortalLink
from q2c.customers.portal import signs_still
from q2c.identity.models import User
from q2c.infra.bus import publish
from q2c.infra.locks import locked
from q2c.kernel.errors import NotAllowed, Refused
from quotes.actions.drafting import own_quote
from quotes.actions.sending import bytes_of
from quotes.events import QuoteForwarded, QuoteLinksRevoked, QuoteSentAgain
from quotes.models import Quote
from quotes.queries import readers_by_forward
from quotes.rules.states import QuoteState

_MOST_COLLEAGUES = 20
_TOO_SOON = timedelta(minutes=1)


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
    hands_over: bool = False,
) -> None:
    """Have a colleague of the reader mailed a link of their own; the seller sees that it was done.

    Only who may sign can let a colleague sign. Who hands the signing over reads on by their own
    links, those that later mails bring too, and signs by none of them.
    """
    may_sign = may_sign or hands_over
    name, email = name.strip(), email.strip().lower()
    _check_person(name, email)
    quote = locked(Quote, quote_id)
    if may_sign:
        _check_signer(email, link)
    if quote.state != QuoteState.SENT.value:
        raise Refused(_("This offer is no longer open."))
    known = readers_by_forward(quote.pk, at=at)
    if email not in known and len(known) >= _MOST_COLLEAGUES:
        raise Refused(_("This offer was forwarded to twenty people already. Ask its sender."))
    if hands_over:
        if email == link.reader_email.lower():
            raise Refused(_("This is your own address."), field="email")
        _links_of(quote, link.reader_email).update(may_sign=False)
    what = "who signs instead" if hands_over else "who may sign" if may_sign else "to read"
    publish(
        QuoteForwarded(
            at=at,
            quote_id=quote.pk,
            link_id=link.pk,
            name=name,
            email=email,
            may_sign=may_sign,
            hands_over=hands_over,
        ),
        by=by,
        label=link.reader or "Customer",
        customer_id=quote.customer_id,
        reason=f"To {name} <{email}>, {what}",
        details=link.as_evidence(),
    )


def _check_person(name: str, email: str) -> None:
    if not 1 <= len(name) <= 200:
        raise Refused(_("Type your colleague's name."), field="colleague")
    try:
        validate_email(email)
    except ValidationError:
        raise Refused(_("Type an e-mail address such as kim@example.com."), field="email") from None


def _check_signer(email: str, link: PortalLink) -> None:
    if not signs_still(link):
        raise NotAllowed(_("Only who may sign can let a colleague sign."), field="may_sign")
    if User.objects.filter(email__iexact=email).exists():
        raise Refused(_("This person works for the seller and cannot sign for you."), field="email")


def forward_for_customer(  # noqa: PLR0913  who passes what on to whom
    quote_id: int,
    *,
    name: str,
    email: str,
    may_sign: bool,
    by: User,
    at: datetime,
    hands_over: bool = False,
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
    forward_quote(
        quote.pk,
        link=link,
        name=name,
        email=email,
        may_sign=may_sign,
        hands_over=hands_over,
        by=by,
        at=at,
    )


@transaction.atomic
def send_again(quote_id: int, email: str, *, by: User, at: datetime) -> None:
    """Mail one reader of an open offer a new link; their old ones are dead at once.

    The new link may do what the last one might. Where nobody could sign any more, because the
    signing was handed over to somebody whose links are dead, the contact may again.
    """
    quote = own_quote(quote_id, by=by)
    if quote.state != QuoteState.SENT.value:
        raise Refused("This offer is no longer open.")
    theirs = _links_of(quote, email)
    last = theirs.select_related("contact").order_by("-pk").first()
    if last is None:
        raise Refused("This person never had a link to the offer.", field="email")
    if at - max(last.created_at, last.revoked_at or last.created_at) < _TOO_SOON:
        raise Refused("They were sent a link less than a minute ago.")
    theirs.filter(revoked_at=None).update(revoked_at=at)
    signers = PortalLink.objects.filter(
        purpose=PortalLink.QUOTE,
        document_id=quote.pk,
        may_sign=True,
        revoked_at=None,
        expires_at__gt=at,
    )
    may_sign = last.may_sign or (not last.person_email and not signers.exists())
    publish(
        QuoteSentAgain(at=at, quote_id=quote.pk, link_id=last.pk, may_sign=may_sign),
        by=by,
        customer_id=quote.customer_id,
        reason=f"To {last.reader} <{last.reader_email}>; earlier links are dead",
        details={**last.as_evidence(), **bytes_of(quote)},
    )


def _links_of(quote: Quote, email: str) -> QuerySet[PortalLink]:
    """Return all links of one person to a quote, living or dead."""
    links = PortalLink.objects.filter(purpose=PortalLink.QUOTE, document_id=quote.pk)
    own = Q(person_email="", contact__email__iexact=email) | Q(person_email__iexact=email)
    return links.filter(own)


def may_go_on(link: PortalLink, new: Quote) -> tuple[bool, bool]:
    """Say whether a link to an offer leads to the one in its place, and may sign that.

    Not where this person's links to the new one were revoked, and no more than the last of them may.
    """
    email = link.reader_email
    last = _links_of(new, email).order_by("-pk").first() if email else None
    if last is None:
        return True, link.may_sign
    return last.revoked_at is None, link.may_sign and last.may_sign


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
