"""Move what was earned from deferred revenue to revenue, by day, month by month."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Min

from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.copy import collector_paused
from q2c.kernel.money import Money, round_amount
from q2c.kernel.periods import Period as Days
from q2c.kernel.periods import month_of
from q2c.kernel.proration import earned
from revenue.actions.journal import Entry, Line, open_period, post_entries
from revenue.actions.sums import Progress, add_to_progress
from revenue.events import RevenueRecognised
from revenue.models import Period, RecognitionRun, RevenueSchedule
from revenue.queries.periods import late_count
from revenue.rules.posting import for_recognition

BATCH = 4000
_CLAIM = """
SELECT id, invoice_id, customer_id, contract_id, pattern, currency, amount, starts_on, ends_on,
       recognised, recognised_through
FROM revenue_revenueschedule
WHERE legal_entity_id = %s AND recognised_through < ends_on AND recognised_through < %s
  AND starts_on < %s
ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
"""
_MARK = """
UPDATE revenue_revenueschedule s
SET recognised = s.recognised + u.amount, recognised_through = least(s.ends_on, %s)
FROM unnest(%s::bigint[], %s::numeric[]) AS u(id, amount) WHERE s.id = u.id
"""


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a run did; amounts by currency."""

    run_id: int
    line_count: int
    amounts: dict[str, Decimal]


def recognise(*, through: date, legal_entity_id: int, by: User | None, at: datetime) -> Recognised:
    """Recognise everything earned up to and including `through`, one month's entry after another.

    Runs in batches, each a transaction of its own: killed and started again it goes on where it
    was, several may run side by side, and a second run posts nothing. What was earned in a month
    that is closed is posted on the first day of the first open one (a catch-up, as Stripe does).
    """
    require(by, Permission.RECOGNISE_REVENUE)
    run = RecognitionRun.objects.create(
        legal_entity_id=legal_entity_id, through=through, started_at=at
    )
    count, amounts = 0, defaultdict[str, Decimal](Decimal)
    for cut in _cuts(legal_entity_id, through):
        while batch := _recognise_batch(legal_entity_id, cut, at=at):
            for currency, amount in batch:
                amounts[currency] += amount
            count += len(batch)
    sums = {currency: round_amount(amount, currency) for currency, amount in amounts.items()}
    with transaction.atomic():
        run.line_count, run.finished_at = count, at
        run.amount = sum(sums.values(), Decimal(0))
        run.save(update_fields=["line_count", "amount", "finished_at"])
        publish(RevenueRecognised(at=at, recognition_run_id=run.pk, through=through), by=by)
    return Recognised(run.pk, count, sums)


def _cuts(legal_entity_id: int, through: date) -> list[date]:
    """Return the first days after each month that has something unearned, up to `through`."""
    unfinished = RevenueSchedule.objects.filter(
        legal_entity_id=legal_entity_id, recognised_through__lt=F("ends_on")
    )
    first = unfinished.aggregate(day=Min("recognised_through"))["day"]
    last, cuts = through + timedelta(days=1), []
    while first is not None and first < last:
        cuts.append(min(month_of(first).end, last))
        first = cuts[-1]
    return cuts


@collector_paused()
@transaction.atomic
def _recognise_batch(legal_entity_id: int, cut: date, *, at: datetime) -> list[tuple[str, Decimal]]:
    """Recognise some schedules up to (not including) `cut`; empty when none is left."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [legal_entity_id, cut, cut, BATCH])
        rows = cursor.fetchall()
        if not rows:
            return []
        parts = [_part(row, cut) for row in rows]
        cursor.execute(_MARK, [cut, [row[0] for row in rows], parts])
        _post(legal_entity_id, rows, parts, cut, at=at)  # last: it locks the journal's counter
        add_to_progress(_moves(legal_entity_id, rows, parts, cut))
    return [(row[5], part) for row, part in zip(rows, parts, strict=True)]


def _part(row: Sequence[Any], cut: date) -> Decimal:
    *_, currency, amount, starts_on, ends_on, recognised, _ = row
    due = earned(Money(amount, currency), over=Days(starts_on, ends_on), by=cut)
    return due.amount - recognised


def _moves(
    legal_entity_id: int, rows: Sequence[Sequence[Any]], parts: Sequence[Decimal], cut: date
) -> Iterator[tuple[Progress, tuple[int, Decimal, Decimal]]]:
    """Take each schedule from the sum of how far it was, and add it to that of how far it is."""
    for row, part in zip(rows, parts, strict=True):
        *_, currency, amount, starts_on, ends_on, recognised, through = row
        before = (legal_entity_id, starts_on, ends_on, through, currency)
        after = (legal_entity_id, starts_on, ends_on, min(ends_on, cut), currency)
        yield before, (-1, -amount, -recognised)
        yield after, (1, amount, recognised + part)


def _post(
    legal_entity_id: int,
    rows: Sequence[Sequence[Any]],
    parts: Sequence[Decimal],
    cut: date,
    *,
    at: datetime,
) -> None:
    """One entry a currency for the batch; each line names the invoice that it earns."""
    lines: dict[str, list[Line]] = defaultdict(list)
    for (_, invoice_id, customer_id, contract_id, pattern, currency, *_), part in zip(
        rows, parts, strict=True
    ):
        lines[currency] += [
            Line(posting, customer_id, contract_id, "invoice", invoice_id)
            for posting in for_recognition(pattern, part)
        ]
    earned_on = cut - timedelta(days=1)
    entry_on = _open_day(legal_entity_id, earned_on)
    memo = f"Revenue earned through {earned_on:%d %b %Y}"
    if entry_on != earned_on:
        memo += " (catch-up: its month is closed)"
    post_entries(
        [
            Entry(legal_entity_id, entry_on, "recognition", take_cause(), memo, currency, some)
            for currency, some in sorted(lines.items())
        ],
        at=at,
    )


def take_cause() -> int:
    """Return a number for a batch; the mark on the schedules is what makes it happen once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('revenue_batch')")
        return int(cursor.fetchone()[0])


def _open_day(legal_entity_id: int, day: date) -> date:
    """Return the day itself, or the first day of the first open month after it."""
    while open_period(legal_entity_id, day).state == Period.CLOSED:
        day = month_of(day).end
    return day


def recognise_last_month(*, legal_entity_id: int, on: date, at: datetime) -> Recognised | None:
    """Recognise the month before `on`, once it has been over for two days; None when it is done.

    The days between leave room for the last invoices and usage of the month.
    """
    if on.day < 3:
        return None
    through = month_of(on).start - timedelta(days=1)
    if not late_count(before=month_of(on).start, legal_entity_id=legal_entity_id):
        return None
    return recognise(through=through, legal_entity_id=legal_entity_id, by=None, at=at)
