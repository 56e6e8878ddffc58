"""What becomes of quotes whose lines went into another one."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q, QuerySet

from q2c.identity.models import User
from q2c.infra.bus import publish
from q2c.kernel.errors import Refused
from quotes.events import QuoteMergedAway, QuoteRevised, QuoteUnmerged
from quotes.models import Quote, QuoteLine
from quotes.rules.states import LIFECYCLE, QuoteState

S = QuoteState


def versions_of(number: str) -> list[Quote]:
    """Return all versions of a number, locked, the oldest first."""
    rows = Quote.objects.select_for_update(no_key=True).filter(number=number)
    return list(rows.order_by("pk"))


def mark_merged(quote: Quote, into: Quote, *, by: User, at: datetime) -> None:
    """Let every version of a merged quote name where its lines are.

    One that the customer has not got is cancelled; one that they have stays theirs until the
    other is sent.
    """
    for version in versions_of(quote.number):
        state = S(version.state)
        if version.pk == quote.pk and LIFECYCLE.allows(state, "cancel") and state is not S.SENT:
            version.state = LIFECYCLE.after(state, "cancel").value
        elif not LIFECYCLE.allows(state, "supersede"):
            continue
        version.merged_into = into
        version.save(update_fields=["state", "merged_into"])
        publish(
            QuoteMergedAway(at=at, quote_id=version.pk, into_id=into.pk),
            by=by,
            customer_id=version.customer_id,
            reason=f"Merged into {into}",
        )


def unmerge(quote: Quote, source: Quote, *, by: User, at: datetime) -> None:
    """Give a merged quote back what it was before its lines went into a draft, a draft itself.

    Refused when another version of it was begun meanwhile.
    """
    versions = versions_of(source.number)
    is_open = any(S(v.state) in (S.DRAFT, S.IN_REVIEW, S.APPROVED) for v in versions)
    for version in versions:
        if version.merged_into_id != quote.pk:
            continue
        if S(version.state) is S.CANCELLED:
            if is_open:
                raise Refused(
                    f"Another version of {source.number} is under way, so merging it cannot be "
                    "undone. Remove its lines here instead."
                )
            version.state = LIFECYCLE.after(S.CANCELLED, "unmerge").value
            version.content_hash = ""
        _release(version, by=by, at=at, reason=f"Merging it into {quote} was undone")


def release_merged(quote: Quote, *, by: User | None, at: datetime) -> None:
    """Let offers that were to be replaced by a draft stand for themselves: it was withdrawn."""
    for version in _waiting(Q(merged_into=quote)).order_by("pk"):
        _release(version, by=by, at=at, reason=f"{quote} was withdrawn")


def check_origins(quote: Quote, lines: Sequence[QuoteLine]) -> None:
    """Refuse to offer again what the customer has accepted in a quote that was merged in."""
    sources = [line.from_line_id for line in lines if line.from_line_id]
    if not sources:
        return
    numbers = QuoteLine.objects.filter(pk__in=sources).values("quote__number")
    signed = Quote.objects.filter(number__in=numbers, state=S.ACCEPTED.value)
    if one := signed.exclude(number=quote.number).first():
        raise Refused(
            f"The customer accepted {one}, which was merged into this quote. Remove its lines: "
            "they would be sold twice.",
            field="lines",
        )


def supersede_merged(quote: Quote, lines: Sequence[QuoteLine], *, by: User, at: datetime) -> None:
    """Replace the offers merged into a quote that is sent, in whichever of its versions.

    One of which no line is left here stands for itself again.
    """
    origins = [line.from_line_id for line in lines if line.from_line_id]
    left = set(QuoteLine.objects.filter(pk__in=origins).values_list("quote__number", flat=True))
    for version in _waiting(Q(merged_into__number=quote.number)).order_by("pk"):
        if version.number not in left:
            reason = f"None of its lines is left in {quote}"
            _release(version, by=by, at=at, reason=reason)
            continue
        version.state = LIFECYCLE.after(S(version.state), "supersede").value
        version.save(update_fields=["state"])
        publish(
            QuoteRevised(at=at, quote_id=version.pk),
            by=by,
            customer_id=version.customer_id,
            reason=f"Merged into {quote}",
        )


def _waiting(of: Q) -> QuerySet[Quote]:
    states = [S.SENT.value, S.EXPIRED.value, S.DECLINED.value]
    rows = Quote.objects.select_for_update(no_key=True, of=("self",))
    return rows.filter(of, state__in=states)


def _release(version: Quote, *, by: User | None, at: datetime, reason: str) -> None:
    version.merged_into = None
    version.save(update_fields=["state", "content_hash", "merged_into"])
    publish(
        QuoteUnmerged(at=at, quote_id=version.pk),
        by=by,
        customer_id=version.customer_id,
        reason=reason,
    )
