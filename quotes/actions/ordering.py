"""Keep the lines of a draft in one dense order: heads before their options and segments."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from django.db.models import Max

from q2c.infra.rows import update_rows
from quotes.models import Quote, QuoteLine


def renumber(quote: Quote, order: Sequence[QuoteLine] | None = None) -> None:
    """Give all lines positions from 1, in this order or their own; write only those that moved."""
    lines = list(quote.lines.order_by("position", "pk")) if order is None else order
    moved = []
    for position, line in enumerate(in_families(lines), start=1):
        if line.position != position:
            line.position = position
            moved.append(line)
    update_rows(moved, ["position"])


def next_position(quote: Quote) -> int:
    """Return the place after the last line."""
    return (quote.lines.aggregate(last=Max("position"))["last"] or 0) + 1


def in_families(lines: Iterable[QuoteLine]) -> Iterator[QuoteLine]:
    """Yield lines with each head followed by its own, otherwise in the order they came."""
    members: dict[int | None, list[QuoteLine]] = defaultdict(list)
    for line in lines:
        members[head_of(line)].append(line)

    def family(head: int | None) -> Iterator[QuoteLine]:
        for line in members[head]:
            yield line
            yield from family(line.pk)

    yield from family(None)


def head_of(line: QuoteLine) -> int | None:
    """Return the line that this one stands under: a fee's line, a segment's first, an option's bundle."""
    return line.setup_of_id or line.ramp_of_id or line.parent_id


def families(lines: Iterable[QuoteLine], pks: Iterable[int]) -> list[QuoteLine]:
    """Return the lines with these ids and all that stand under them, in the order they came."""
    taken = set(pks)
    found = []
    for line in in_families(lines):
        if line.pk in taken or head_of(line) in taken:
            taken.add(line.pk)
            found.append(line)
    return found
