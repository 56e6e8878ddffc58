"""The order of a quote's lines: each bundle stands before what it holds."""

from collections.abc import Mapping

from django.db.models import Max

from quotes.models import Quote, QuoteLine

_LAST = 10**9


def renumber(quote: Quote, rank: Mapping[int, int]) -> None:
    """Give all lines dense positions: among siblings by rank where they have one, else as before.

    Segments of a ramp stay with the first of them.
    """
    children: dict[int | None, list[QuoteLine]] = {}
    for line in quote.lines.order_by("position", "id"):
        children.setdefault(line.parent_id, []).append(line)
    ordered: list[QuoteLine] = []
    waiting = [children.get(None, [])]
    while waiting:
        siblings = waiting.pop()
        if not siblings:
            continue
        siblings.sort(key=lambda line: (_rank(line, rank), line.position))
        line = siblings.pop(0)
        ordered.append(line)
        waiting += [siblings, children.get(line.pk, [])]
    for position, line in enumerate(ordered, start=1):
        line.position = position
    QuoteLine.objects.bulk_update(ordered, ["position"])


def next_position(quote: Quote) -> int:
    """Return the place after the last line."""
    return (quote.lines.aggregate(last=Max("position"))["last"] or 0) + 1


def _rank(line: QuoteLine, rank: Mapping[int, int]) -> int:
    return rank.get(line.pk, rank.get(line.ramp_of_id or 0, _LAST))
