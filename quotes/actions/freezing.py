"""A discount on the whole as an amount that stays, whatever becomes of the lines."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from q2c.catalog.models import ProductKind
from q2c.identity.models import User
from q2c.kernel.errors import Refused
from q2c.kernel.money import round_amount
from q2c.kernel.rating import plain
from quotes.actions.adjusting import adjustment_like
from quotes.actions.drafting import draft_of, saved
from quotes.actions.ordering import next_position
from quotes.actions.repricing import price_amounts, reprice
from quotes.models import TEXT_KINDS, Quote, QuoteLine

_Beat = tuple[str, int, int, int, bool, str, date | None, date | None]


@dataclass(frozen=True, slots=True)
class Frozen:
    """A frozen discount whose base has moved: what it was taken of, and what it would be now."""

    line: QuoteLine
    base: Decimal
    anew: Decimal


@transaction.atomic
def freeze_discount(quote_id: int, *, by: User, at: datetime, seen: int | None = None) -> Quote:
    """Turn the discount on the whole into adjustments of today's amount, one for each way of billing.

    The total stays to the cent; from then on the amounts stand still.
    """
    quote = draft_of(quote_id, by=by, seen=seen, cells=[("quote", "discount_percent")])
    percent = quote.discount_percent
    if not percent:
        raise Refused("There is no discount on the whole to freeze.", field="discount_percent")
    lines = list(quote.lines.order_by("position"))
    gross, before = [copy(line) for line in lines], copy(quote)
    before.discount_percent = Decimal(0)
    price_amounts(gross, before)
    taken: dict[_Beat, list[tuple[QuoteLine, Decimal]]] = {}
    for line, full in zip(lines, gross, strict=True):
        off = full.net_per_period - line.net_per_period
        if _counts(line) and off:
            taken.setdefault(_beat(line), []).append((full, off))
    if not taken:
        raise Refused("The discount takes nothing off any line yet.", field="discount_percent")
    for rows in taken.values():
        _adjust(quote, rows, percent)
    quote.discount_percent = Decimal(0)
    reprice(quote)
    words = {"discount on the whole": [f"{plain(percent)} %", "frozen as an amount"]}
    return saved(quote, by=by, at=at, changes=words)


@transaction.atomic
def freeze_anew(line_id: int, *, by: User, at: datetime, seen: int | None = None) -> Quote:
    """Take a frozen discount of what its lines come to now."""
    line = QuoteLine.objects.filter(pk=line_id).exclude(frozen_base=None).first()
    if line is None:
        raise Refused("This line was removed meanwhile. Reload the page to see the quote.")
    cells = [(str(line_id), "agreed_unit_price")]
    quote = draft_of(line.quote_id, by=by, seen=seen, cells=cells)
    moved = [one for one in moved_bases(quote, list(quote.lines.all())) if one.line.pk == line_id]
    if not moved:
        raise Refused("The lines come to what the discount was taken of.")
    was, now = line.list_unit_price, moved[0].anew
    line.list_unit_price, line.frozen_base = now, moved[0].base
    line.save(update_fields=["list_unit_price", "frozen_base"])
    reprice(quote)
    return saved(quote, by=by, at=at, changes={line.description: [plain(was), plain(now)]})


def moved_bases(quote: Quote, lines: Sequence[QuoteLine]) -> list[Frozen]:
    """Return the frozen discounts whose lines come to something else than they did."""
    bases: dict[_Beat, Decimal] = {}
    for line in lines:
        if _counts(line):
            bases[_beat(line)] = bases.get(_beat(line), Decimal(0)) + line.net_per_period
    found = []
    for line in lines:
        base = bases.get(_beat(line), Decimal(0))
        if line.frozen_base is not None and line.frozen_percent and base != line.frozen_base:
            anew = -round_amount(base * line.frozen_percent / 100, quote.currency)
            found.append(Frozen(line, base, anew))
    return found


def _adjust(quote: Quote, rows: Sequence[tuple[QuoteLine, Decimal]], percent: Decimal) -> None:
    like = rows[0][0]
    off = -sum((off for _, off in rows), Decimal(0))
    line = adjustment_like(like, amount=off, description=f"{plain(percent)} % off the whole")
    line.quote, line.position = quote, next_position(quote)
    line.starts_on, line.ends_on = like.starts_on, like.ends_on
    line.frozen_percent = percent
    line.frozen_base = sum((line.net_per_period for line, _ in rows), Decimal(0))
    line.save()


def _counts(line: QuoteLine) -> bool:
    """Return whether a discount on the whole is taken of this line."""
    is_priced = line.kind not in (ProductKind.BUNDLE, *TEXT_KINDS) and line.charge_kind != "usage"
    is_own = not line.is_adjustment and line.charge_model != "percent_of"
    return is_priced and is_own and line.is_chosen


def _beat(line: QuoteLine) -> _Beat:
    return (
        line.charge_kind,
        line.months,
        line.weeks,
        line.price_months,
        line.in_advance,
        line.tax_class,
        line.starts_on,
        line.ends_on,
    )
