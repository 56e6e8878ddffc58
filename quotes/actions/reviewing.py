"""Submit a quote; approve it, or send it back."""

from datetime import datetime

from django.db import transaction

from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.locks import check_version, locked
from q2c.kernel.errors import NotAllowed, Refused
from quotes.actions.choosing import check_proposal
from quotes.actions.drafting import own_quote
from quotes.actions.sealing import seal_of
from quotes.events import QuoteApprovalRefused, QuoteApproved, QuoteRecalled, QuoteSubmitted
from quotes.models import ApprovalRequest, Quote
from quotes.queries import approvals_for
from quotes.rules.states import LIFECYCLE, QuoteState

PENDING, APPROVED, REFUSED, VOID = (
    ApprovalRequest.PENDING,
    ApprovalRequest.APPROVED,
    ApprovalRequest.REFUSED,
    ApprovalRequest.VOID,
)


@transaction.atomic
def submit_quote(quote_id: int, *, by: User, at: datetime, seen: int | None = None) -> Quote:
    """Ask for the approvals that the quote needs; without any it is approved at once."""
    quote = own_quote(quote_id, by=by)
    check_version(quote.edit_version, seen)
    after = LIFECYCLE.after(QuoteState(quote.state), "submit")
    lines = list(quote.lines.order_by("position"))
    if not lines:
        raise Refused("Add at least one product before you submit the quote.", field="lines")
    check_proposal(lines)
    seal, needed = seal_of(quote, lines), approvals_for(quote, lines)
    ApprovalRequest.objects.bulk_create(
        [
            ApprovalRequest(
                quote=quote,
                policy_id=need.policy_id,
                approver_role=need.approver_role,
                reason=need.reason,
                content_hash=seal,
                requested_by=by,
                requested_at=at,
            )
            for need in needed
        ]
    )
    quote.content_hash = seal
    quote.state = (after if needed else QuoteState.APPROVED).value
    quote.save(update_fields=["state", "content_hash"])
    fact = QuoteSubmitted if needed else QuoteApproved
    publish(
        fact(at=at, quote_id=quote.pk),
        by=by,
        customer_id=quote.customer_id,
        reason="; ".join(need.reason for need in needed),
    )
    return quote


@transaction.atomic
def recall_quote(quote_id: int, *, by: User, at: datetime) -> Quote:
    """Take a submitted or approved quote back to draft; its approvals no longer count."""
    quote = own_quote(quote_id, by=by)
    state = QuoteState(quote.state)
    verb = "edit_again" if state is QuoteState.APPROVED else "recall"
    quote.state = LIFECYCLE.after(state, verb).value
    quote.content_hash = ""
    quote.save(update_fields=["state", "content_hash"])
    quote.approvals.filter(state__in=[PENDING, APPROVED]).update(state=VOID)
    publish(QuoteRecalled(at=at, quote_id=quote.pk), by=by, customer_id=quote.customer_id)
    return quote


@transaction.atomic
def approve_quote(request_id: int, *, by: User, at: datetime, comment: str = "") -> Quote:
    """Approve one request; the last one approves the quote.

    Refused for one's own quote and for content that changed after it was submitted.
    """
    request, quote = _request(request_id, by)
    if request.content_hash != seal_of(quote):
        raise Refused("The quote changed after it was submitted. Ask for it to be submitted again.")
    _decide(request, APPROVED, by=by, at=at, comment=comment)
    if not quote.approvals.filter(state=PENDING).exists():
        quote.state = LIFECYCLE.after(QuoteState(quote.state), "approve").value
        quote.save(update_fields=["state"])
        publish(
            QuoteApproved(at=at, quote_id=quote.pk),
            by=by,
            customer_id=quote.customer_id,
            reason=comment,
        )
    return quote


@transaction.atomic
def refuse_quote(request_id: int, *, by: User, at: datetime, comment: str) -> Quote:
    """Send a quote back to its owner with the reason; every request of the round is closed."""
    if not comment.strip():
        raise Refused("Say what should change.", field="comment")
    request, quote = _request(request_id, by)
    _decide(request, REFUSED, by=by, at=at, comment=comment)
    quote.approvals.filter(state__in=[PENDING, APPROVED]).update(state=VOID)
    quote.state = LIFECYCLE.after(QuoteState(quote.state), "refuse").value
    quote.content_hash = ""
    quote.save(update_fields=["state", "content_hash"])
    publish(
        QuoteApprovalRefused(at=at, quote_id=quote.pk),
        by=by,
        customer_id=quote.customer_id,
        reason=comment,
    )
    return quote


def _request(request_id: int, by: User) -> tuple[ApprovalRequest, Quote]:
    require(by, Permission.APPROVE_QUOTES)
    request = ApprovalRequest.objects.filter(pk=request_id).first()
    if request is None:
        raise Refused("There is no such request.")
    quote = locked(Quote, request.quote_id)
    request.refresh_from_db()
    if request.state != PENDING:
        raise Refused("This request has been decided already.")
    if by.pk in (request.requested_by_id, quote.owner_id):
        raise NotAllowed("Nobody approves their own quote.")
    if by.role not in (request.approver_role, "administrator"):
        role = request.approver_role.replace("_", " ")
        raise NotAllowed(f"This approval belongs to a {role}.")
    return request, quote


def _decide(request: ApprovalRequest, state: str, *, by: User, at: datetime, comment: str) -> None:
    request.state, request.decided_by, request.decided_at = state, by, at
    request.comment = comment
    request.save(update_fields=["state", "decided_by", "decided_at", "comment"])
