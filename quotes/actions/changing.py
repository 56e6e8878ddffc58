"""Change the cells of a draft's lines, one or many at once."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import models, transaction

from q2c.catalog.models import ProductKind
from q2c.identity.models import User
from q2c.infra.rows import update_rows
from q2c.kernel.errors import Refused
from q2c.kernel.rating import plain
from quotes.actions.carrying import change_of, cover
from quotes.actions.cells import check_cell, check_together
from quotes.actions.configuring import check_bundles_of, scale
from quotes.actions.drafting import draft_with_lines, saved
from quotes.actions.ordering import families, head_of
from quotes.actions.repricing import reprice
from quotes.models import TEXT_KINDS, LineChange, Quote, QuoteLine
from quotes.queries import quote_terms
from quotes.rules.choices import Chosen, settled

FLAGS = ("is_optional", "is_chosen", "choice_group", "choice")
LINE = (
    "quantity",
    "agreed_unit_price",
    "price_reason",
    "discount_percent",
    "description",
    "note",
    "starts_on",
    "ends_on",
    "min_quantity",
    "max_quantity",
    *FLAGS,
)
_OF_TEXT = ("description", "note")
_WORDS = {
    "agreed_unit_price": "price",
    "is_chosen": "taken",
    "starts_on": "from",
    "ends_on": "last day",
}


@transaction.atomic
def change_line(
    line_id: int, changes: Mapping[str, Any], *, by: User, at: datetime, seen: int | None = None
) -> QuoteLine:
    """Change cells of one line; options follow their bundle.

    Refuses quantities out of an option's bounds, and discounts on an adjustment.
    """
    line = QuoteLine.objects.filter(pk=line_id).first()
    if line is None:
        raise _removed()
    quote = change_lines(line.quote_id, [line_id], changes, by=by, at=at, seen=seen)
    return quote.lines.get(pk=line_id)


@transaction.atomic
def change_lines(  # noqa: PLR0913  which, what to, who, when, what they saw, and whether it goes on
    quote_id: int,
    line_ids: Collection[int],
    changes: Mapping[str, Any],
    *,
    by: User,
    at: datetime,
    seen: int | None = None,
    typing_on: bool = False,
) -> Quote:
    """Give lines the same values; of several, those that cannot have them are passed over.

    Sections and notes have only their text, adjustments no discount. Who is `typing_on` in a cell
    makes no other step to undo.
    """
    if unknown := set(changes) - set(LINE):
        raise Refused(f"{', '.join(sorted(unknown))} cannot be changed on a line.")
    cells = [(str(pk), name) for pk in line_ids for name in changes]
    quote, lines = draft_with_lines(quote_id, by=by, seen=seen, cells=cells)
    chosen = _chosen(lines, set(line_ids), changes)
    words: dict[str, list[str]] = {}
    for line in chosen:
        words |= _change(line, changes, lines, quote)
        if {"discount_percent", "agreed_unit_price"} & set(changes):
            _sign(line, by=by, at=at)
    if set(FLAGS) & set(changes):
        settle(lines)
    write_lines(quote, lines)
    if "quantity" in changes:
        inside = [line for line in chosen if line.parent is not None]
        check_bundles_of(inside, quote, lines, field="quantity")
    if "ends_on" in changes:
        cover(quote)
    reprice(quote, lines)
    return saved(quote, by=by, at=at, changes=words, typing_on=typing_on)


@transaction.atomic
def recommend_choice(
    quote_id: int, group: str, choice: str, *, by: User, at: datetime, seen: int | None = None
) -> Quote:
    """Propose one choice of a group to the customer; only its lines count in the totals."""
    cells = [("quote", f"choice of {group}")]
    quote, lines = draft_with_lines(quote_id, by=by, seen=seen, cells=cells)
    if not any(line.choice_group == group and line.choice == choice for line in lines):
        raise Refused(f"There is no choice “{choice}” in “{group}”.", field="choice")
    for line in lines:
        if line.choice_group == group and not line.is_optional:
            line.is_chosen = line.choice == choice
    settle(lines)
    write_lines(quote, lines)
    reprice(quote, lines)
    return saved(quote, by=by, at=at, changes={group: ["", choice]})


def write_lines(quote: Quote, lines: Sequence[QuoteLine]) -> None:
    """Write what lines no longer say as they said it when the edit began."""
    touched, names = [], set[str]()
    for line in lines:
        found = quote.as_found.get(str(line.pk), {})
        if changed := [name for name, old in found.items() if getattr(line, name) != old]:
            touched.append(line)
            names.update(changed)
    update_rows(touched, sorted(names))


def _chosen(
    lines: Sequence[QuoteLine], line_ids: Collection[int], changes: Mapping[str, Any]
) -> list[QuoteLine]:
    chosen = [line for line in lines if line.pk in line_ids]
    if len(chosen) < len(line_ids):
        raise _removed()
    several = len(chosen) > 1
    return [line for line in chosen if not (several and _passes_over(line, changes))]


def _passes_over(line: QuoteLine, changes: Mapping[str, Any]) -> bool:
    if line.kind in TEXT_KINDS:
        return bool(set(changes) - set(_OF_TEXT))
    return line.is_adjustment and "discount_percent" in changes


def _change(
    line: QuoteLine, changes: Mapping[str, Any], lines: Sequence[QuoteLine], quote: Quote
) -> dict[str, list[str]]:
    """Set a line's fields, and those of what follows it; returns the history's words."""
    if line.kind in TEXT_KINDS and set(changes) - set(_OF_TEXT):
        raise Refused(f"A {line.kind} has only its text.", field=next(iter(changes)))
    if line.before and line.is_adjustment:
        raise Refused("An adjustment can only be ended; add another one instead.")
    if not line.before:  # what runs keeps the days it has
        changes = {name: _as_kept(quote, name, value) for name, value in changes.items()}
    before = {name: getattr(line, name) for name in changes}
    for name, value in changes.items():
        check_cell(line, name, value, quote)
    changes = {name: _as_stored(name, value) for name, value in changes.items()}
    family = families(lines, [line.pk])[1:]
    if "quantity" in changes:
        follow_quantity(line, changes["quantity"], family, lines)
    for name, value in changes.items():
        if name == "agreed_unit_price" and line.is_adjustment:
            line.list_unit_price, line.frozen_base = value, None
        else:
            setattr(line, name, value)
    check_together(line, quote)
    line.change = change_of(line)
    _lead(line, family, changes)
    return {
        f"{line.description}, {_WORDS.get(name, name.replace('_', ' '))}": [
            _words(name, old),
            _words(name, changes[name]),
        ]
        for name, old in before.items()
        if old != changes[name]
    }


def _as_stored(name: str, value: Any) -> Any:
    """Return a number as its column keeps it, so that prices are made from what is stored."""
    field = QuoteLine._meta.get_field(name)
    if isinstance(value, Decimal) and isinstance(field, models.DecimalField):
        return value.quantize(Decimal(1).scaleb(-field.decimal_places), rounding=ROUND_HALF_UP)
    return value


def _as_kept(quote: Quote, name: str, value: Any) -> Any:
    """Return no day where it is the quote's own: such a line follows the quote's term."""
    term = quote_terms(quote).term
    is_quotes = (name, value) in (("starts_on", term.start), ("ends_on", term.end))
    return None if is_quotes else value


def _lead(line: QuoteLine, family: Sequence[QuoteLine], changes: Mapping[str, Any]) -> None:
    """Give what stands under a line what it shares with it."""
    for member in family:
        is_discounted = "discount_percent" in changes and line.kind == ProductKind.BUNDLE
        if is_discounted and not member.is_free_by_list:
            member.discount_percent = Decimal(0) if member.is_adjustment else line.discount_percent
        if set(FLAGS) & set(changes):
            member.is_optional, member.choice_group = line.is_optional, line.choice_group
            member.choice = line.choice


def follow_quantity(
    line: QuoteLine, quantity: Decimal, family: Sequence[QuoteLine], lines: Sequence[QuoteLine]
) -> None:
    """Give the options of a bundle what so many bundles hold; segments follow their first.

    Of any other ramp the segments follow that had the same quantity.
    """
    if line.kind != ProductKind.BUNDLE:
        for member in family:
            if member.ramp_of_id == line.pk and member.quantity == line.quantity:
                member.quantity = quantity
        return
    before = {member.pk: member.quantity for member in family}
    scale(line, quantity, lines)
    after = {member.pk: member.quantity for member in family}
    for member in family:
        if (first := member.ramp_of_id) in before:
            member.quantity = round(member.quantity * after[first] / before[first], 6)


def _sign(line: QuoteLine, *, by: User, at: datetime) -> None:
    """Keep who negotiated; nobody did where the list price, or what runs, stands as it was."""
    is_listed = line.agreed_unit_price is None and not line.discount_percent
    if is_listed or line.change == LineChange.KEEP:
        line.negotiated_by, line.negotiated_at, line.price_reason = None, None, ""
    else:
        line.negotiated_by, line.negotiated_at = by, at


def settle(lines: Sequence[QuoteLine]) -> None:
    """Take exactly one choice of each group; what stands under a line is taken with it."""
    taken = settled(
        [
            Chosen(
                line.pk,
                is_optional=line.is_optional,
                is_chosen=line.is_chosen,
                group=line.choice_group,
                choice=line.choice,
                follows=head_of(line),
            )
            for line in lines
        ]
    )
    for line in lines:
        line.is_chosen = taken[line.pk]


def _removed() -> Refused:
    return Refused("This line was removed meanwhile. Reload the page to see the quote.")


def _words(name: str, value: object) -> str:
    if isinstance(value, date):
        return f"{value - timedelta(days=1) if name == 'ends_on' else value:%d %b %Y}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else plain(value) if isinstance(value, Decimal) else str(value)
