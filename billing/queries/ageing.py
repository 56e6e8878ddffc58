"""What customers owe as of the end of any day, by age; added up by the database."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection

from q2c.customers.models import Customer

BUCKETS = ("Not due", "1–30", "31–60", "61–90", "Over 90")
ZERO = Decimal(0)
Buckets = tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class AgedCustomer:
    """What a customer owes in one currency, by days overdue; credits count where they stand."""

    customer_id: int
    customer: str
    currency: str
    buckets: Buckets

    @property
    def total(self) -> Decimal:
        return sum(self.buckets, ZERO)


@dataclass(frozen=True, slots=True)
class Aged:
    """The sums of all customers by currency, and some customers, the largest totals first."""

    sums: dict[str, Buckets]
    rows: list[AgedCustomer]


# What is open now, and what was settled only after that day: it was open then.
_PARTS = """
WITH documents AS (
  SELECT customer_id, currency, due_on, total - settled AS amount FROM billing_invoice
  WHERE kind = 'invoice' AND state = 'posted' AND settled < total AND {own}
  UNION ALL
  SELECT customer_id, currency, due_on, settled - total FROM billing_invoice
  WHERE kind = 'credit_note' AND state = 'posted' AND settled < total AND {own}
  UNION ALL
  SELECT customer_id, currency, due_on, amount FROM billing_allocation a
  JOIN billing_invoice i ON i.id = a.invoice_id WHERE a.applied_on > %(on)s AND {own}
  UNION ALL
  SELECT customer_id, currency, due_on, -amount FROM billing_allocation a
  JOIN billing_invoice i ON i.id = a.credit_note_id WHERE a.applied_on > %(on)s AND {own}
), parts AS MATERIALIZED (
  SELECT customer_id, currency, amount,
    CASE WHEN due_on >= %(on)s THEN 0 ELSE least((%(on)s - due_on - 1) / 30 + 1, 4) END AS bucket
  FROM documents
), totals AS MATERIALIZED (
  SELECT customer_id, currency, sum(amount) AS total FROM parts GROUP BY 1, 2
), shown AS (
  SELECT best.* FROM (SELECT DISTINCT currency FROM totals) c CROSS JOIN LATERAL (
    SELECT customer_id, currency FROM totals t WHERE t.currency = c.currency AND {after}
    ORDER BY total DESC, customer_id LIMIT %(size)s
  ) best
)
SELECT NULL, currency, bucket, sum(amount) FROM parts GROUP BY 2, 3
UNION ALL
SELECT customer_id, currency, bucket, sum(amount) FROM parts JOIN shown USING (customer_id, currency)
GROUP BY 1, 2, 3
"""
_AFTER = """(currency = %(currency)s
  AND (total < %(total)s OR (total = %(total)s AND customer_id > %(last)s)))"""


def aged(
    *,
    on: date,
    legal_entity_id: int | None = None,
    customer_id: int | None = None,
    after: tuple[str, Decimal, int] | None = None,
    size: int | None = None,
) -> Aged:
    """Return receivables by age, with at most `size` customers of each currency; two queries.

    Only what was issued and applied by then counts, so past days come out as they were. `after`
    is the currency, total and id of the last customer that was shown.
    """
    own = "issued_on <= %(on)s"
    given: dict[str, date | Decimal | int | str | None] = {"on": on, "size": size}
    if legal_entity_id is not None:
        own, given = f"{own} AND legal_entity_id = %(entity)s", given | {"entity": legal_entity_id}
    if customer_id is not None:
        own, given = f"{own} AND customer_id = %(customer)s", given | {"customer": customer_id}
    if after:
        given |= {"currency": after[0], "total": after[1], "last": after[2]}
    with connection.cursor() as cursor:
        cursor.execute(_PARTS.format(own=own, after=_AFTER if after else "true"), given)
        return _read(cursor.fetchall())


def _read(rows: list[tuple[int | None, str, int, Decimal]]) -> Aged:
    found: dict[tuple[str, int | None], list[Decimal]] = defaultdict(lambda: [ZERO] * len(BUCKETS))
    for customer_id, currency, bucket, amount in rows:
        found[currency, customer_id][bucket] = amount
    sums = {currency: tuple(parts) for (currency, pk), parts in found.items() if pk is None}
    ids = {pk for _, pk in found if pk is not None}
    names = dict(Customer.objects.filter(pk__in=ids).values_list("pk", "legal_name"))
    customers = [
        AgedCustomer(pk, names[pk], currency, tuple(parts))
        for (currency, pk), parts in found.items()
        if pk is not None
    ]
    return Aged(sums, sorted(customers, key=lambda row: (-row.total, row.customer_id)))
