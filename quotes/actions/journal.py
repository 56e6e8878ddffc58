"""Write down what an edit of a draft changed, cell by cell, so that it can be merged and undone."""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from q2c.identity.models import User
from q2c.kernel.errors import StaleVersion
from quotes.models import DraftEdit, Quote, QuoteLine

HEADER = (
    "title",
    "term_months",
    "starts_on",
    "valid_until",
    "payment_terms_days",
    "discount_percent",
    "auto_renew",
    "notes",
    "language",
    "cover_letter",
    "proration",
    "contact_id",
    "channel",
    "coupon_code",
)
TERMS = (*HEADER, "priced_on")
HEADS = ("parent_id", "ramp_of_id", "setup_of_id")
_COMPUTED = {
    "id",
    "quote_id",
    "combined_discount_percent",
    "net_per_period",
    "list_per_period",
    "contract_total",
    "trace",
    "waterfall",
    "rule_unit_price",
    "receipts",
}
FIELDS = {f.attname: f for f in QuoteLine._meta.concrete_fields if f.attname not in _COMPUTED}
_said = attrgetter(*FIELDS)
WHOLE = "*"  # in place of a field: any of the row's
UNDER = "under"  # in place of a field: which lines stand under the row

Row = dict[str, Any]
Rows = dict[str, Row]
Changed = dict[str, Mapping[str, Any]]
# Rows ("quote" or a line's id) and the fields of them that an edit is about.
Cells = Collection[tuple[str, str]]


def rows_of(quote: Quote, lines: Iterable[QuoteLine] | None = None) -> Rows:
    """Return what the draft says now: its terms and its lines, without what is computed.

    `lines` are all of the quote's when somebody has read them already.
    """
    if lines is None:
        stored = QuoteLine.objects.filter(quote=quote).values("id", *FIELDS)
        rows = {str(line.pop("id")): dict(line) for line in stored}
    else:
        rows = {str(line.pk): dict(zip(FIELDS, _said(line), strict=True)) for line in lines}
    return {"quote": {name: getattr(quote, name) for name in TERMS}, **rows}


def write_down(  # noqa: PLR0913  the draft, what it was, who, when, and what it is about
    quote: Quote,
    rows: Changed,
    *,
    label: str,
    by: User,
    at: datetime,
    reverts: DraftEdit | None = None,
    merges: Quote | None = None,
    typing_on: bool = False,
) -> None:
    """Keep what an edit changed; typing on in one cell extends the edit that began it.

    One that was typed back to what it was is no step: it took itself back.
    """
    if not rows:
        return
    last = quote.edits.order_by("-id").first()
    if last and typing_on and _goes_on(last, rows, by=by):
        for key, row in rows.items():
            last.rows[key]["after"] = _as_stored(row["after"])
        last.edit_version, last.at, last.label = quote.edit_version, at, label[:200]
        is_as_before = all(row["before"] == row["after"] for row in last.rows.values())
        last.reverts = last if is_as_before else None
        last.save(update_fields=["rows", "edit_version", "at", "label", "reverts"])
        return
    DraftEdit.objects.create(
        quote=quote,
        by=by,
        at=at,
        edit_version=quote.edit_version,
        label=label[:200],
        rows=rows,
        reverts=reverts,
        merges=merges,
    )


def check_cells(quote: Quote, seen: int | None, cells: Cells | None) -> None:
    """Refuse to overwrite what somebody saved since `seen` was read.

    Without cells the edit is about the whole draft, and any later edit is in its way.
    """
    if seen is None or seen == quote.edit_version:
        return
    if cells is not None and seen < quote.edit_version:
        later = touched_since(quote, seen)
        if not any(_touches(later.get(key, frozenset()), name) for key, name in cells):
            return
    raise StaleVersion(
        "Somebody else has saved this since you opened it. Reload to see their changes; "
        "yours have not been saved."
    )


def touched_since(quote: Quote, seen: int) -> dict[str, frozenset[str]]:
    """Return which rows later edits touched and which fields; WHOLE for rows added or removed.

    A row that others came under, or went from under, says UNDER.
    """
    found: dict[str, frozenset[str]] = {}
    for edit in quote.edits.filter(edit_version__gt=seen).order_by("id"):
        for key, row in edit.rows.items():
            sides = [side for side in (row["before"], row["after"]) if side is not None]
            fields = set(sides[0]) if len(sides) > 1 else {WHOLE}
            found[key] = found.get(key, frozenset()) | fields
            for head in {str(pk) for side in sides for name in HEADS if (pk := side.get(name))}:
                found[head] = found.get(head, frozenset()) | {UNDER}
    return found


def _touches(fields: frozenset[str], name: str) -> bool:
    # Where a line stands, and what under it, is no part of what it says.
    says = fields - {"position", UNDER}
    return WHOLE in fields or name in fields or (name == WHOLE and bool(says))


def difference(before: Rows, after: Rows) -> Changed:
    """Return the rows that are another, each with what it said and what it says."""
    rows: Changed = {}
    for key in {**before, **after}:
        old, new = before.get(key), after.get(key)
        if old is None or new is None:
            rows[key] = {"before": _exact(old), "after": _exact(new)}
        elif changed := [name for name in new if old[name] != new[name]]:
            rows[key] = {
                "before": _exact({name: old[name] for name in changed}),
                "after": _exact({name: new[name] for name in changed}),
            }
    return rows


def _exact(row: Row | None) -> Row | None:
    """Write instants in full: JSON as Django writes it cuts off their microseconds."""
    if row is None:
        return None
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
    }


def _as_stored(row: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(row, cls=DjangoJSONEncoder))


def _goes_on(last: DraftEdit, rows: Mapping[str, Any], *, by: User) -> bool:
    is_reverting = last.reverts_id not in (None, last.pk)
    is_next = last.by_id == by.pk and not last.is_undone and not is_reverting
    if not is_next or last.rows.keys() != rows.keys():
        return False
    pairs = [(last.rows[key], row) for key, row in rows.items()]
    return all(a["before"] and a["after"] and b["before"] and b["after"] for a, b in pairs) and all(
        a["after"].keys() == b["after"].keys() for a, b in pairs
    )
