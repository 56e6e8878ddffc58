"""What this app does about facts: it writes to people."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import translation

from q2c.customers.models import PortalLink
from q2c.customers.portal import make_link
from q2c.identity.models import User
from q2c.infra.mail import compose
from q2c.infra.models import Blob, Mail
from quotes.models import (
    Acceptance,
    ApprovalComment,
    ApprovalDecision,
    ApprovalRequest,
    Comment,
    CounterOffer,
    Quote,
)
from quotes.queries import accepted_quote, approvers, decision_link, seat_for, seats_of, stand_ins

_AFTER_EXPIRY = timedelta(days=30)  # a reader who comes late is told that the offer ran out


def mail_approvers(fact: dict[str, Any]) -> None:
    """Tell everybody who may decide that a quote waits for them, and those who stand in."""
    at = datetime.fromisoformat(fact["at"])
    _ask_people("quote_to_approve", fact, opened_at=at)


def mail_reminder(fact: dict[str, Any]) -> None:
    """Remind those who have not decided."""
    at = datetime.fromisoformat(fact["at"])
    _ask_people("quote_still_to_approve", fact, reminded_at=at)


def mail_escalation(fact: dict[str, Any]) -> None:
    """Tell who is asked now that those asked first took too long."""
    quote, at = _quote(fact), datetime.fromisoformat(fact["at"])
    pending = _pending(quote).filter(escalated_at=at)
    for person, requests in _by_person(pending, at, higher=True):
        _ask("quote_to_approve_escalated", quote, person, requests, fact)


def mail_approval_comment(fact: dict[str, Any]) -> None:
    """Pass a word about an approval on: the owner's to those who are asked, others' to the owner."""
    quote, at = _quote(fact), datetime.fromisoformat(fact["at"])
    comment = ApprovalComment.objects.select_related("author").get(pk=fact["approval_comment_id"])
    if comment.author_id != quote.owner_id:
        return _to_colleague("quote_approval_comment", quote, quote.owner, fact, comment=comment)
    asked = _pending(quote).filter(pk=comment.request_id)
    for person, _ in _by_person(asked, at):
        _to_colleague("quote_approval_comment", quote, person, fact, comment=comment)
    return None


def mail_owner_approved(fact: dict[str, Any]) -> None:
    """Tell the owner that the quote may go out, unless it never had to ask."""
    quote = _quote(fact)
    if quote.approvals.filter(state=ApprovalRequest.APPROVED).exists():
        _to_colleague("quote_approved", quote, quote.owner, fact)


def mail_owner_refused(fact: dict[str, Any]) -> None:
    """Tell the owner what should change."""
    quote = _quote(fact)
    refusals = ApprovalDecision.objects.filter(request__quote=quote, is_approval=False)
    refusal = refusals.select_related("by").order_by("-at", "-id").first()
    _to_colleague("quote_refused", quote, quote.owner, fact, refusal=refusal)


def mail_quote(fact: dict[str, Any]) -> None:
    """Mail the customer the PDF and a link of their own."""
    quote = _quote(fact)
    if quote.contact is not None and quote.document is not None:
        _to_customer("quote_sent", quote, fact, attach=True, message=fact.get("message", ""))


def mail_quote_again(fact: dict[str, Any]) -> None:
    """Mail a reader a new link in place of those that died as this was asked for."""
    quote = _quote(fact)
    link = PortalLink.objects.select_related("contact").get(pk=fact["link_id"])
    link.may_sign = fact["may_sign"]
    _to_bearer("quote_sent", quote, link, fact, attach=True, message="")


def mail_comment(fact: dict[str, Any]) -> None:
    """Pass a question on to the owner; an answer to the customer and their colleagues who asked."""
    quote, comment = _quote(fact), Comment.objects.get(pk=fact["comment_id"])
    if comment.is_from_customer:
        _to_colleague("quote_question", quote, quote.owner, fact, comment=comment)
    elif quote.sent_at:
        _to_customer("quote_answer", quote, fact, comment=comment)
        for link in _colleagues_who_asked(quote, at=datetime.fromisoformat(fact["at"])):
            _to_bearer("quote_answer", quote, link, fact, comment=comment)


def mail_choice(fact: dict[str, Any]) -> None:
    """Tell the owner that a customer chose what must be approved first, and where it is asked."""
    quote = _quote(fact)
    asked_in = Quote.objects.get(pk=fact["asked_in_id"])
    more = {"offer": quote, "words": fact["words"], "is_added": fact["is_added"]}
    _to_colleague("quote_choice", asked_in, quote.owner, fact, **more)


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
    counters = CounterOffer.objects.prefetch_related("items__line__product")
    counter = counters.select_related("link__contact").get(pk=fact["counter_offer_id"])
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


def _ask_people(template: str, fact: dict[str, Any], **which: datetime) -> None:
    quote, at = _quote(fact), datetime.fromisoformat(fact["at"])
    for person, requests in _by_person(_pending(quote).filter(**which), at):
        _ask(template, quote, person, requests, fact)


def _pending(quote: Quote) -> QuerySet[ApprovalRequest]:
    requests = quote.approvals.filter(state=ApprovalRequest.PENDING)
    return requests.select_related("round__requested_by", "quote", "person")


def _by_person(
    requests: Iterable[ApprovalRequest], at: datetime, *, higher: bool = False
) -> list[tuple[User, list[ApprovalRequest]]]:
    """Return who may decide which requests now; of escalated ones only who is asked higher up."""
    found: dict[User, list[ApprovalRequest]] = {}
    for request in requests:
        seats = seats_of(request)
        if higher:
            seats = [
                user
                for user in approvers()
                if user.pk == request.escalate_person_id or user.role == request.escalate_role
            ]
        people = [*seats, *(row.delegate for row in stand_ins(seats, at=at))]
        for person in dict.fromkeys(people):
            if seat_for(request, person, at=at):
                found.setdefault(person, []).append(request)
    return list(found.items())


def _ask(
    template: str, quote: Quote, person: User, requests: list[ApprovalRequest], fact: dict[str, Any]
) -> None:
    at = datetime.fromisoformat(fact["at"])
    _to_colleague(
        template,
        quote,
        person,
        fact,
        requests=requests,
        asker=requests[0].round.requested_by,
        decide_url=decision_link(requests, person, at=at),
    )


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
        own = PortalLink(contact=quote.contact, may_sign=_contact_signs(quote))
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


def _contact_signs(quote: Quote) -> bool:
    """Say whether the contact may sign still: not where they handed it over."""
    theirs = PortalLink.objects.filter(
        purpose=PortalLink.QUOTE, document_id=quote.pk, contact=quote.contact, person_email=""
    )
    last = theirs.order_by("-pk").first()
    return last is None or last.may_sign


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
