"""Put the lines of a draft in order, under sections, with notes between them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from q2c.identity.models import User
from q2c.kernel.errors import Refused
from quotes.actions.drafting import draft_of, saved
from quotes.actions.ordering import families, head_of, renumber
from quotes.models import TEXT_KINDS, LineKind, Quote, QuoteLine


@transaction.atomic
def add_text(
    quote_id: int, kind: str, text: str, *, by: User, at: datetime, seen: int | None = None
) -> QuoteLine:
    """Add a section, whose subtotal is that of the lines below it, or a note to the customer."""
    quote = draft_of(quote_id, by=by, seen=seen, cells=())
    if kind not in TEXT_KINDS:
        raise Refused("Add a section or a note.", field="kind")
    if not 1 <= len(text.strip()) <= 300:
        raise Refused("A description has 1 to 300 characters.", field="description")
    line = QuoteLine.objects.create(
        quote=quote,
        position=quote.lines.count() + 1,
        kind=kind,
        description=text.strip(),
        charge_kind="one_time",
        charge_model="flat",
        quantity=Decimal(0),
        list_unit_price=Decimal(0),
    )
    saved(quote, by=by, at=at, changes={kind: ["", line.description]})
    return line


@transaction.atomic
def reorder_lines(  # noqa: PLR0913  who, when, which, where to, and what they saw
    quote_id: int,
    line_ids: Collection[int],
    *,
    by: User,
    at: datetime,
    before: int | None = None,
    section: int | None = None,
    seen: int | None = None,
) -> Quote:
    """Move lines before another one, or to the end of a section or of the quote.

    Options move with their bundle, segments with their ramp, and what stands under a section with
    it; an option stays within its bundle.
    """
    quote = draft_of(quote_id, by=by, seen=seen, cells=())
    lines = list(quote.lines.order_by("position"))
    by_id = {line.pk: line for line in lines}
    missing = {*line_ids, before, section} - {None} - by_id.keys()
    if missing or not line_ids:
        raise Refused("A line was removed meanwhile. Reload the page to see the quote.")
    moved = _with_their_sections(lines, line_ids)
    target = before if section is None else _after_section(lines, section)
    heads = {head_of(by_id[pk]) for pk in line_ids if head_of(by_id[pk]) not in set(line_ids)}
    there = head_of(by_id[target]) if target else None
    if heads != {there} and not (target is None and heads == {None}):
        raise Refused("An option stays within its bundle, a segment within its ramp.")
    taken = {line.pk for line in moved}
    rest = [line for line in lines if line.pk not in taken]
    place = next((i for i, line in enumerate(rest) if line.pk == target), len(rest))
    if target in taken:
        return quote
    renumber(quote, [*rest[:place], *moved, *rest[place:]])
    return saved(quote, by=by, at=at, changes={})


@transaction.atomic
def move_line(line_id: int, *, up: bool, by: User, at: datetime, seen: int | None = None) -> Quote:
    """Move a line, with what stands under it, one place up or down among its like."""
    line = QuoteLine.objects.filter(pk=line_id).first()
    if line is None:
        raise Refused("This line was removed meanwhile. Reload the page to see the quote.")
    quote = draft_of(line.quote_id, by=by, seen=seen, cells=())
    lines = list(quote.lines.order_by("position"))
    siblings = [other for other in lines if head_of(other) == head_of(line)]
    here = siblings.index(line)
    there = here + (-1 if up else 1)
    if 0 <= there < len(siblings):
        one, two = lines.index(siblings[here]), lines.index(siblings[there])
        lines[one], lines[two] = lines[two], lines[one]
        renumber(quote, lines)
    return saved(quote, by=by, at=at, changes={})


def _with_their_sections(lines: Sequence[QuoteLine], line_ids: Collection[int]) -> list[QuoteLine]:
    """Return the lines to move with all that goes along, in the order they stand."""
    wanted, under = set(line_ids), False
    for line in lines:
        if line.kind == LineKind.SECTION:
            under = line.pk in wanted
        elif under:
            wanted.add(line.pk)
    return families(lines, wanted)


def _after_section(lines: Sequence[QuoteLine], section: int) -> int | None:
    """Return the section that follows this one; None when it is the last."""
    sections = [line.pk for line in lines if line.kind == LineKind.SECTION]
    if section not in sections:
        raise Refused("Choose a section.", field="section")
    place = sections.index(section) + 1
    return sections[place] if place < len(sections) else None
