"""Keep the sums that reports read; written last, under the journal counter's lock."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

# legal entity, day, account, currency
Day = tuple[int, date, int, str]
# legal entity, first day, day after the last, first day not recognised, currency
Progress = tuple[int, date, date, date, str]

_ADD_DAYS = """
INSERT INTO revenue_dailysum AS s (legal_entity_id, day, account_id, currency, debit, credit)
SELECT * FROM unnest(%s::bigint[], %s::date[], %s::bigint[], %s::text[],
                     %s::numeric[], %s::numeric[])
ON CONFLICT (legal_entity_id, day, account_id, currency)
DO UPDATE SET debit = s.debit + excluded.debit, credit = s.credit + excluded.credit
"""
_ADD_PROGRESS = """
INSERT INTO revenue_schedulesum AS s (legal_entity_id, starts_on, ends_on, recognised_through,
  currency, schedule_count, amount, recognised)
SELECT * FROM unnest(%s::bigint[], %s::date[], %s::date[], %s::date[], %s::text[],
                     %s::int[], %s::numeric[], %s::numeric[])
ON CONFLICT (legal_entity_id, starts_on, ends_on, recognised_through, currency)
DO UPDATE SET schedule_count = s.schedule_count + excluded.schedule_count,
  amount = s.amount + excluded.amount, recognised = s.recognised + excluded.recognised
"""
_REBUILD = (
    "LOCK TABLE revenue_dailysum, revenue_schedulesum IN EXCLUSIVE MODE",
    "DELETE FROM revenue_dailysum",
    """INSERT INTO revenue_dailysum (legal_entity_id, day, account_id, currency, debit, credit)
       SELECT e.legal_entity_id, e.entry_on, l.account_id, l.currency,
         sum(greatest(l.amount, 0)), sum(greatest(-l.amount, 0))
       FROM revenue_journalline l JOIN revenue_journalentry e ON e.id = l.entry_id
       GROUP BY 1, 2, 3, 4""",
    "DELETE FROM revenue_schedulesum",
    """INSERT INTO revenue_schedulesum (legal_entity_id, starts_on, ends_on, recognised_through,
         currency, schedule_count, amount, recognised)
       SELECT legal_entity_id, starts_on, ends_on, recognised_through, currency, count(*),
         sum(amount), sum(recognised)
       FROM revenue_revenueschedule GROUP BY 1, 2, 3, 4, 5""",
)


def add_to_days(amounts: Iterable[tuple[Day, Decimal]]) -> None:
    """Add journal lines (debit positive) to the sums of their accounts and days."""
    sums: dict[Day, list[Decimal]] = {}
    for key, amount in amounts:
        debit_credit = sums.setdefault(key, [Decimal(0), Decimal(0)])
        if amount > 0:
            debit_credit[0] += amount
        else:
            debit_credit[1] -= amount
    _add(_ADD_DAYS, sums)


def add_to_progress(rows: Iterable[tuple[Progress, tuple[int, Decimal, Decimal]]]) -> None:
    """Add (count, amount, recognised) of schedules to the sums of their days; negative to move."""
    sums: dict[Progress, list[Decimal]] = {}
    for key, (count, amount, recognised) in rows:
        parts = sums.setdefault(key, [Decimal(0), Decimal(0), Decimal(0)])
        parts[0] += count
        parts[1] += amount
        parts[2] += recognised
    _add(_ADD_PROGRESS, {key: parts for key, parts in sums.items() if any(parts)})


@transaction.atomic
def rebuild_sums() -> None:
    """Add everything up anew from the lines and schedules; those who post wait meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        for statement in _REBUILD:
            cursor.execute(statement)


def _add(statement: str, sums: Mapping[Any, Sequence[Decimal]]) -> None:
    # In one order, so that no two workers wait for each other.
    rows = [(*key, *parts) for key, parts in sorted(sums.items())]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(statement, [list(column) for column in zip(*rows, strict=True)])
