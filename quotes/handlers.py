"""What this app does about facts: it writes to people."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from q2c.customers.models import PortalLink
from q2c.customers.portal import make_link
from q2c.identity.models import User
from q2c.infra.mail import compose
from q2c.infra.models import Blob, Mail
from quotes.models import Acceptance, ApprovalRequest, Comment, CounterOffer, Quote
from quotes.queries import accepted_quote

_AFTER_EXPIRY = timedelta(days=30)  # a reader who comes late is told that the offer ran out


def mail_approvers(fact: dict[str, Any]) -> None:
    """Tell everybody who may decide that a quote waits for them."""
    quote = _quote(fact)
    pending = quote.approvals.filter(state=ApprovalRequest.PENDING)
    for request in pending.select_related("requested_by"):
        people = User.objects.filter(role=request.approver_role, is_active=True)
        for person in people.exclude(pk__in=[request.requested_by_id, quote.owner_id]):
            _to_colleague("quote_to_approve", quote, person, fact, request=request)


def mail_owner_approved(fact: dict[str, Any]) -> None:
    """Tell the owner that the quote may go out, unless it never had to ask."""
    quote = _quote(fact)
    if quote.approvals.filter(state=ApprovalRequest.APPROVED).exists():
        _to_colleague("quote_approved", quote, quote.owner, fact)


def mail_owner_refused(fact: dict[str, Any]) -> None:
    """Tell the owner what should change."""
    quote = _quote(fact)
    refusal = quote.approvals.filter(state=ApprovalRequest.REFUSED).order_by("-decided_at").first()
    _to_colleague("quote_refused", quote, quote.owner, fact, request=refusal)


def mail_quote(fact: dict[str, Any]) -> None:
    """Mail the customer the PDF and a link of their own."""
    quote = _quote(fact)
    if quote.contact is not None and quote.document is not None:
        _to_customer("quote_sent", quote, fact, attach=True, message=fact.get("message", ""))


def mail_comment(fact: dict[str, Any]) -> None:
    """Pass a question on to the owner; an answer to the customer and their colleagues who asked."""
    quote, comment = _quote(fact), Comment.objects.get(pk=fact["comment_id"])
    if comment.is_from_customer:
        _to_colleague("quote_question", quote, quote.owner, fact, comment=comment)
    elif quote.sent_at:
        _to_customer("quote_answer", quote, fact, comment=comment)
        for link in _colleagues_who_asked(quote, at=datetime.fromisoformat(fact["at"])):
            _to_bearer("quote_answer", quote, link, fact, comment=comment)


def mail_forwarded(fact: dict[str, Any]) -> None:
    """Mail a colleague of the reader a link of their own."""
    quote, link = _quote(fact), PortalLink.objects.get(pk=fact["link_id"])
    own = PortalLink(
        forwarded_from=link,
        person_name=fact["name"],
        person_email=fact["email"],
        may_sign=fact["may_sign"],
    )
    _to_bearer("quote_forwarded", quote, own, fact, sender=link.reader)


def mail_counter_offer(fact: dict[str, Any]) -> None:
    """Tell the owner what the customer would sign instead."""
    quote = _quote(fact)
    counter = CounterOffer.objects.get(pk=fact["counter_offer_id"])
    _to_colleague("quote_counter_offer", quote, quote.owner, fact, counter=counter)


def mail_counter_answer(fact: dict[str, Any]) -> None:
    """Tell whoever made the counter-offer how it was answered, and the contact."""
    quote = _quote(fact)
    counter = CounterOffer.objects.select_related("link__contact").get(pk=fact["counter_offer_id"])
    _to_customer("quote_counter_answer", quote, fact, counter=counter)
    if counter.link is not None and counter.link.person_email:
        _to_bearer("quote_counter_answer", quote, counter.link, fact, counter=counter)


def mail_acceptance(fact: dict[str, Any]) -> None:
    """Confirm to the customer what they accepted, with the document; and tell the owner."""
    quote = _quote(fact)
    total = accepted_quote(quote.pk).contract_total
    _to_colleague("quote_accepted", quote, quote.owner, fact, total=total)
    if quote.contact:
        _to_customer("quote_confirmation", quote, fact, attach=True)


def mail_expiry(fact: dict[str, Any]) -> None:
    """Tell the customer, with a link of their own, and the owner that the offer runs out."""
    quote = _quote(fact)
    if quote.state == "sent":
        _to_customer("quote_runs_out", quote, fact)
        _to_colleague("quote_runs_out_owner", quote, quote.owner, fact)


def mail_declined(fact: dict[str, Any]) -> None:
    """Tell the owner, with the customer's words."""
    quote = _quote(fact)
    _to_colleague("quote_declined", quote, quote.owner, fact)


