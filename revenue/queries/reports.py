"""The books as reports: trial balance, waterfall, entries."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from billing.queries import ids_numbered
from q2c.kernel.money import round_amount
from revenue.models import DailySum, JournalEntry, JournalLine

ZERO = Decimal(0)
UNNUMBERED = ("recognition", "refund")
MOST_FOUND = 1000


@dataclass(frozen=True, slots=True)
class Balance:
    """An account's sums through a day; amounts in `currency`, debit positive."""

    code: str
    name: str
    role: str
    currency: str
    debit: Decimal
    credit: Decimal

    @property
    def balance(self) -> Decimal:
        return self.debit - self.credit


@dataclass(frozen=True, slots=True)
class Month:
    """One month of the waterfall: what was billed then, and what is recognised of it and left."""

    month: date
    currency: str
    billed: Decimal
    recognised: Decimal

    @property
    def deferred(self) -> Decimal:
        return self.billed - self.recognised


def trial_balance(*, on: date, legal_entity_id: int | None) -> list[Balance]:
    """Return every account with postings through a day, by account and currency."""
    sums = DailySum.objects.filter(day__lte=on)
    if legal_entity_id:
        sums = sums.filter(legal_entity_id=legal_entity_id)
    rows = (
        sums.values_list("account__code", "account__name", "account__role", "currency")
        .annotate(debits=Sum("debit"), credits=Sum("credit"))
        .order_by("account__code", "currency")
    )
    return [Balance(*row) for row in rows]


def account_balance(
    role: str, *, on: date, legal_entity_id: int | None = None
) -> dict[str, Decimal]:
    """Return one account's balance by currency, debit positive."""
    return {
        row.currency: row.balance
        for row in trial_balance(on=on, legal_entity_id=legal_entity_id)
        if row.role == role
    }


def waterfall(*, legal_entity_id: int | None) -> list[Month]:
    """Return deferred revenue by the month it was billed for; the remainders sum to the account."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT date_trunc('month', starts_on)::date, currency, sum(amount), sum(recognised)
               FROM revenue_schedulesum
               WHERE schedule_count <> 0
                 AND (%(entity)s::bigint IS NULL OR legal_entity_id = %(entity)s)
               GROUP BY 1, 2 ORDER BY 2, 1""",
            {"entity": legal_entity_id},
        )
        return [Month(*row) for row in cursor.fetchall()]


def release(*, legal_entity_id: int | None, on: date, months: int = 12) -> list[Month]:
    """Return how much of today's deferred revenue each coming month will recognise.

    By day; the first month also holds what is late. `billed` is the month's share, `recognised`
    is zero.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT m.month::date, s.currency,
                 sum((s.amount - s.recognised) * (least(s.ends_on, m.month_end) - f.from_day)
                   / (s.ends_on - s.recognised_through))
               FROM revenue_schedulesum s
               CROSS JOIN (
                 SELECT month, (month + interval '1 month')::date AS month_end,
                   month = date_trunc('month', %(on)s::date) AS is_first
                 FROM generate_series(date_trunc('month', %(on)s::date),
                   date_trunc('month', %(on)s::date) + (%(months)s - 1) * interval '1 month',
                   interval '1 month') AS month) m
               CROSS JOIN LATERAL (
                 SELECT CASE WHEN m.is_first THEN s.recognised_through
                   ELSE greatest(s.recognised_through, m.month::date) END AS from_day) f
               WHERE s.schedule_count <> 0 AND s.recognised_through < s.ends_on
                 AND f.from_day < m.month_end AND f.from_day < s.ends_on
                 AND (%(entity)s::bigint IS NULL OR s.legal_entity_id = %(entity)s)
               GROUP BY 1, 2 ORDER BY 2, 1""",
            {"entity": legal_entity_id, "on": on, "months": months},
        )
        return _in_whole_units(cursor.fetchall())


def _in_whole_units(rows: Iterable[tuple[date, str, Decimal]]) -> list[Month]:
    """Round the running total of each currency and subtract, so that no cent is lost."""
    found, running = [], defaultdict[str, Decimal](Decimal)
    for month, currency, amount in rows:
        before = round_amount(running[currency], currency)
        running[currency] += amount
        share = round_amount(running[currency], currency) - before
        found.append(Month(month, currency, share, ZERO))
    return found


def entries() -> QuerySet[JournalEntry]:
    """Return journal entries with what lists show."""
    return JournalEntry.objects.select_related("legal_entity")


def entries_matching(text: str) -> QuerySet[JournalEntry]:
    """Return entries of that number, of the document of that number, or with such a memo.

    Memos are read of what no document numbers: a million of invoices repeat only their number.
    """
    number = text.upper()
    which = Q(number=number)
    for source, ids in ids_numbered(number).items():
        which |= Q(source=source, source_id__in=ids)
    unnumbered = JournalEntry.objects.filter(source__in=UNNUMBERED, memo__icontains=text)
    found = [
        *JournalEntry.objects.filter(which).values_list("pk", flat=True)[:MOST_FOUND],
        *unnumbered.order_by("-pk").values_list("pk", flat=True)[:MOST_FOUND],
    ]
    return entries().filter(pk__in=found)


def touching(rows: QuerySet[JournalEntry], code: str) -> QuerySet[JournalEntry]:
    """Keep entries with a line on this account.

    Its sums name the days to look at: an account that few entries touch is found as quickly as one
    that all do.
    """
    days = DailySum.objects.filter(account__code=code).values_list("day", flat=True).distinct()
    lines = JournalLine.objects.filter(account__code=code, entry_id=OuterRef("pk"))
    return rows.filter(Exists(lines), entry_on__in=list(days))
