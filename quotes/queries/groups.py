"""Lines as documents and pages list them: by how often they are charged."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from quotes.models import TEXT_KINDS
from quotes.queries.accepted import AcceptedQuote


@dataclass(frozen=True, slots=True)
class LineGroup:
    """Lines that are charged at the same beat, as documents list them."""

    title: str
    amount_label: str
    is_usage: bool
    lines: list[Any]


def grouped(lines: Iterable[Any]) -> list[LineGroup]:
    """Return lines (stored or accepted ones) by cadence: once, monthly …, usage last.

    A bundle's own line carries no price and is left out; its options stand in its place.
    """
    groups: dict[tuple[int, int, int], list[Any]] = {}
    for line in lines:
        if line.kind not in ("bundle", *TEXT_KINDS):
            rank = ["one_time", "recurring", "usage"].index(line.charge_kind)
            groups.setdefault((rank, line.months, line.weeks), []).append(line)
    return [_group(*key, groups[key]) for key in sorted(groups)]


def beat_of(line: Any) -> str:
    """Return how often a line is charged, in words: Once, Monthly, Every 2 weeks."""
    return _("Once") if line.charge_kind == "one_time" else _beat(line.months, line.weeks)


def _beat(months: int, weeks: int) -> str:
    if weeks:
        return _("Weekly") if weeks == 1 else _("Every %(number)s weeks") % {"number": weeks}
    named = {1: _("Monthly"), 3: _("Quarterly"), 6: _("Half-yearly"), 12: _("Yearly")}
    return named.get(months) or _("Every %(number)s months") % {"number": months}


def _group(rank: int, months: int, weeks: int, lines: list[Any]) -> LineGroup:
    if rank == 0:
        return LineGroup(_("Once"), _("Amount"), is_usage=False, lines=lines)
    beat = _beat(months, weeks)
    if rank == 1:
        label = _("%(beat)s, net") % {"beat": beat}
        return LineGroup(beat, label, is_usage=False, lines=lines)
    title = _("Usage, invoiced %(beat)s") % {"beat": beat.lower()}
    return LineGroup(title, _("Amount"), is_usage=True, lines=lines)


def line_groups(quote: AcceptedQuote) -> list[LineGroup]:
    """Return an accepted quote's lines as documents list them."""
    return grouped(quote.lines)