def _quote(fact: dict[str, Any]) -> Quote:
    return Quote.objects.select_related(
        "customer", "contact", "owner", "legal_entity", "document"
    ).get(pk=fact["quote_id"])


def _to_colleague(
    template: str, quote: Quote, person: User, fact: dict[str, Any], **extra: object
) -> None:
    url = settings.PUBLIC_URL + reverse("quotes:detail", args=[quote.pk])
    compose(
        template,
        {"quote": quote, "person": person, "url": url, **extra},
        cause=f"{template}:{quote.pk}:{fact['at']}:{person.pk}",
        to=person.email,
        to_name=person.full_name,
        at=datetime.fromisoformat(fact["at"]),
        document="quote",
        document_id=quote.pk,
        customer_id=quote.customer_id,
    )


def _to_customer(
    template: str, quote: Quote, fact: dict[str, Any], *, attach: bool = False, **extra: object
) -> None:
    """Write to the quote's contact, in the quote's language."""
    if quote.contact is not None:
        own = PortalLink(contact=quote.contact)
        _to_bearer(template, quote, own, fact, attach=attach, **extra)


def _to_bearer(
    template: str,
    quote: Quote,
    bearer: PortalLink,
    fact: dict[str, Any],
    *,
    attach: bool = False,
    **extra: object,
) -> None:
    """Write to the person a link is for, with a new link that may do the same."""
    cause = f"{template}:{quote.pk}:{fact['at']}"
    if bearer.person_email:
        cause += f":{bearer.person_email}"
    # A job may run twice; a second link would live on unread.
    if Mail.objects.filter(cause=cause).exists():
        return
    document = _accepted_document(quote) if attach else None
    with translation.override(quote.language):
        compose(
            template,
            {"quote": quote, "reader": bearer.reader, "url": _link(quote, bearer, fact), **extra},
            cause=cause,
            to=bearer.reader_email,
            to_name=bearer.reader,
            at=datetime.fromisoformat(fact["at"]),
            document="quote",
            document_id=quote.pk,
            customer_id=quote.customer_id,
            attachments=[(f"{quote.number}.pdf", document)] if document else [],
        )


def _accepted_document(quote: Quote) -> Blob | None:
    """Return the document that was accepted, before that the one that was sent."""
    acceptance = Acceptance.objects.select_related("document").filter(quote=quote).first()
    return acceptance.document if acceptance else quote.document


def _colleagues_who_asked(quote: Quote, *, at: datetime) -> list[PortalLink]:
    asked = Comment.objects.filter(quote=quote, is_from_customer=True).exclude(
        link__person_email=""
    )
    links = PortalLink.objects.filter(
        pk__in=asked.values("link"), revoked_at=None, expires_at__gt=at
    )
    return list({link.person_email: link for link in links}.values())


def _link(quote: Quote, bearer: PortalLink, fact: dict[str, Any]) -> str:
    zone = ZoneInfo(quote.legal_entity.time_zone)
    last_moment = datetime.combine(quote.valid_until, time.max, tzinfo=zone)
    return make_link(
        PortalLink.QUOTE,
        customer_id=quote.customer_id,
        document_id=quote.pk,
        contact=bearer.contact,
        by=None,
        at=datetime.fromisoformat(fact["at"]),
        expires_at=last_moment + _AFTER_EXPIRY,
        like=bearer,
    )
