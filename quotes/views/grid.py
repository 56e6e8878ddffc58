"""The rows of the editor's grid: what each cell shows and whether it can be typed into."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.urls import reverse

from quotes.actions import UNDER, WHOLE, head_of, held_lines
from quotes.models import TEXT_KINDS, LineChange, LineKind, Quote, QuoteLine
from quotes.queries import before_of, quote_terms
from quotes.rules.running import Before

_DAY = timedelta(days=1)
MOVES = {WHOLE, "position"}  # what a row's coming, going or moving is written down as


@dataclass(slots=True)
class GridRow:
    """A line with what its cells show; `last_day` is inclusive, as people read it."""

    line: QuoteLine
    url: str
    depth: int
    first_day: date | None = None
    last_day: date | None = None
    is_held: bool = False  # its bundle settles the quantity
    segment: int = 0  # of a ramp: 1 is its first
    subtotal: Decimal | None = None  # of a section: what counts of the lines below it

    @property
    def key(self) -> str:
        """The line's id as text, which a page need not format like a number."""
        return str(self.line.pk)

    @property
    def is_text(self) -> bool:
        return self.line.kind in TEXT_KINDS

    @property
    def before(self) -> Before | None:
        """In an amendment, what runs."""
        return before_of(self.line) if self.line.before else None

    @property
    def is_ended(self) -> bool:
        return self.line.change == LineChange.REMOVE

    @property
    def is_closed(self) -> bool:
        """Whether nothing of it can be changed: it ends, or can only end."""
        return self.is_ended or bool(self.line.before and self.line.is_adjustment)

    @property
    def has_quantity(self) -> bool:
        return not (self.is_closed or self.is_held or self.line.is_adjustment)

    @property
    def has_discount(self) -> bool:
        return not (self.is_closed or self.line.is_adjustment)

    @property
    def has_price(self) -> bool:
        """Whether one price can be agreed: tiers and bundles have several."""
        line = self.line
        is_open = not self.is_closed and not self.is_text
        return is_open and line.kind != "bundle" and not line.has_tiers

    @property
    def has_days(self) -> bool:
        line = self.line
        return not self.is_text and line.kind != "bundle" and line.charge_kind != "one_time"

    @property
    def has_own_days(self) -> bool:
        return self.has_days and not self.segment and not self.is_closed

    @property
    def can_ramp(self) -> bool:
        line = self.line
        return line.charge_kind == "recurring" and not line.is_adjustment and self.has_days


def grid_rows(quote: Quote, lines: Sequence[QuoteLine]) -> list[GridRow]:
    """Return the rows of all lines, in their order."""
    base = reverse("quotes:line", args=[quote.pk, 0])
    term = quote_terms(quote).term
    depths: dict[int, int] = {}
    held = held_lines(lines)
    rows = []
    for line in lines:
        head = head_of(line)
        depths[line.pk] = depths.get(head, 0) + 1 if head is not None else 0
        row = GridRow(line, base.replace("/0/", f"/{line.pk}/"), depths[line.pk])
        row.is_held = line.pk in held
        if row.has_days:
            row.first_day = line.starts_on or term.start
            row.last_day = (line.ends_on or term.end) - _DAY
        rows.append(row)
    for row, number in _segments(rows):
        row.segment = number
    for row, subtotal in subtotals(rows):
        row.subtotal = subtotal
    return rows


def _segments(rows: Sequence[GridRow]) -> Iterator[tuple[GridRow, int]]:
    """Yield the rows of ramps with the number that each segment has in time, wherever it stands."""
    heads = {row.line.ramp_of_id for row in rows if row.line.ramp_of_id}
    count: dict[int, int] = {}
    in_time = sorted(
        (row for row in rows if row.first_day), key=lambda row: row.first_day or date.max
    )
    for row in in_time:
        head = row.line.ramp_of_id or row.line.pk
        if head in heads:
            count[head] = count.get(head, 0) + 1
            yield row, count[head]


def all_touched(rows: Iterable[GridRow]) -> dict[str, frozenset[str]]:
    """Return what is touched for a page of which nobody knows what it shows."""
    return {row.key: frozenset({WHOLE}) for row in rows}


def changed_rows(
    rows: Iterable[GridRow],
    touched: Mapping[str, frozenset[str]],
    *,
    own: tuple[str, Collection[str]],
    has_other_days: bool,
) -> list[GridRow]:
    """Return the rows that show something else than before `touched` (see `touched_since`).

    `own` is the row that is being typed into, and the fields of it that the page shows already. A row
    that only moved says what it said; one whose family is another, as a ramp with a segment more,
    does not.
    """
    found, families = [], set[int]()
    for row in rows:
        line, fields = row.line, touched.get(row.key, frozenset())
        if UNDER in fields or head_of(line) in families:
            families.add(line.pk)
        is_own, shown = row.key == own[0], {"position", *own[1]}
        says_other = bool(fields - (shown if is_own else {"position"}))
        follows_term = has_other_days and row.has_days and not (line.starts_on and line.ends_on)
        if says_other or follows_term or line.pk in families:
            found.append(row)
    return found


def subtotals(rows: Iterable[GridRow]) -> Iterator[tuple[GridRow, Decimal]]:
    """Yield each section with what the lines below it come to over the term, if taken."""
    section, amount = None, Decimal(0)
    for row in rows:
        if row.line.kind == LineKind.SECTION:
            if section is not None:
                yield section, amount
            section, amount = row, Decimal(0)
        elif row.line.is_chosen:
            amount += row.line.contract_total
    if section is not None:
        yield section, amount


@dataclass(frozen=True, slots=True)
class OfferedChoice:
    """One of a group's choices side by side, and what it comes to over the term."""

    name: str
    is_chosen: bool
    contract_total: Decimal


def choices_of(lines: Iterable[QuoteLine]) -> dict[str, list[OfferedChoice]]:
    """Return each group with its choices, in the order of their first lines."""
    found: dict[str, dict[str, list[QuoteLine]]] = {}
    for line in lines:
        if line.choice_group:
            found.setdefault(line.choice_group, {}).setdefault(line.choice, []).append(line)
    return {
        group: [
            OfferedChoice(
                name,
                any(line.is_chosen for line in members),
                sum((line.contract_total for line in members), Decimal(0)),
            )
            for name, members in choices.items()
        ]
        for group, choices in found.items()
    }
