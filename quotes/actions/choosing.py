"""What the customer chooses of an offer: priced at once, and kept with its document to be signed."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from q2c.infra.blobs import keep
from q2c.infra.bus import publish
from q2c.infra.locks import locked
from q2c.kernel.errors import Refused
from q2c.kernel.rating import plain
from quotes.actions.configuring import broken_bundle
from quotes.actions.repricing import price_amounts
from quotes.actions.sealing import content_of
from quotes.documents import quote_pdf
from quotes.events import QuoteChoiceKept
from quotes.models import NOT_SOLD, Quote, QuoteLine, Selection
from quotes.queries import (
    LINE_AMOUNTS,
    TOTALS,
    first_tax,
    offered_lines,
    outside_envelope,
    planned_charges,
    pricing_of,
)
from quotes.rules.choosing import (
    Picks,
    Problem,
    Taken,
    as_proposed,
    astray,
    take,
    with_all_options,
)
from quotes.rules.content import content_hash
from quotes.rules.pricing import Pricing
from quotes.rules.schedule import Planned
from quotes.rules.states import LIFECYCLE, QuoteState


@dataclass(frozen=True, slots=True)
class Choice:
    """An offer as a customer would take it, priced, not saved; `planned` is what falls due then.

    Where something differs from what was proposed, the quote and its lines are copies;
    `content_hash` is the quote's own where nothing does, else of that hash and of what is
    chosen, its billing schedule too.
    """

    quote: Quote
    lines: list[QuoteLine]
    planned: list[Planned]
    content_hash: str
    is_as_proposed: bool


def choose(quote: Quote, lines: Sequence[QuoteLine], picks: Picks | None = None) -> Choice:
    """Price an offer with these picks, by default as proposed; refuses what was not offered."""
    taken = _taken(lines, picks)
    if taken is None:
        planned = planned_charges(quote, lines)
        return Choice(quote, list(lines), planned, quote.content_hash, is_as_proposed=True)
    copies = [copy(line) for line in lines]
    for line in copies:
        line.is_chosen, line.quantity = taken[line.pk].is_chosen, taken[line.pk].quantity
    _check_bundles(quote, lines, copies)
    after = _priced(quote, copies)
    planned = planned_charges(after, copies)
    chosen = quote.content_hash.encode() + b"\n" + content_of(after, copies, planned)
    return Choice(after, copies, planned, content_hash(chosen), is_as_proposed=False)


def check_proposal(lines: Sequence[QuoteLine]) -> None:
    """Refuse lines that propose not exactly one choice of a group, or an option astray."""
    if line := astray(offered_lines(lines)):
        raise Refused(
            f"“{line.label}” is taken against what it belongs to: propose exactly one choice of a "
            "group, and options only with what they are options of.",
            field="lines",
        )


def total_with_all_options(
    quote: Quote, lines: Sequence[QuoteLine], pricing: Pricing | None = None
) -> Decimal:
    """Return what the offer comes to over its term with every option taken.

    `pricing` is that of the lines as they stand, when somebody has priced them already.
    """
    taken = _taken(lines, with_all_options(offered_lines(lines)))
    if taken is None:
        return quote.contract_total
    pricing = pricing or pricing_of(quote, lines)
    counted = [taken[line.pk].is_chosen and line.change not in NOT_SOLD for line in lines]
    _priced, totals = pricing.counting(counted)
    return totals.contract.amount


def more_with_options(
    quote: Quote, lines: Sequence[QuoteLine], pricing: Pricing | None = None
) -> Decimal | None:
    """Return the total with every option taken where the proposal leaves one out, else None."""
    if all(line.is_chosen or not line.is_optional for line in lines):
        return None
    return total_with_all_options(quote, lines, pricing)


@transaction.atomic
def keep_selection(quote_id: int, picks: Picks, *, made_by: str, at: datetime) -> Selection | None:
    """Keep what the customer chose, with the document they will sign; None when it is as proposed.

    The same choice again is the same row.
    """
    quote = locked(Quote, quote_id)
    LIFECYCLE.after(QuoteState(quote.state), "accept")
    lines = list(quote.lines.select_related("product").order_by("position"))
    choice = choose(quote, lines, picks)
    if choice.is_as_proposed:
        return None
    known = quote.selections.filter(content_hash=choice.content_hash).first()
    if known is not None:
        return known
    if outside_envelope(quote, choice.lines, at=at):
        raise Refused(_("This choice must be approved first. Ask for it."))
    choice.quote.content_hash = choice.content_hash
    pdf = quote_pdf(choice.quote, choice.lines, at=at, is_selection=True)
    selection = Selection.objects.create(
        quote=quote,
        lines={str(line.pk): _amounts(line, ("is_chosen", *LINE_AMOUNTS)) for line in choice.lines},
        totals=_amounts(choice.quote, TOTALS),
        content_hash=choice.content_hash,
        document=keep(pdf, media_type="application/pdf", at=at),
        made_by=made_by[:200],
        made_at=at,
    )
    publish(
        QuoteChoiceKept(at=at, quote_id=quote.pk, selection_id=selection.pk),
        by=None,
        label=selection.made_by,
        customer_id=quote.customer_id,
        details={
            "content_hash": selection.content_hash,
            "document_sha256": selection.document_id,
        },
    )
    return selection


def _taken(lines: Sequence[QuoteLine], picks: Picks | None) -> dict[int, Taken] | None:
    """Return what these picks take of each line; None where it is what was proposed."""
    offered = offered_lines(lines)
    proposed, problems = take(offered, as_proposed(offered))
    taken, problems = (proposed, problems) if picks is None else take(offered, picks)
    if problems:
        raise Refused(_worded(problems[0]), field=_field(problems[0]))
    return None if taken == proposed else taken


def _check_bundles(quote: Quote, lines: Sequence[QuoteLine], chosen: Sequence[QuoteLine]) -> None:
    """Refuse what takes of a bundle other than it allows, unless the offer itself does by now."""
    if not any(line.parent_id and _is_by_itself(line) for line in lines):
        return
    broken = broken_bundle(quote, [line for line in chosen if line.is_chosen])
    if broken and not broken_bundle(quote, [line for line in lines if line.is_chosen]):
        raise Refused(
            _("“%(what)s” cannot be had in these parts. Ask for them below.")
            % {"what": broken.description},
            field="choice",
        )


def _is_by_itself(line: QuoteLine) -> bool:
    return line.is_optional or line.min_quantity is not None or line.max_quantity is not None


def _priced(quote: Quote, lines: list[QuoteLine]) -> Quote:
    after = copy(quote)
    price_amounts(lines, after)
    after.tax_on_first_invoice = first_tax(after, lines).amount
    return after


def _amounts(row: Any, names: Sequence[str]) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in names}
    return {n: plain(v) if isinstance(v, Decimal) else v for n, v in values.items()}


def _worded(problem: Problem) -> str:
    what = {"what": problem.label}
    if problem.kind == "choice":
        return _("Choose exactly one of “%(what)s”.") % what
    if problem.kind == "whole":
        return _("“%(what)s” is offered in whole numbers.") % what
    bounds = {
        **what,
        "least": "" if problem.least is None else plain(problem.least),
        "most": "" if problem.most is None else plain(problem.most),
    }
    if problem.least is None and problem.most is None:
        return _("“%(what)s” needs a quantity above zero.") % bounds
    if problem.most is None:
        return _("“%(what)s” is offered from %(least)s on.") % bounds
    if problem.least is None:
        return _("“%(what)s” is offered up to %(most)s.") % bounds
    return _("“%(what)s” is offered from %(least)s to %(most)s.") % bounds


def _field(problem: Problem) -> str:
    return f"q{problem.line}" if problem.line else "choice"
