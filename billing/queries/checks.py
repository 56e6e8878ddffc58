"""What must hold of posted documents, asked of the tables themselves: for `ledger_check`."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

MOST_SHOWN = 100  # of each kind


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that should not be, and which document it is about."""

    document: str
    document_id: int
    label: str
    words: str


_CHECKS = {
    "Its lines add up to {1}, but its net is {2}.": """
        SELECT i.id, i.number, coalesce(l.net, 0), i.net FROM billing_invoice i
        LEFT JOIN (SELECT invoice_id, sum(net) AS net FROM billing_invoiceline GROUP BY 1) l
          ON l.invoice_id = i.id
        WHERE i.state = 'posted' AND i.net <> coalesce(l.net, 0) LIMIT %(most)s""",
    "Its tax rows add up to {1}, but its tax is {2}.": """
        SELECT i.id, i.number, coalesce(t.tax, 0), i.tax FROM billing_invoice i
        LEFT JOIN (SELECT invoice_id, sum(tax) AS tax FROM billing_invoicetax GROUP BY 1) t
          ON t.invoice_id = i.id
        WHERE i.state = 'posted' AND i.tax <> coalesce(t.tax, 0) LIMIT %(most)s""",
    "Its taxable amounts add up to {1}, but its net is {2}.": """
        SELECT i.id, i.number, coalesce(t.taxable, 0), i.net FROM billing_invoice i
        LEFT JOIN (SELECT invoice_id, sum(taxable) AS taxable FROM billing_invoicetax GROUP BY 1) t
          ON t.invoice_id = i.id
        WHERE i.state = 'posted' AND i.net <> coalesce(t.taxable, 0) LIMIT %(most)s""",
    "Its applications add up to {1}, but {2} of it is marked as settled.": """
        SELECT i.id, i.number, coalesce(a.amount, 0), i.settled FROM billing_invoice i
        LEFT JOIN (
          SELECT document_id, sum(amount) AS amount FROM (
            SELECT invoice_id AS document_id, amount FROM billing_allocation
            UNION ALL
            SELECT credit_note_id, amount FROM billing_allocation WHERE credit_note_id IS NOT NULL
          ) each_side GROUP BY 1
        ) a ON a.document_id = i.id
        WHERE i.state = 'posted' AND i.settled <> coalesce(a.amount, 0) LIMIT %(most)s""",
    "Credit notes of {1} correct it, but its total is {2}.": """
        SELECT i.id, i.number, c.total, i.total FROM billing_invoice i
        JOIN (SELECT corrects_id, sum(total) AS total FROM billing_invoice
              WHERE corrects_id IS NOT NULL GROUP BY 1) c ON c.corrects_id = i.id
        WHERE c.total > i.total LIMIT %(most)s""",
}

_PAYMENTS = """
    SELECT p.id, coalesce(p.number, 'payment ' || p.id), coalesce(a.amount, 0), p.allocated
    FROM billing_payment p
    LEFT JOIN (SELECT payment_id, sum(amount) AS amount FROM billing_allocation GROUP BY 1) a
      ON a.payment_id = p.id
    WHERE p.allocated <> coalesce(a.amount, 0) LIMIT %(most)s"""

_SERIES = """
    SELECT e.id, s.kind || '-' || s.year || ' of ' || e.code, s.next - 1, count(i.id),
           count(DISTINCT i.number)
    FROM infra_numberseries s
    JOIN customers_legalentity e ON e.id = s.entity_id
    LEFT JOIN billing_invoice i ON i.legal_entity_id = s.entity_id
      AND i.kind = CASE s.kind WHEN 'INV' THEN 'invoice' ELSE 'credit_note' END
      AND starts_with(i.number, s.kind || '-' || s.year || '-')
    WHERE s.kind IN ('INV', 'CN')
    GROUP BY e.id, e.code, s.kind, s.year, s.next
    HAVING count(i.id) <> s.next - 1 OR count(DISTINCT i.number) <> count(i.id)"""

# A day of grace: what was signed today may be due since yesterday.
_FORGOTTEN = """
    SELECT DISTINCT ON (c.customer_id) c.customer_id, m.number, c.description, c.next_on
    FROM billing_charge c
    JOIN customers_customer m ON m.id = c.customer_id
    JOIN (SELECT legal_entity_id, max("on") AS "on" FROM billing_billingrun
          WHERE is_daily AND finished_at IS NOT NULL GROUP BY 1) r
      ON r.legal_entity_id = c.legal_entity_id
    WHERE c.next_on < r."on" - 1 AND NOT EXISTS (
      SELECT FROM billing_runoutcome o JOIN billing_billingrun b ON b.id = o.run_id
      WHERE o.customer_id = c.customer_id AND o.resolved_at IS NULL AND b.post)
    ORDER BY c.customer_id LIMIT %(most)s"""


def findings() -> list[Finding]:
    """Return all that is wrong with invoices, payments' use, number series and due charges.

    Nothing when all is well; at most a hundred of each kind. Reads the whole tables.
    """
    found = [
        Finding("invoice", row[0], row[1], words.format(*row[1:]))
        for words, sql in _CHECKS.items()
        for row in _rows(sql)
    ]
    found += [
        Finding(
            "payment", pk, label, f"Its applications add up to {used}, but {marked} is marked used."
        )
        for pk, label, used, marked in _rows(_PAYMENTS)
    ]
    found += [
        Finding(
            "legal_entity",
            pk,
            label,
            f"{issued} numbers were issued; {held} documents hold {different} different ones.",
        )
        for pk, label, issued, held, different in _rows(_SERIES)
    ]
    found += [
        Finding(
            "customer",
            pk,
            label,
            f"“{charge}” is due since {day} and no run said why it was not billed.",
        )
        for pk, label, charge, day in _rows(_FORGOTTEN)
    ]
    return found


def _rows(sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"most": MOST_SHOWN})
        return list(cursor.fetchall())
