"""Submit a quote for approval, and take it back."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from q2c.identity.models import User
from q2c.infra.bus import publish
from q2c.infra.locks import check_version
from q2c.kernel.errors import Refused
from quotes.actions.choosing import check_proposal
from quotes.actions.configuring import check_offer
from quotes.actions.drafting import check_validity, own_quote
from quotes.actions.merged import check_origins
from quotes.actions.repricing import check_prices_hold
from quotes.actions.sealing import content_of, in_full
from quotes.events import ApprovalStageOpened, QuoteApproved, QuoteRecalled, QuoteSubmitted
from quotes.models import (
    TEXT_KINDS,
    ApprovalDecision,
    ApprovalRequest,
    ApprovalRound,
    LineChange,
    Quote,
)
from quotes.queries import Review, approvals_for, hindrances
from quotes.rules.content import content_hash
from quotes.rules.states import LIFECYCLE, QuoteState

WAITING, PENDING, APPROVED, VOID = (
    ApprovalRequest.WAITING,
    ApprovalRequest.PENDING,
    ApprovalRequest.APPROVED,
    ApprovalRequest.VOID,
)


@transaction.atomic
def submit_quote(quote_id: int, *, by: User, at: datetime, seen: int | None = None) -> Quote:
    """Ask for the approvals that the quote needs; without any it is approved at once.

    What got no worse than what somebody granted before, or lies within a standing grant, is
    carried over and not asked again.
    """
    quote = own_quote(quote_id, by=by)
    check_version(quote.edit_version, seen)
    after = LIFECYCLE.after(QuoteState(quote.state), "submit")
    lines = list(quote.lines.order_by("position"))
    if all(line.kind in TEXT_KINDS for line in lines):
        raise Refused("Add at least one product before you submit the quote.", field="lines")
    if all(line.change == LineChange.KEEP for line in lines):
        raise Refused("This amendment changes nothing: change, end or add something.")
    check_validity(quote, at=at)
    check_proposal(lines)
    check_origins(quote, lines)
    check_offer(quote, lines)
    check_prices_hold(quote, lines, at=at)
    reviews = approvals_for(quote, lines, by=by, at=at)
    if words := hindrances(lines, reviews):
        raise Refused(words[0], field="lines")
    quote.proration = in_full(quote.proration)
    content = content_of(quote, lines)
    quote.content_hash = content_hash(content)
    if reviews:
        _ask(quote, content.decode(), reviews, by=by, at=at)
    is_open = any(not review.is_settled for review in reviews)
    quote.state = (after if is_open else QuoteState.APPROVED).value
    quote.save(update_fields=["state", "content_hash", "proration"])
    fact = QuoteSubmitted if is_open else QuoteApproved
    publish(
        fact(at=at, quote_id=quote.pk),
        by=by,
        customer_id=quote.customer_id,
        reason="; ".join(_told(review) for review in reviews),
    )
    return quote


@transaction.atomic
def recall_quote(quote_id: int, *, by: User, at: datetime) -> Quote:
    """Take a submitted or approved quote back to draft.

    What was granted still covers what does not get worse; everything else is asked again.
    """
    quote = own_quote(quote_id, by=by)
    state = QuoteState(quote.state)
    verb = "edit_again" if state is QuoteState.APPROVED else "recall"
    quote.state = LIFECYCLE.after(state, verb).value
    quote.content_hash = ""
    quote.save(update_fields=["state", "content_hash"])
    close_requests(quote)
    publish(QuoteRecalled(at=at, quote_id=quote.pk), by=by, customer_id=quote.customer_id)
    return quote


def close_requests(quote: Quote) -> None:
    """End what is still asked about a quote; its links die with it."""
    living = quote.approvals.filter(state__in=[WAITING, PENDING, APPROVED])
    living.update(state=VOID)


def open_next_stage(quote: Quote, *, at: datetime) -> bool:
    """Ask the next stage once all before it are through; False when nothing is left to ask."""
    requests = quote.approvals.filter(state__in=[WAITING, PENDING]).order_by("stage", "pk")
    first = requests.first()
    if first is None:
        return False
    if not requests.filter(state=PENDING).exists():
        due = list(requests.filter(stage=first.stage))
        for request in due:
            _open(request, at)
        names = ["state", "opened_at", "remind_at", "escalate_at"]
        ApprovalRequest.objects.bulk_update(due, names)
        publish(
            ApprovalStageOpened(at=at, quote_id=quote.pk),
            by=None,
            customer_id=quote.customer_id,
            reason="; ".join(dict.fromkeys(request.reason for request in due)),
        )
    return True


def _open(request: ApprovalRequest, at: datetime) -> None:
    request.state, request.opened_at = PENDING, at
    if request.remind_after_hours:
        request.remind_at = at + timedelta(hours=request.remind_after_hours)
    if request.escalate_after_hours:
        request.escalate_at = at + timedelta(hours=request.escalate_after_hours)


def _ask(quote: Quote, content: str, reviews: Sequence[Review], *, by: User, at: datetime) -> None:
    sealed = ApprovalRound.objects.create(
        quote=quote,
        content_hash=quote.content_hash,
        content=content,
        requested_by=by,
        requested_at=at,
    )
    requests = ApprovalRequest.objects.bulk_create([_request(sealed, review) for review in reviews])
    ApprovalDecision.objects.bulk_create(
        [
            ApprovalDecision(
                request=request,
                is_approval=True,
                by=prior.decision.by if prior.decision else prior.seat,
                seat=prior.seat,
                for_all=prior.for_all,
                at=at,
                carried_from=prior.decision,
                grant=prior.grant,
                requested_by=by,
                owner_id=quote.owner_id,
            )
            for request, review in zip(requests, reviews, strict=True)
            for prior in review.priors
        ]
    )
    open_next_stage(quote, at=at)


def _request(sealed: ApprovalRound, review: Review) -> ApprovalRequest:
    step, kind, target = review.need.step, *review.need.step.escalate_to.partition(":")[::2]
    return ApprovalRequest(
        quote_id=sealed.quote_id,
        round=sealed,
        policy_id=review.need.policy_id,
        stage=step.stage,
        asks=step.asks,
        role=review.asked.role,
        person=review.asked.person,
        needs_all=step.needs_all,
        reason=review.need.reason,
        readings=review.readings,
        state=APPROVED if review.is_settled else WAITING,
        remind_after_hours=step.remind_after_hours,
        escalate_after_hours=step.escalate_after_hours,
        escalate_role=target if kind == "role" else "",
        escalate_person_id=int(target) if kind == "person" else None,
    )


def _told(review: Review) -> str:
    if not review.priors:
        return review.need.reason
    names = ", ".join(
        f"{'carried over from' if prior.decision else 'within the standing grant of'} {prior.seat}"
        for prior in review.priors
    )
    return f"{review.need.reason} ({names})"
