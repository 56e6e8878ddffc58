"""An offer as its page and its document lay it out: sections, lines, choices side by side."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from q2c.catalog.models import ProductKind, ProductPicture
from q2c.kernel.naming import name_in
from q2c.kernel.rating import ChargeModel
from quotes.models import NOT_SOLD, TEXT_KINDS, LineKind, QuoteLine
from quotes.queries.groups import beat_of, grouped
from quotes.queries.selections import followed_by


@dataclass(slots=True)
class OfferedChoice:
    """One of a group's choices: its lines and what they come to."""

    name: str
    is_chosen: bool
    rows: list["Row"]
    contract_total: Decimal


@dataclass(slots=True)
class Row:
    """A line, a note between lines, the head of a bundle, or the choices of a group."""

    kind: str  # line, note, head or choices
    line: Any = None
    text: str = ""
    note: str = ""
    beat: str = ""
    picture: Any = None
    group: str = ""
    choices: list[OfferedChoice] = field(default_factory=list)
    # Optional, and not taken with something optional that it belongs to.
    is_switch: bool = False

    @property
    def radio(self) -> str:
        """Return the name of the field that picks one of the choices."""
        return f"g{self.choices[0].rows[0].line.pk}"

    @property
    def is_usage(self) -> bool:
        return self.line is not None and self.line.charge_kind == "usage"

    @property
    def may_change(self) -> bool:
        """Whether what the customer picks can change the amount."""
        line = self.line
        return bool(
            line.is_optional
            or self.is_adjustable
            or line.parent_id
            or line.ramp_of_id
            or line.charge_model == ChargeModel.PERCENT_OF.value
        )

    @property
    def is_adjustable(self) -> bool:
        line = self.line
        return line.min_quantity is not None or line.max_quantity is not None


@dataclass(slots=True)
class Section:
    """Rows under a title; its subtotal over the term is that of what is taken."""

    title: str
    rows: list[Row]
    subtotal: Decimal | None = None
    key: int = 0


def laid_out(
    lines: Sequence[QuoteLine], *, language: str, only_taken: bool = False
) -> list[Section]:
    """Return the sections of an offer, named and described in a language.

    Under the seller's own sections in their order; where they made none, by how often a line is
    charged, unless a bundle as a whole is the customer's to choose: then its parts stay together.
    `only_taken` leaves out options and choices that are not taken.
    """
    offered = [line for line in lines if line.change not in NOT_SOLD]
    shown = [line for line in offered if line.is_chosen or not only_taken]
    names = _Names(shown, language)
    if any(line.kind in TEXT_KINDS or line.choice_group or _is_open(line) for line in shown):
        return list(_arranged(shown, names, only_taken=only_taken))
    return [
        Section(group.title, [names.row(line, beat="") for line in group.lines], key=number)
        for number, group in enumerate(grouped(shown))
    ]


def _is_open(line: QuoteLine) -> bool:
    """Tell whether a bundle may be left out, or taken in another quantity."""
    bounds = (line.min_quantity, line.max_quantity)
    return line.kind == ProductKind.BUNDLE and (line.is_optional or bounds != (None, None))


class _Names:
    """The rows of lines, with names and pictures of their products read once."""

    def __init__(self, lines: Sequence[QuoteLine], language: str) -> None:
        self._language = language
        self._pictures: dict[int, ProductPicture] = {}
        self._optional = {line.pk for line in lines if line.is_optional}
        products = [line.product_id for line in lines if line.product_id]
        pictures = ProductPicture.objects.filter(product_id__in=products).defer("blob__content")
        for picture in pictures.order_by("-position", "-id"):
            self._pictures[picture.product_id] = picture

    def row(self, line: QuoteLine, *, beat: str | None = None) -> Row:
        return Row(
            kind="head" if line.kind == "bundle" else "line",
            line=line,
            text=self._name(line),
            note=line.note,
            beat=beat_of(line) if beat is None else beat,
            picture=self._pictures.get(line.product_id) if line.product_id else None,
            is_switch=line.is_optional and followed_by(line) not in self._optional,
        )

    def _name(self, line: QuoteLine) -> str:
        return name_in(line.description, line.product, self._language)


def _arranged(lines: list[QuoteLine], names: _Names, *, only_taken: bool) -> Iterator[Section]:
    section, done = Section("", []), set[str]()
    for line in lines:
        if line.kind == LineKind.SECTION.value:
            if section.rows:
                yield _summed(section)
            section = Section(line.description, [], key=line.pk)
        if line.kind in TEXT_KINDS:
            section.rows += _text(line)
        elif not line.choice_group or only_taken:
            section.rows.append(names.row(line))
        elif line.choice_group not in done:
            done.add(line.choice_group)
            section.rows.append(_choices(line.choice_group, lines, names))
    if section.rows:
        yield _summed(section)


def _text(line: QuoteLine) -> list[Row]:
    """Return a note, or what stands under the title of a section."""
    if line.kind == LineKind.NOTE.value:
        return [Row("note", line=line, text=line.description, note=line.note)]
    return [Row("note", line=line, text=line.note)] if line.note else []


def _choices(group: str, lines: Iterable[QuoteLine], names: _Names) -> Row:
    found: dict[str, OfferedChoice] = {}
    for line in lines:
        if line.choice_group == group:
            choice = found.setdefault(
                line.choice, OfferedChoice(line.choice, line.is_chosen, [], Decimal(0))
            )
            choice.rows.append(names.row(line))
            choice.contract_total += line.contract_total
    return Row("choices", group=group, choices=list(found.values()))


def _summed(section: Section) -> Section:
    lines = [row.line for row in section.rows if row.kind in ("line", "head")]
    lines += [row.line for one in section.rows for choice in one.choices for row in choice.rows]
    taken = [line.contract_total for line in lines if line.is_chosen]
    section.subtotal = sum(taken, Decimal(0))
    section.title = section.title or _("Offer")
    return section
