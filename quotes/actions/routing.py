"""A customer's choice beyond what was approved becomes a version that asks for approval."""

from datetime import datetime

from django.db import transaction

from q2c.infra.bus import publish
from q2c.infra.locks import locked
from q2c.kernel.errors import Refused
from quotes.actions.choosing import choose
from quotes.actions.drafting import draft_of, saved
from quotes.actions.repricing import reprice
from quotes.actions.sending import revise_quote
from quotes.actions.submitting import submit_quote
from quotes.events import CustomerChoseMore
from quotes.models import Quote, QuoteLine
from quotes.queries import outside_envelope
from quotes.rules.choosing import Picks
from quotes.rules.states import LIFECYCLE, LIVING, QuoteState


@transaction.atomic
def ask_about_choice(quote_id: int, picks: Picks, *, made_by: str, at: datetime) -> Quote | None:
    """Ask for approval of a choice that leaves the bounds; None when it lies within them.

    The choice becomes the next version, submitted in its owner's name; the offer stays open as it
    is. While a newer version is worked on, nothing is added to it. The owner is told either way.
    """
    quote = locked(Quote, quote_id)
    LIFECYCLE.after(QuoteState(quote.state), "accept")
    lines = list(quote.lines.select_related("product").order_by("position"))
    choice = choose(quote, lines, picks)
    if choice.is_as_proposed:
        return None
    violations = outside_envelope(quote, choice.lines, at=at)
    if not violations:
        return None
    newer = Quote.objects.filter(
        number=quote.number, version__gt=quote.version, state__in=[s.value for s in LIVING]
    )
    words = f"{made_by} chose it; {'; '.join(violation.words for violation in violations)}"
    if open_version := newer.first():
        if not _holds(open_version, choice.lines):
            _tell(quote, open_version, words, added=False, made_by=made_by, at=at)
        return open_version
    owner = quote.owner
    if not owner.is_active:
        raise Refused("Whoever made this offer has left. Ask us by a question.")
    new = draft_of(revise_quote(quote.pk, by=owner, at=at).pk, by=owner, seen=None)
    chosen = {line.position: line for line in choice.lines}
    copies = list(new.lines.order_by("position"))
    for line in copies:
        line.is_chosen = chosen[line.position].is_chosen
        line.quantity = chosen[line.position].quantity
    QuoteLine.objects.bulk_update(copies, ["is_chosen", "quantity"])
    reprice(new)
    saved(new, by=owner, at=at, changes={"options": ["", words]})
    new = submit_quote(new.pk, by=owner, at=at)
    _tell(quote, new, words, added=True, made_by=made_by, at=at)
    return new


def _holds(version: Quote, chosen: list[QuoteLine]) -> bool:
    """Whether a version proposes exactly this choice, so that it was told already."""
    wanted = {line.position: (line.is_chosen, line.quantity) for line in chosen}
    rows = version.lines.values_list("position", "is_chosen", "quantity")
    return wanted == {position: (taken, quantity) for position, taken, quantity in rows}


def _tell(
    offer: Quote, asked_in: Quote, words: str, *, added: bool, made_by: str, at: datetime
) -> None:
    publish(
        CustomerChoseMore(
            at=at, quote_id=offer.pk, asked_in_id=asked_in.pk, is_added=added, words=words
        ),
        by=None,
        label=made_by,
        customer_id=offer.customer_id,
        reason=words,
    )
