"""What this app does about facts."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from q2c.customers.models import PortalLink
from q2c.customers.portal import make_link
from q2c.identity.models import User
from q2c.infra.mail import compose
from quotes.models import ApprovalRequest, Comment, Quote

_AFTER_EXPIRY = timedelta(days=30)  # a reader who comes late is told that the offer ran out


def mail_approvers(fact: dict[str, Any]) -> None:
    """Tell everybody who may decide that a quote waits for them."""
    quote = _quote(fact)
    pending = quote.approvals.filter(state=ApprovalRequest.PENDING)
    for request in pending.select_related("requested_by"):
        people = User.objects.filter(role=request.approver_role, is_active=True)
        for person in people.exclude(pk__in=[request.requested_by_id, quote.owner_id]):
            _to_colleague("quote_to_approve", quote, person, f"{request.pk}", {"request": request})


def mail_owner_approved(fact: dict[str, Any]) -> None:
    quote = _quote(fact)
    _to_colleague("quote_approved", quote, quote.owner, fact["at"], {})


def mail_owner_refused(fact: dict[str, Any]) -> None:
    quote = _quote(fact)
    refusal = quote.approvals.filter(state=ApprovalRequest.REFUSED).order_by("-decided_at").first()
    _to_colleague("quote_refused", quote, quote.owner, fact["at"], {"request": refusal})


def mail_quote(fact: dict[str, Any]) -> None:
    """Mail the customer the PDF and a link of their own."""
    quote = _quote(fact)
    if quote.contact is None or quote.document is None:
        return
    _to_customer("quote_sent", quote, "sent", attach=True)


def mail_comment(fact: dict[str, Any]) -> None:
    """Pass a question on to the owner, an answer to the customer."""
    comment = Comment.objects.select_related("quote__owner", "quote__contact", "author").get(
        pk=fact["comment_id"]
    )
    if comment.is_from_customer:
        _to_colleague(
            "quote_question", comment.quote, comment.quote.owner, comment.pk, {"comment": comment}
        )
    elif comment.quote.sent_at and comment.quote.contact:
        _to_customer("quote_answer", comment.quote, f"comment:{comment.pk}", comment=comment)


def mail_acceptance(fact: dict[str, Any]) -> None:
    """Confirm to the customer what they accepted, with the document; and tell the owner."""
    quote = _quote(fact)
    _to_colleague("quote_accepted", quote, quote.owner, "accepted", {})
    if quote.contact:
        _to_customer("quote_confirmation", quote, "accepted", attach=True)


def mail_declined(fact: dict[str, Any]) -> None:
    quote = _quote(fact)
    _to_colleague("quote_declined", quote, quote.owner, "declined", {})


def _quote(fact: dict[str, Any]) -> Quote:
    return Quote.objects.select_related(
        "customer", "contact", "owner", "legal_entity", "document"
    ).get(pk=fact["quote_id"])


def _to_colleague(
    template: str, quote: Quote, person: User, cause: object, extra: dict[str, Any]
) -> None:
    url = settings.PUBLIC_URL + reverse("quotes:detail", args=[quote.pk])
    compose(
        template,
        {"quote": quote, "person": person, "url": url, **extra},
        cause=f"{template}:{quote.pk}:{cause}:{person.pk}",
        to=person.email,
        to_name=person.full_name,
        at=timezone.now(),
        document="quote",
        document_id=quote.pk,
        customer_id=quote.customer_id,
    )


def _to_customer(
    template: str, quote: Quote, cause: str, *, attach: bool = False, **extra: object
) -> None:
    contact, now = quote.contact, timezone.now()
    assert contact, "callers check"
    zone = ZoneInfo(quote.legal_entity.time_zone)
    last = datetime.combine(quote.valid_until, time.max, tzinfo=zone)
    url = make_link(
        PortalLink.QUOTE,
        customer_id=quote.customer_id,
        document_id=quote.pk,
        contact=contact,
        by=quote.owner,
        at=now,
        expires_at=last + _AFTER_EXPIRY,
    )
    attachments = [(f"{quote.number}.pdf", quote.document)] if attach and quote.document else []
    compose(
        template,
        {"quote": quote, "contact": contact, "url": url, **extra},
        cause=f"{template}:{quote.pk}:{cause}",
        to=contact.email,
        to_name=contact.name,
        at=now,
        document="quote",
        document_id=quote.pk,
        customer_id=quote.customer_id,
        attachments=attachments,
    )
