"""Keep lines with days of their own within a term that changed."""

from collections.abc import Set

from q2c.kernel.periods import Period
from quotes.actions.ordering import renumber
from quotes.models import Quote, QuoteLine
from quotes.queries import quote_terms
from quotes.rules.ramps import WAYS, SegmentsAsked, fitted


def fit_days(
    quote: Quote, *, before: Period, way: str | None, only: Set[int] | None = None
) -> None:
    """Give ramps and dated lines of a draft their days in its new term, as somebody chose.

    All of them, or `only` these lines, which had another term `before` than the draft has. Refused with a question when nobody chose; a segment without a day left goes.
    """
    after = quote_terms(quote).term
    dated = [
        line
        for line in quote.lines.order_by("position")
        if (only is None or line.pk in only)
        and (line.starts_on is not None or line.ends_on is not None)
    ]
    if after == before or not dated:
        return
    if way is None:
        names = ", ".join(sorted({f"“{line.description}”" for line in dated}))
        raise SegmentsAsked(
            f"{names} has days of its own. Choose what becomes of them: "
            + "; ".join(f"{name}: {words.lower()}" for name, words in WAYS.items())
            + ".",
            field="segments",
        )
    free = [line for line in dated if line.is_free_by_list]
    ramps: dict[int, list[QuoteLine]] = {}
    for line in dated:
        ramps.setdefault(line.ramp_of_id or line.pk, []).append(line)
    for lines in ramps.values():
        _fit(lines, before=before, after=after, way=way)
    for line in free if way == "shift" else []:
        line.free_until = line.ends_on
    QuoteLine.objects.bulk_update(dated, ["starts_on", "ends_on", "free_until"])
    renumber(quote)


def _fit(lines: list[QuoteLine], *, before: Period, after: Period, way: str) -> None:
    lines.sort(key=lambda line: line.starts_on or before.start)
    days = [Period(line.starts_on or before.start, line.ends_on or before.end) for line in lines]
    kept = fitted(days, before=before, after=after, way=way)
    there = [(line, one) for line, one in zip(lines, kept, strict=True) if one is not None]
    if not there:  # nothing of it is left within the term: it runs for all of it
        lines[0].starts_on, lines[0].ends_on = None, None
        there = [(lines[0], after)]
    is_ramp = len(there) > 1
    for line, one in there:
        line.starts_on = one.start if is_ramp or one.start != after.start else None
        line.ends_on = one.end if is_ramp or one.end != after.end else None
    gone = [line for line in lines if line not in [kept_line for kept_line, _ in there]]
    _drop(lines, gone, there[0][0])


def _drop(lines: list[QuoteLine], gone: list[QuoteLine], first: QuoteLine) -> None:
    """Delete segments; the first that stays heads the ramp when its head goes."""
    head = next((line for line in lines if line.ramp_of_id is None), None)
    if head in gone and head is not None:
        QuoteLine.objects.filter(ramp_of=head).exclude(pk=first.pk).update(ramp_of=first)
        QuoteLine.objects.filter(pk=first.pk).update(ramp_of=None)
        first.ramp_of = None
    QuoteLine.objects.filter(pk__in=[line.pk for line in gone]).delete()
