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
    groups: dict[tuple[int, int, int, int], list[Any]] = {}
    for line in lines:
        if line.kind not in ("bundle", *TEXT_KINDS):
            rank = ["one_time", "recurring", "usage"].index(line.charge_kind)
            key = (rank, line.months, line.weeks, line.price_months)
            groups.setdefault(key, []).append(line)
    return [_group(*key, groups[key]) for key in sorted(groups)]


def beat_of(line: Any) -> str:
    """Return how often a line is charged, in words: Once, Monthly, Every 2 weeks.

    A price for other months than it is charged for says so: Per year, invoiced monthly.
    """
    if line.charge_kind == "one_time":
        return _("Once")
    return _priced_beat(line.months, line.weeks, line.price_months)


def _priced_beat(months: int, weeks: int, price_months: int) -> str:
    beat = _beat(months, weeks)
    if price_months in (0, months):
        return beat
    per = {"period": _per(price_months), "beat": beat.lower()}
    return _("%(period)s, invoiced %(beat)s") % per


def _per(months: int) -> str:
    named = {1: _("Per month"), 3: _("Per quarter"), 6: _("Per half-year"), 12: _("Per year")}
    return named.get(months) or _("Per %(number)s months") % {"number": months}


def _beat(months: int, weeks: int) -> str:
    if weeks:
        return _("Weekly") if weeks == 1 else _("Every %(number)s weeks") % {"number": weeks}
    named = {1: _("Monthly"), 3: _("Quarterly"), 6: _("Half-yearly"), 12: _("Yearly")}
    return named.get(months) or _("Every %(number)s months") % {"number": months}


def _group(rank: int, months: int, weeks: int, price_months: int, lines: list[Any]) -> LineGroup:
    if rank == 0:
        return LineGroup(_("Once"), _("Amount"), is_usage=False, lines=lines)
    beat = _beat(months, weeks)
    if rank == 1:
        is_own = price_months in (0, months)
        label = _("%(beat)s, net") % {"beat": beat if is_own else _per(price_months)}
        return LineGroup(
            _priced_beat(months, weeks, price_months), label, is_usage=False, lines=lines
        )
    title = _("Usage, invoiced %(beat)s") % {"beat": beat.lower()}
    return LineGroup(title, _("Amount"), is_usage=True, lines=lines)


def line_groups(quote: AcceptedQuote) -> list[LineGroup]:
    """Return an accepted quote's lines as documents list them."""
    return grouped(quote.lines)
