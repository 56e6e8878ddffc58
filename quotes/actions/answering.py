"""What the customer does in the end: accept, or decline."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from q2c.customers.models import Contact, PortalLink
from q2c.customers.portal import signs_still
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.clock import day_in
from q2c.infra.locks import locked
from q2c.kernel.errors import Refused
from q2c.web.templatetags.q2c import day
from quotes.actions.merged import release_merged
from quotes.actions.sealing import seal_of
from quotes.actions.sending import bytes_of
from quotes.actions.submitting import close_requests
from quotes.events import QuoteAccepted, QuoteCancelled, QuoteDeclined
from quotes.models import Acceptance, Quote
from quotes.rules.states import LIFECYCLE, QuoteState

_PNG = "data:image/png;base64,"
_LARGEST_SIGNATURE = 400_000


@dataclass(frozen=True, kw_only=True)
class Signature:
    """Who signs and how; `image` is the typed name, or a PNG as a data: address."""

    name: str
    kind: str
    image: str
    consent: str
    content_hash: str
    ip: str | None = None
    user_agent: str = ""

    def as_evidence(self) -> dict[str, str | None]:
        """Return how it was given and from where; the picture stands for itself by its hash."""
        return {
            "signature_kind": self.kind,
            "signature_sha256": hashlib.sha256(self.image.encode()).hexdigest(),
            "ip": self.ip,
            "user_agent": self.user_agent[:300],
        }


@transaction.atomic
def accept_quote(
    quote_id: int,
    signature: Signature,
    *,
    by: User | None,
    at: datetime,
    contact: Contact | None,
    link: PortalLink | None = None,
) -> Quote:
    """Accept a sent quote as it was shown, and keep those bytes; a second click changes nothing.

    A second click is the same signer's on the same choice; whoever signs another one, in another
    tab or by a program, is told that it was accepted already.

    The signature's `content_hash` says what was shown: the offer as proposed, or a selection of it
    that was kept before with its document. Refused when it ran out, was replaced, is not what was
    sealed or what the signer was shown, or when somebody else accepted it. Drafts of a newer version are cancelled.
    """
    if by is not None:
        require(by, Permission.EDIT_QUOTES)
    quote = locked(Quote, quote_id)
    if quote.state == QuoteState.ACCEPTED.value:
        _check_same_hand(quote.acceptance, signature)
        return quote
    _check_link(link)
    after = LIFECYCLE.after(QuoteState(quote.state), "accept")
    if quote.valid_until < day_in(quote.legal_entity.time_zone, at):
        raise Refused(
            _("This offer ran out on %(day)s. Ask for a new one.") % {"day": day(quote.valid_until)}
        )
    selection = quote.selections.filter(content_hash=signature.content_hash).first()
    if selection is None and signature.content_hash != quote.content_hash:
        raise Refused(
            _("The offer is not the one you were shown. Reload the page and read it again.")
        )
    if quote.content_hash != seal_of(quote):
        raise Refused(_("This offer is not what was approved. Ask for a new one."))
    assert quote.document_id, "a sent quote has its document"
    check_signature(signature)
    acceptance = Acceptance.objects.create(
        quote=quote,
        contact=contact,
        link=link,
        name=signature.name.strip(),
        signature_kind=signature.kind,
        signature=signature.image,
        consent=signature.consent,
        content_hash=signature.content_hash,
        selection=selection,
        document_id=selection.document_id if selection else quote.document_id,
        accepted_at=at,
        ip=signature.ip,
        user_agent=signature.user_agent[:300],
    )
    quote.state, quote.decided_at = after.value, at
    quote.save(update_fields=["state", "decided_at"])
    _cancel_newer(quote, at=at)
    publish(
        QuoteAccepted(at=at, quote_id=quote.pk),
        by=by,
        label=signature.name.strip(),
        customer_id=quote.customer_id,
        reason=signature.consent,
        details={
            **(link.as_evidence() if link else {}),
            "content_hash": acceptance.content_hash,
            "document_sha256": acceptance.document_id,
            **signature.as_evidence(),
        },
    )
    return quote


@transaction.atomic
def decline_quote(  # noqa: PLR0913  who declines, and from where
    quote_id: int,
    reason: str,
    *,
    by: User | None,
    at: datetime,
    contact: Contact | None,
    link: PortalLink | None = None,
    origin: Mapping[str, str | None] | None = None,
) -> Quote:
    """Decline a sent quote with a reason; the owner is told at once."""
    if not reason.strip():
        raise Refused(_("Please say why, in a word or two."), field="reason")
    quote = locked(Quote, quote_id)
    if quote.state == QuoteState.DECLINED.value:
        return quote
    _check_link(link)
    quote.state = LIFECYCLE.after(QuoteState(quote.state), "decline").value
    quote.decided_at, quote.decline_reason = at, reason.strip()[:2000]
    quote.save(update_fields=["state", "decided_at", "decline_reason"])
    publish(
        QuoteDeclined(at=at, quote_id=quote.pk),
        by=by,
        label=(link.reader if link else "") or (contact.name if contact else "Customer"),
        customer_id=quote.customer_id,
        reason=quote.decline_reason,
        details={
            **(link.as_evidence() if link else {}),
            **bytes_of(quote),
            **(origin or {}),
        },
    )
    return quote


def _check_link(link: PortalLink | None) -> None:
    if link is not None and not signs_still(link):
        raise Refused(_("You may read this offer, but somebody else accepts it."))


def _check_same_hand(acceptance: Acceptance, signature: Signature) -> None:
    is_same_name = acceptance.name.casefold() == signature.name.strip().casefold()
    if not is_same_name or acceptance.content_hash != signature.content_hash:
        raise Refused(
            _("%(name)s has accepted this offer on %(day)s.")
            % {"name": acceptance.name, "day": day(acceptance.accepted_at.date())}
        )


def _cancel_newer(quote: Quote, *, at: datetime) -> None:
    newer = Quote.objects.filter(number=quote.number, version__gt=quote.version)
    cancel_open(newer, reason=f"The customer accepted version {quote.version}", at=at)


def cancel_open(quotes: QuerySet[Quote], *, reason: str, at: datetime) -> None:
    """Withdraw those of some quotes that were not sent yet."""
    for other in quotes.select_for_update(no_key=True).order_by("pk"):
        if other.state == QuoteState.SENT.value:
            continue
        if other.state == QuoteState.IN_REVIEW.value:
            close_requests(other)
            _move(other, "recall")  # the table has no way from the review to the bin
        if LIFECYCLE.allows(QuoteState(other.state), "cancel"):
            _move(other, "cancel")
            release_merged(other, by=None, at=at)
            publish(
                QuoteCancelled(at=at, quote_id=other.pk),
                by=None,
                customer_id=other.customer_id,
                reason=reason,
            )


def _move(quote: Quote, verb: str) -> None:
    quote.state = LIFECYCLE.after(QuoteState(quote.state), verb).value
    quote.save(update_fields=["state"])


def check_signature(signature: Signature) -> None:
    """Refuse a signature without a name, or that is neither typed nor drawn, beside its field."""
    if not signature.name.strip():
        raise Refused(_("Type your full name."), field="name")
    if len(signature.name) > 200:
        raise Refused(_("A name has at most 200 characters."), field="name")
    if signature.kind == Acceptance.TYPED:
        if not signature.image.strip():
            raise Refused(_("Type your name as your signature."), field="signature")
    elif signature.kind == Acceptance.DRAWN:
        _check_png(signature.image)
    else:
        raise Refused(_("Sign by typing or by drawing."), field="signature_kind")


def _check_png(image: str) -> None:
    if not image.startswith(_PNG):
        raise Refused(_("Draw your signature in the box, or type your name."), field="signature")
    if len(image) > _LARGEST_SIGNATURE:
        raise Refused(_("The drawing is too large. Clear it and sign again."), field="signature")
    try:
        raw = base64.b64decode(image.removeprefix(_PNG), validate=True)
    except binascii.Error:
        raw = b""
    if not raw.startswith(b"\x89PNG\r\n\x1a\n"):
        raise Refused(
            _("The drawing did not arrive whole. Clear it and sign again."), field="signature"
        )
