"""Lines as documents and pages list them: by how often they are charged."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

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


def _group(rank: int, months: int, weeks: int, lines: list[Any]) -> LineGroup:
    beat = {1: "Monthly", 3: "Quarterly", 12: "Yearly"}.get(months, f"Every {months} months")
    if weeks:
        beat = "Weekly" if weeks == 1 else f"Every {weeks} weeks"
    if rank == 0:
        return LineGroup("Once", "Amount", is_usage=False, lines=lines)
    if rank == 1:
        return LineGroup(beat, f"{beat}, net", is_usage=False, lines=lines)
    return LineGroup(f"Usage, invoiced {beat.lower()}", "Amount", is_usage=True, lines=lines)


def line_groups(quote: AcceptedQuote) -> list[LineGroup]:
    """Return an accepted quote's lines as documents list them."""
    return grouped(quote.lines)
