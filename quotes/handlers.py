"""What this app does about facts: it writes to people."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse

from q2c.customers.models import PortalLink
from q2c.customers.portal import make_link
from q2c.identity.models import User
from q2c.infra.mail import compose
from q2c.infra.models import Mail
from quotes.models import ApprovalRequest, Comment, Quote

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
    """Pass a question on to the owner, an answer to the customer."""
    quote, comment = _quote(fact), Comment.objects.get(pk=fact["comment_id"])
    if comment.is_from_customer:
        _to_colleague("quote_question", quote, quote.owner, fact, comment=comment)
    elif quote.sent_at and quote.contact:
        _to_customer("quote_answer", quote, fact, comment=comment)


def mail_acceptance(fact: dict[str, Any]) -> None:
    """Confirm to the customer what they accepted, with the document; and tell the owner."""
    quote = _quote(fact)
    _to_colleague("quote_accepted", quote, quote.owner, fact)
    if quote.contact:
        _to_customer("quote_confirmation", quote, fact, attach=True)


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
    cause = f"{template}:{quote.pk}:{fact['at']}"
    # A job may run twice; a second link would live on unread.
    if quote.contact is None or Mail.objects.filter(cause=cause).exists():
        return
    attachments = [(f"{quote.number}.pdf", quote.document)] if attach and quote.document else []
    compose(
        template,
        {"quote": quote, "contact": quote.contact, "url": _link(quote, fact), **extra},
        cause=cause,
        to=quote.contact.email,
        to_name=quote.contact.name,
        at=datetime.fromisoformat(fact["at"]),
        document="quote",
        document_id=quote.pk,
        customer_id=quote.customer_id,
        attachments=attachments,
    )


def _link(quote: Quote, fact: dict[str, Any]) -> str:
    zone = ZoneInfo(quote.legal_entity.time_zone)
    last_moment = datetime.combine(quote.valid_until, time.max, tzinfo=zone)
    return make_link(
        PortalLink.QUOTE,
        customer_id=quote.customer_id,
        document_id=quote.pk,
        contact=quote.contact,
        by=None,
        at=datetime.fromisoformat(fact["at"]),
        expires_at=last_moment + _AFTER_EXPIRY,
    )
