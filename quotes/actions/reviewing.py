"""Approve a quote, or send it back; comment without deciding."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission, Role
from q2c.infra.bus import publish
from q2c.infra.locks import locked
from q2c.kernel.errors import NotAllowed, Refused
from quotes.actions.sealing import seal_of
from quotes.actions.submitting import close_requests, open_next_stage
from quotes.events import (
    ApprovalCommented,
    QuoteApprovalRefused,
    QuoteApproved,
    QuoteStepApproved,
)
from quotes.models import (
    ApprovalComment,
    ApprovalDecision,
    ApprovalEnvelope,
    ApprovalRequest,
    Quote,
)
from quotes.queries import Seat, configuration_of, seat_for, seats_of, visible_to
from quotes.rules.approval import Envelope, outside
from quotes.rules.states import LIFECYCLE, QuoteState

_LONGEST = 2000


@transaction.atomic
def approve_quote(
    request_id: int,
    *,
    by: User,
    at: datetime,
    comment: str = "",
    by_mail: bool = False,
    envelope: Envelope | None = None,
) -> Quote:
    """Approve one request; the last one of the last stage approves the quote.

    Refused for one's own quote, in whoever's place, and for content that changed after it was
    submitted. `envelope` are bounds within which the customer may configure options unasked; the
    quote as it stands must lie within them.
    """
    request, quote, seat = _request(request_id, by, at)
    if request.round.content_hash != seal_of(quote):
        raise Refused("The quote changed after it was submitted. Ask for it to be submitted again.")
    decision = _decide(request, seat, by=by, at=at, comment=comment, by_mail=by_mail, yes=True)
    said = [_with_place(comment, seat, by)]
    if envelope is not None:
        said.append(_keep(envelope, decision, quote))
    if _is_through(request, seat):
        request.state = ApprovalRequest.APPROVED
        request.save(update_fields=["state"])
    if open_next_stage(quote, at=at):
        fact: type[QuoteStepApproved | QuoteApproved] = QuoteStepApproved
    else:
        quote.state = LIFECYCLE.after(QuoteState(quote.state), "approve").value
        quote.save(update_fields=["state"])
        fact = QuoteApproved
    publish(
        fact(at=at, quote_id=quote.pk),
        by=by,
        customer_id=quote.customer_id,
        reason=" ".join(filter(None, said)),
    )
    return quote


@transaction.atomic
def approve_all(
    request_ids: Iterable[int],
    *,
    by: User,
    at: datetime,
    comment: str = "",
    by_mail: bool = False,
    envelope: Envelope | None = None,
) -> Quote:
    """Approve several requests about one quote with the same words; all of them or none."""
    quote: Quote | None = None
    for request_id in sorted(request_ids):
        quote = approve_quote(
            request_id, by=by, at=at, comment=comment, by_mail=by_mail, envelope=envelope
        )
    if quote is None:
        raise Refused("Nothing about this quote waits for you any more.")
    return quote


@transaction.atomic
def refuse_quote(
    request_id: int, *, by: User, at: datetime, comment: str, by_mail: bool = False
) -> Quote:
    """Send a quote back to its owner with the reason; every request of the round is closed."""
    if not comment.strip():
        raise Refused("Say what should change.", field="comment")
    request, quote, seat = _request(request_id, by, at)
    _decide(request, seat, by=by, at=at, comment=comment, by_mail=by_mail, yes=False)
    request.state = ApprovalRequest.REFUSED
    request.save(update_fields=["state"])
    close_requests(quote)
    quote.state = LIFECYCLE.after(QuoteState(quote.state), "refuse").value
    quote.content_hash = ""
    quote.save(update_fields=["state", "content_hash"])
    publish(
        QuoteApprovalRefused(at=at, quote_id=quote.pk),
        by=by,
        customer_id=quote.customer_id,
        reason=_with_place(comment, seat, by),
    )
    return quote


@transaction.atomic
def comment_on_approval(request_id: int, body: str, *, by: User, at: datetime) -> ApprovalComment:
    """Say something about a request without deciding it; the customer never reads it.

    The owner's words reach those who are asked, everybody else's the owner.
    """
    require(by, Permission.VIEW_QUOTES)
    text = body.strip()
    if not text:
        raise Refused("Write something first.", field="body")
    if len(text) > _LONGEST:
        raise Refused(f"There is room for {_LONGEST:,} characters.", field="body")
    request = ApprovalRequest.objects.select_related("quote").filter(pk=request_id).first()
    if request is None or not visible_to(by).filter(pk=request.quote_id).exists():
        raise Refused("There is no such request.")
    comment = ApprovalComment.objects.create(request=request, author=by, body=text, at=at)
    publish(
        ApprovalCommented(at=at, quote_id=request.quote_id, approval_comment_id=comment.pk),
        by=by,
        customer_id=request.quote.customer_id,
        reason=text[:500],
    )
    return comment


def _request(request_id: int, by: User, at: datetime) -> tuple[ApprovalRequest, Quote, Seat]:
    require(by, Permission.APPROVE_QUOTES)
    found = ApprovalRequest.objects.filter(pk=request_id).first()
    if found is None:
        raise Refused("There is no such request.")
    quote = locked(Quote, found.quote_id)
    request = ApprovalRequest.objects.select_related("round", "quote", "person").get(pk=request_id)
    if request.state == ApprovalRequest.WAITING:
        raise Refused("An earlier stage has not decided yet.")
    if request.state != ApprovalRequest.PENDING:
        raise Refused("This request has been decided already.")
    if by.pk in (request.round.requested_by_id, quote.owner_id):
        raise NotAllowed("Nobody approves their own quote.")
    seat = seat_for(request, by, at=at)
    if seat is None:
        if request.decisions.filter(by=by).exists():
            raise Refused("You have decided this request already.")
        role = request.role and Role(request.role).label.lower()
        whose = request.person or f"{'an' if role.startswith('a') else 'a'} {role}"
        raise NotAllowed(f"This approval belongs to {whose}.")
    return request, quote, seat


def _decide(  # noqa: PLR0913  all that a decision is
    request: ApprovalRequest,
    seat: Seat,
    *,
    by: User,
    at: datetime,
    comment: str,
    by_mail: bool,
    yes: bool,
) -> ApprovalDecision:
    if len(comment) > _LONGEST:
        raise Refused(f"There is room for {_LONGEST:,} characters.", field="comment")
    return ApprovalDecision.objects.create(
        request=request,
        is_approval=yes,
        by=by,
        seat=seat.person,
        for_all=seat.for_all,
        at=at,
        comment=comment.strip(),
        by_mail=by_mail,
        requested_by_id=request.round.requested_by_id,
        owner_id=request.quote.owner_id,
    )


def _is_through(request: ApprovalRequest, seat: Seat) -> bool:
    if not request.needs_all or seat.for_all:
        return True
    decided = set(request.decisions.values_list("seat_id", flat=True))
    return all(person.pk in decided for person in seats_of(request))


def _keep(envelope: Envelope, decision: ApprovalDecision, quote: Quote) -> str:
    """Keep the bounds and say them; refuses those that the quote itself does not fit in."""
    envelope.check()
    as_it_stands = configuration_of(quote)
    if left := outside(envelope, as_it_stands):
        raise Refused(
            f"The quote itself does not fit in these bounds. {'; '.join(left)}.", field="envelope"
        )
    labels = {product: label for product, (label, _) in as_it_stands.quantities.items()}
    ApprovalEnvelope.objects.create(
        decision=decision,
        margin_at_least=envelope.margin_at_least,
        discount_at_most=envelope.discount_at_most,
        term_from=envelope.term_from,
        term_to=envelope.term_to,
        quantities={
            str(product): [str(least), str(most)]
            for product, (least, most) in envelope.quantities.items()
        },
    )
    return f"The customer may choose within {', '.join(envelope.in_words(labels))}."


def _with_place(comment: str, seat: Seat, by: User) -> str:
    if seat.person.pk == by.pk:
        return comment.strip()
    return f"In the place of {seat.person}. {comment.strip()}".strip()
