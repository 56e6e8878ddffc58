"""Make a line a ramp of segments, or one line again."""

from collections.abc import Sequence
from copy import copy
from datetime import datetime
from typing import Any

from django.db import transaction

from q2c.identity.models import User
from q2c.kernel.errors import Refused
from q2c.kernel.rating import plain
from quotes.actions.bundling import take_off
from quotes.actions.cells import check_cell
from quotes.actions.drafting import draft_of, saved
from quotes.actions.journal import WHOLE
from quotes.actions.ordering import renumber
from quotes.actions.repricing import reprice
from quotes.models import Quote, QuoteLine
from quotes.queries import prices_by_beat, quote_terms
from quotes.rules.ramps import HUNDRED, Segment, checked
from quotes.rules.tiers import raised


@transaction.atomic
def ramp_line(
    line_id: int,
    segments: Sequence[Segment],
    *,
    by: User,
    at: datetime,
    seen: int | None = None,
) -> QuoteLine:
    """Give a recurring line these segments, in place of those it had; a single one is no ramp.

    Refuses gaps and overlaps between them, days outside the quote's, and an uplift of a line
    without tiers, whose price itself can be agreed.
    """
    line = QuoteLine.objects.filter(pk=line_id).first()
    if line is None:
        raise Refused("This line was removed meanwhile. Reload the page to see the quote.")
    head_id = line.ramp_of_id or line.pk
    quote = draft_of(line.quote_id, by=by, seen=seen, cells=[(str(head_id), WHOLE)])
    head = quote.lines.get(pk=head_id)
    if head.charge_kind != "recurring" or head.is_adjustment:
        raise Refused("Only what recurs can be a ramp.", field="segments")
    found = checked(segments, quote_terms(quote).term)
    rows = [head, *quote.lines.filter(ramp_of=head).order_by("starts_on", "position")]
    was = _words(rows)
    tiers = _listed_tiers(rows, quote)
    QuoteLine.objects.filter(pk__in=[row.pk for row in rows[len(found) :]]).delete()
    kept = [*rows[: len(found)], *(_another(head, place) for place in range(len(rows), len(found)))]
    for row, segment in zip(kept, found, strict=True):
        _set(row, segment, quote, is_ramp=len(found) > 1)
        _raise(row, segment, tiers)
        if row.discount_percent or row.uplift_percent or row.agreed_unit_price is not None:
            row.negotiated_by, row.negotiated_at = by, at
        row.save()
    renumber(quote)
    reprice(quote)
    saved(quote, by=by, at=at, changes={f"{head.description}, segments": [was, _words(kept)]})
    return quote.lines.get(pk=head.pk)


def _another(head: QuoteLine, place: int) -> QuoteLine:
    """Return an unsaved copy of a ramp's first segment."""
    values = {field.attname: getattr(head, field.attname) for field in head._meta.concrete_fields}
    # Behind the others until all are numbered.
    values |= {"id": None, "ramp_of_id": head.pk, "position": 10**6 + place}
    return QuoteLine(**values)


def _set(row: QuoteLine, segment: Segment, quote: Quote, *, is_ramp: bool) -> None:
    term = quote_terms(quote).term
    row.starts_on = segment.start if is_ramp or segment.start != term.start else None
    row.ends_on = segment.end if is_ramp or segment.end != term.end else None
    for name in ("quantity", "discount_percent", "agreed_unit_price"):
        value = getattr(segment, name)
        check_cell(row, name, value, quote)
        setattr(row, name, value)


def _raise(row: QuoteLine, segment: Segment, listed: list[dict[str, Any]]) -> None:
    """Make the segment's tiers so much dearer than the list's."""
    rise = segment.uplift_percent
    if not -HUNDRED <= rise <= 1000:
        raise Refused("An uplift lies between −100 and 1,000 per cent.", field="uplift_percent")
    if rise and not row.has_tiers:
        words = f"“{row.description}” has no tiers: give the segment its price instead."
        raise Refused(words, field="uplift_percent")
    row.uplift_percent = rise
    if row.has_tiers:
        row.tiers = raised(listed, (HUNDRED + rise) / HUNDRED) if rise else listed


def _listed_tiers(rows: Sequence[QuoteLine], quote: Quote) -> list[dict[str, Any]]:
    """Return the list's tiers of a ramp: those of a segment without an uplift, else the book's."""
    for row in rows:
        if not row.uplift_percent:
            return list(row.tiers)
    head = copy(rows[0])
    key = (head.product_id or 0, head.months, head.weeks)
    price = prices_by_beat(quote.price_book_id, [key[0]], on=quote.starts_on).get(key)
    if price is None or price.price_months != head.price_months:
        words = (
            f"The price book no longer has the price that “{head.description}” is uplifted from."
        )
        raise Refused(words, field="segments")
    head.tiers = price.tiers
    take_off(head, head.bundle_discount_percent)
    return list(head.tiers)


def _words(rows: Sequence[QuoteLine]) -> str:
    return "; ".join(
        f"{plain(row.quantity)} from {row.starts_on:%d %b %Y}"
        if row.starts_on
        else plain(row.quantity)
        for row in rows
    )
