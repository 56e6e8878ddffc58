"""Undo and redo a person's own edits of a draft, one after the other, however long ago."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from q2c.identity.models import User
from q2c.infra.rows import update_rows
from q2c.kernel.errors import Refused
from quotes.actions.carrying import cover
from quotes.actions.drafting import check_header, draft_with_lines, saved
from quotes.actions.journal import FIELDS, HEADS, TERMS
from quotes.actions.merged import unmerge
from quotes.actions.ordering import renumber
from quotes.actions.repricing import reprice
from quotes.models import DraftEdit, Quote, QuoteLine
from quotes.queries import to_redo, to_undo


@transaction.atomic
def undo_edit(quote_id: int, *, by: User, at: datetime) -> DraftEdit:
    """Take back this person's last edit that still stands; others' edits are left alone.

    Refused where somebody changed the same cell since.
    """
    quote, lines = draft_with_lines(quote_id, by=by, seen=None)
    edit = to_undo(quote, by)
    if edit is None:
        raise Refused("There is nothing of yours left to undo.")
    _bring_back(quote, lines, edit, side="before", other="after")
    if edit.merges is not None:
        unmerge(quote, edit.merges, by=by, at=at)
    edit.is_undone = True
    edit.save(update_fields=["is_undone"])
    saved(quote, by=by, at=at, changes={"undone": ["", edit.label]}, reverts=edit)
    return edit


@transaction.atomic
def redo_edit(quote_id: int, *, by: User, at: datetime) -> DraftEdit:
    """Make this person's edit again that they undid last."""
    quote, lines = draft_with_lines(quote_id, by=by, seen=None)
    edit = to_redo(quote, by)
    if edit is None:
        raise Refused("There is nothing to do again.")
    if edit.merges is not None:
        raise Refused(f"{edit.merges} stands for itself again. Merge it anew, as it is now.")
    _bring_back(quote, lines, edit, side="after", other="before")
    edit.is_undone = False
    edit.save(update_fields=["is_undone"])
    saved(quote, by=by, at=at, changes={"done again": ["", edit.label]}, reverts=edit)
    return edit


def _bring_back(
    quote: Quote, found: Sequence[QuoteLine], edit: DraftEdit, *, side: str, other: str
) -> None:
    """Give every row that the edit touched the values of one of its sides."""
    lines = {line.pk: line for line in found}
    gone: list[int] = []
    back: list[QuoteLine] = []
    for key, row in edit.rows.items():
        line = None if key == "quote" else lines.get(int(key))
        if key == "quote":
            _set(quote, row[side], expected=row[other], names=TERMS)
        elif row[other] is None:
            back.append(_restored(quote, int(key), row[side]))
        elif line is None:
            raise Refused("That line was removed meanwhile; there is nothing to put back.")
        elif row[side] is None:
            _check_as_left(line, row[other])
            gone.append(line.pk)
        else:
            _set(line, row[side], expected=row[other], names=FIELDS)
    _check_heads(back, lines.keys() - set(gone))
    QuoteLine.objects.filter(pk__in=gone).delete()
    QuoteLine.objects.bulk_create(back)
    touched = [line for pk, line in lines.items() if str(pk) in edit.rows and pk not in gone]
    names = {name for line in touched for name in edit.rows[str(line.pk)][side]}
    update_rows(touched, sorted(names))
    cover(quote)
    check_header(quote)
    is_in_place = not gone and not back and not names & _PLACES
    if not is_in_place:
        renumber(quote)
    reprice(quote, found if is_in_place else None)


# What says which lines there are under which, and in which order.
_PLACES = {"position", *HEADS}


def _set(
    row: Quote | QuoteLine, values: Mapping[str, Any], *, expected: Any, names: Iterable[str]
) -> None:
    _check_as_left(row, expected)
    for name, value in values.items():
        if name in names:
            setattr(row, name, _field(row, name).to_python(value))


def _check_as_left(row: Quote | QuoteLine, expected: Mapping[str, Any]) -> None:
    for name, value in expected.items():
        left = _field(row, name).to_python(value)
        if name != "position" and getattr(row, name) != left:
            what = row.description if isinstance(row, QuoteLine) else "The terms"
            raise Refused(f"“{what}” was changed again since; undoing would lose that.")


def _field(row: Quote | QuoteLine, name: str) -> Any:
    return FIELDS[name] if isinstance(row, QuoteLine) else row._meta.get_field(name)


def _restored(quote: Quote, pk: int, values: Mapping[str, Any]) -> QuoteLine:
    line = QuoteLine(pk=pk, quote=quote)
    for name, value in values.items():
        setattr(line, name, FIELDS[name].to_python(value))
    return line


def _check_heads(back: list[QuoteLine], there: set[int]) -> None:
    known = there | {line.pk for line in back}
    for line in back:
        for head in (getattr(line, name) for name in HEADS):
            if head is not None and head not in known:
                raise Refused(f"What “{line.description}” belonged to was removed meanwhile.")
