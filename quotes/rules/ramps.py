"""Ramps: a line in segments, each with days, quantity, price and discount of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from q2c.kernel.errors import Refused
from q2c.kernel.periods import Period, months_after

HUNDRED = Decimal(100)
WAYS = {
    "shift": "Move them with the start; the last one ends with the term",
    "stretch": "Keep their days; the first starts and the last ends with the term",
    "keep": "Keep their days; what lies outside the term falls away",
}


class SegmentsAsked(Refused):
    """The term changed under lines with days of their own: somebody has to say what they do."""

    code = "segments_asked"


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch [start, end) of a ramp. Without an agreed price per unit the list price holds.

    What has tiers has no one price: all of them are `uplift_percent` dearer than the list's.
    """

    start: date
    end: date
    quantity: Decimal
    discount_percent: Decimal = Decimal(0)
    agreed_unit_price: Decimal | None = None
    uplift_percent: Decimal = Decimal(0)

    @property
    def words(self) -> str:
        """Its days as people read them, both inclusive."""
        return f"{self.start:%d %b %Y} to {self.end - timedelta(days=1):%d %b %Y}"


@dataclass(frozen=True, slots=True)
class Plan:
    """How a ramp is made: a segment every so many months, dearer by `uplift_percent` each year.

    The first `free_months` cost nothing. Prices are rounded half up to `digits` decimals; what has
    tiers takes the rise in per cent, rounded half up to four.
    """

    every_months: int
    quantity: Decimal
    unit_price: Decimal
    discount_percent: Decimal = Decimal(0)
    uplift_percent: Decimal = Decimal(0)
    free_months: int = 0
    digits: int = 2
    has_tiers: bool = False


def segments_of(plan: Plan, term: Period) -> list[Segment]:
    """Cut a term into segments counted from its first day; the last takes what is left."""
    if not 1 <= plan.every_months <= 120:
        raise Refused("A segment lasts 1 to 120 months.", field="every_months")
    if not -HUNDRED <= plan.uplift_percent <= 1000:
        raise Refused("An uplift lies between −100 and 1,000 per cent.", field="uplift_percent")
    free_until = months_after(term.start, plan.free_months)
    if plan.free_months < 0 or free_until >= term.end:
        raise Refused("Give fewer free months than the term has.", field="free_months")
    cuts = {term.start, free_until, term.end}
    number = 1
    while (cut := months_after(term.start, plan.every_months * number)) < term.end:
        cuts.add(cut)
        number += 1
    days = sorted(cuts)
    return [
        _segment(plan, term, start, end, is_free=end <= free_until) for start, end in pairwise(days)
    ]


def uplifted(price: Decimal, percent: Decimal, *, years: int, digits: int) -> Decimal:
    """Return a price after so many yearly rises, rounded half up once, at the end."""
    raised = price * ((HUNDRED + percent) / HUNDRED) ** years
    return raised.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def checked(segments: Sequence[Segment], term: Period) -> list[Segment]:
    """Return segments in order; refuses gaps and overlaps, naming both, and days off the term."""
    if not segments:
        raise Refused("A ramp needs a segment.", field="segments")
    for segment in segments:
        if segment.end <= segment.start:
            raise Refused(
                f"The segment from {segment.start:%d %b %Y} ends before it starts.",
                field="segments",
            )
    found = sorted(segments, key=lambda segment: (segment.start, segment.end))
    for number, (one, two) in enumerate(pairwise(found), start=1):
        if one.end != two.start:
            how = "leave days between them" if one.end < two.start else "overlap"
            raise Refused(
                f"Segments {number} ({one.words}) and {number + 1} ({two.words}) {how}.",
                field="segments",
            )
    for number, segment in enumerate(found, start=1):
        if segment.start < term.start or segment.end > term.end:
            raise Refused(
                f"Segment {number} ({segment.words}) lies outside the term, "
                f"{term.start:%d %b %Y} to {term.last_day:%d %b %Y}.",
                field="segments",
            )
    return found


def fitted(
    days: Sequence[Period], *, before: Period, after: Period, way: str
) -> list[Period | None]:
    """Return the days of a line's segments, in order, after its quote's term changed.

    None stands for a segment that has no day left. See WAYS for what each way does.
    """
    if way not in WAYS:
        raise Refused("Say what becomes of the segments: shift, stretch or keep.", field="segments")
    found = [_moved(one, before, after) if way == "shift" else one for one in days]
    if way == "keep":
        return [one.overlap(after) for one in found]
    # What began or ended with the old term does so with the new one.
    starts_with_term = way == "stretch" or days[0].start == before.start
    ends_with_term = way == "stretch" or days[-1].end == before.end
    kept = [one.overlap(after) for one in found]
    there = [place for place, one in enumerate(kept) if one is not None]
    if there and starts_with_term:
        kept[there[0]] = Period(after.start, found[there[0]].end).overlap(after)
    if there and ends_with_term:
        last = kept[there[-1]] or after
        kept[there[-1]] = Period(last.start, after.end)
    return kept


def _segment(plan: Plan, term: Period, start: date, end: date, *, is_free: bool) -> Segment:
    years = 0
    while months_after(term.start, 12 * (years + 1)) <= start:
        years += 1
    price, rise = None, Decimal(0)
    if plan.uplift_percent and years and plan.has_tiers:
        rise = uplifted(HUNDRED, plan.uplift_percent, years=years, digits=4) - HUNDRED
    elif plan.uplift_percent and years:
        price = uplifted(plan.unit_price, plan.uplift_percent, years=years, digits=plan.digits)
    discount = HUNDRED if is_free else plan.discount_percent
    return Segment(start, end, plan.quantity, discount, price, rise)


def _moved(days: Period, before: Period, after: Period) -> Period:
    """Move days with the start of the term: by whole months where it moved by those."""
    months = (after.start.year - before.start.year) * 12 + after.start.month - before.start.month
    if months_after(before.start, months) == after.start:
        return Period(months_after(days.start, months), months_after(days.end, months))
    by = after.start - before.start
    return Period(days.start + by, days.end + by)
