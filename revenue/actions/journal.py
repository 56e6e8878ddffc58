"""Write entries in bulk: numbers as late as possible, rows by COPY."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import DatabaseError

from q2c.infra.copy import copy_rows, take_ids
from q2c.infra.numbers import document_number, take_numbers
from q2c.kernel.errors import Refused
from q2c.kernel.periods import month_of
from revenue.actions.sums import add_to_days
from revenue.models import Account, JournalEntry, JournalLine, Period
from revenue.rules.posting import CHART, Posting, is_balanced

SERIES = "JE"
_ENTRY = (
    "id",
    "number",
    "legal_entity_id",
    "period_id",
    "entry_on",
    "source",
    "source_id",
    "memo",
    "posted_at",
)
_LINE = (
    "entry_id",
    "account_id",
    "currency",
    "amount",
    "customer_id",
    "contract_id",
    "document",
    "document_id",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One posting of an entry, and the document it comes from."""

    posting: Posting
    customer_id: int | None
    contract_id: int | None
    document: str
    document_id: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A balanced entry to be written; its cause is (source, source_id, entry_on)."""

    legal_entity_id: int
    entry_on: date
    source: str
    source_id: int
    memo: str
    currency: str
    lines: Sequence[Line]


def post_entries(entries: Sequence[Entry], *, at: datetime) -> list[int]:
    """Number and write entries in the caller's transaction; returns their ids.

    Refuses entries that fall into a closed month. Entries without lines are left out.
    """
    entries = [entry for entry in entries if entry.lines]
    if not entries:
        return []
    assert all(is_balanced([line.posting for line in entry.lines]) for entry in entries)
    accounts, periods = chart(), _periods(entries)
    ids = list(take_ids(JournalEntry._meta.db_table, len(entries)))
    lines = [
        (
            pk,
            accounts[line.posting[0]],
            entry.currency,
            line.posting[1],
            line.customer_id,
            line.contract_id,
            line.document,
            line.document_id,
        )
        for pk, entry in zip(ids, entries, strict=True)
        for line in entry.lines
    ]
    copy_rows(JournalLine._meta.db_table, _LINE, lines)
    # Everything below holds the counter's lock.
    numbers = _numbers(entries)
    rows = [
        (
            pk,
            number,
            entry.legal_entity_id,
            periods[entry.legal_entity_id, month_of(entry.entry_on).start],
            entry.entry_on,
            entry.source,
            entry.source_id,
            entry.memo[:200],
            at,
        )
        for pk, number, entry in zip(ids, numbers, entries, strict=True)
    ]
    try:
        copy_rows(JournalEntry._meta.db_table, _ENTRY, rows)
    except DatabaseError as error:
        if getattr(error.__cause__, "pgcode", "") == "QC002":
            raise Refused("The books of that month were closed meanwhile.") from error
        raise
    add_to_days(
        ((entry.legal_entity_id, entry.entry_on, accounts[role], entry.currency), amount)
        for entry in entries
        for role, amount in (line.posting for line in entry.lines)
    )
    return ids


def chart() -> dict[str, int]:
    """Return the accounts' ids by role; the chart is opened on first use."""
    found = dict(Account.objects.values_list("role", "pk"))
    if missing := set(CHART) - set(found):
        Account.objects.bulk_create(
            [
                Account(role=role, code=code, name=name, kind=kind)
                for role, (code, name, kind) in CHART.items()
                if role in missing
            ],
            ignore_conflicts=True,
        )
        found = dict(Account.objects.values_list("role", "pk"))
    return found


def open_period(legal_entity_id: int, day: date) -> Period:
    """Return the month that holds a day, opened if it is new.

    Months close in order, so a new month before a closed one is as closed as that one.
    """
    month = month_of(day)
    months = Period.objects.filter(legal_entity_id=legal_entity_id)
    if period := months.filter(starts_on=month.start).first():
        return period
    closed = months.filter(starts_on__gt=month.start, state=Period.CLOSED)
    defaults: dict[str, object] = {"ends_on": month.end}
    if later := closed.order_by("starts_on").first():
        defaults |= {"state": Period.CLOSED, "closed_at": later.closed_at}
    period, _ = Period.objects.get_or_create(
        legal_entity_id=legal_entity_id, starts_on=month.start, defaults=defaults
    )
    return period


def _periods(entries: Sequence[Entry]) -> dict[tuple[int, date], int]:
    wanted = {(entry.legal_entity_id, month_of(entry.entry_on).start) for entry in entries}
    found = {}
    for entity_id, start in sorted(wanted):
        period = open_period(entity_id, start)
        if period.state == Period.CLOSED:
            raise Refused(f"The {start:%B %Y} books are closed; date it in a month that is open.")
        found[entity_id, start] = period.pk
    return found


def _numbers(entries: Sequence[Entry]) -> list[str]:
    wanted: dict[tuple[int, int], list[int]] = {}
    for index, entry in enumerate(entries):
        wanted.setdefault((entry.legal_entity_id, entry.entry_on.year), []).append(index)
    numbers = [""] * len(entries)
    for (entity_id, year), indexes in sorted(wanted.items()):
        taken = take_numbers(entity_id=entity_id, kind=SERIES, year=year, count=len(indexes))
        for index, number in zip(indexes, taken, strict=True):
            numbers[index] = document_number(SERIES, year, number)
    return numbers
