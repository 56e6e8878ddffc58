"""Why quotes are won and lost, and reminding of those that run out."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import transaction

from q2c.customers.models import LegalEntity
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.clock import day_in
from q2c.infra.locks import check_version, locked
from q2c.kernel.errors import Refused
from quotes.actions.drafting import own_quote
from quotes.events import CloseReasonEdited, QuoteExpiryReminded, QuoteOutcomeSaid
from quotes.models import CloseReason, ExpiryReminder, Quote, QuoteOutcome
from quotes.rules.expiry import STAGES, reminder_due
from quotes.rules.states import QuoteState

_LOST = (QuoteState.DECLINED, QuoteState.EXPIRED, QuoteState.CANCELLED)


@dataclass(frozen=True, kw_only=True)
class ReasonDraft:
    """A reason why quotes are won or lost."""

    kind: str
    name: str
    is_active: bool = True


@transaction.atomic
def save_close_reason(
    draft: ReasonDraft,
    *,
    by: User,
    at: datetime,
    reason_id: int | None = None,
    seen: int | None = None,
) -> CloseReason:
    """Add a reason, or change one; what was said with it keeps it."""
    require(by, Permission.MANAGE_SETTINGS)
    if draft.kind not in (CloseReason.WON, CloseReason.LOST):
        raise Refused("Choose whether it is a reason for winning or for losing.", field="kind")
    if not 1 <= len(draft.name.strip()) <= 100:
        raise Refused("Give the reason a name of 1 to 100 characters.", field="name")
    same = CloseReason.objects.filter(kind=draft.kind, name=draft.name.strip())
    if same.exclude(pk=reason_id or 0).exists():
        raise Refused("This reason exists already.", field="name")
    reason = locked(CloseReason, reason_id) if reason_id else CloseReason(version=0)
    check_version(reason.version, seen)
    if reason_id and reason.kind != draft.kind:
        raise Refused("A reason stays one for winning or for losing.", field="kind")
    for name, value in asdict(draft).items():
        setattr(reason, name, value)
    reason.name, reason.version = draft.name.strip(), reason.version + 1
    reason.save()
    publish(CloseReasonEdited(at=at, close_reason_id=reason.pk), by=by, reason=reason.name)
    return reason


@transaction.atomic
def say_outcome(
    quote_id: int,
    *,
    reason_id: int,
    competitor: str = "",
    note: str = "",
    by: User,
    at: datetime,
) -> QuoteOutcome:
    """Say why a quote was won or lost; saying it again replaces what was said.

    Refused while the quote is open, and for a reason that does not fit how it ended.
    """
    quote = own_quote(quote_id, by=by)
    state = QuoteState(quote.state)
    if state is not QuoteState.ACCEPTED and state not in _LOST:
        raise Refused("The quote is still open: say why it ended once it has.")
    kind = CloseReason.WON if state is QuoteState.ACCEPTED else CloseReason.LOST
    reason = CloseReason.objects.filter(pk=reason_id, kind=kind).first()
    if reason is None:
        raise Refused(f"Choose a reason for a quote that was {kind}.", field="reason")
    if len(competitor) > 100 or len(note) > 2000:
        raise Refused("There is room for 100 characters here, and 2,000 in the note.", field="note")
    outcome, _ = QuoteOutcome.objects.update_or_create(
        quote=quote,
        defaults={
            "reason": reason,
            "competitor": competitor.strip(),
            "note": note.strip(),
            "said_by": by,
            "said_at": at,
        },
    )
    publish(
        QuoteOutcomeSaid(at=at, quote_id=quote.pk),
        by=by,
        customer_id=quote.customer_id,
        reason=": ".join(filter(None, [reason.name, note.strip()])),
    )
    return outcome


@transaction.atomic
def remind_of_expiry(*, at: datetime, limit: int = 200) -> int:
    """Remind of sent quotes that run out, once a stage; returns how many."""
    count = 0
    for entity in LegalEntity.objects.all():
        today = day_in(entity.time_zone, at)
        soon = Quote.objects.filter(
            state=QuoteState.SENT.value,
            legal_entity=entity,
            valid_until__gte=today,
            valid_until__lte=today + timedelta(days=STAGES[0]),
        )
        rows = soon.select_for_update(no_key=True, skip_locked=True, of=("self",)).order_by("pk")
        for quote in rows.prefetch_related("expiry_reminders")[:limit]:
            told = [reminder.days_before for reminder in quote.expiry_reminders.all()]
            assert quote.sent_at is not None, "a sent quote was sent"
            sent_on = day_in(entity.time_zone, quote.sent_at)
            stage = reminder_due(quote.valid_until, on=today, sent_on=sent_on, told=told)
            if stage is not None:
                ExpiryReminder.objects.create(quote=quote, days_before=stage, sent_at=at)
                fact = QuoteExpiryReminded(at=at, quote_id=quote.pk, days_before=stage)
                publish(fact, by=None, customer_id=quote.customer_id)
                count += 1
    return count
