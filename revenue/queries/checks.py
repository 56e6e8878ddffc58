"""The invariants of the books, each a question whose answer must be: nothing."""

from dataclasses import dataclass

from django.db import connection

from billing.queries import findings as billing_findings


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be, and the document to look at."""

    check: str
    document: str
    detail: str


_CHECKS = {
    "every entry balances": """
        SELECT 'journal entry ' || e.number, l.currency || ' is off by ' || sum(l.amount)
        FROM revenue_journalline l JOIN revenue_journalentry e ON e.id = l.entry_id
        GROUP BY e.number, l.currency HAVING sum(l.amount) <> 0""",
    "every entry has lines": """
        SELECT 'journal entry ' || number, 'it has no lines' FROM revenue_journalentry e
        WHERE NOT EXISTS (SELECT FROM revenue_journalline l WHERE l.entry_id = e.id)""",
    "entry numbers are dense": """
        SELECT 'series JE of ' || le.code || ' ' || y, n || ' entries, the last is ' || coalesce(top, 0)
        FROM (SELECT legal_entity_id, split_part(number, '-', 2) AS y, count(*) AS n,
                     max(nullif(split_part(number, '-', 3), '')::int) AS top
              FROM revenue_journalentry GROUP BY 1, 2) s
        JOIN customers_legalentity le ON le.id = s.legal_entity_id WHERE n IS DISTINCT FROM top""",
    "receivables tie out by customer": """
        SELECT 'customer ' || coalesce(c.number, coalesce(b.customer_id, g.customer_id)::text),
               coalesce(b.currency, g.currency) || ': documents ' || coalesce(b.open, 0)
               || ', ledger ' || coalesce(g.amount, 0)
        FROM (SELECT customer_id, currency, sum(open) AS open FROM (
                SELECT i.customer_id, i.currency,
                  CASE i.kind WHEN 'invoice' THEN i.total ELSE -i.total END AS open
                FROM billing_invoice i WHERE i.state = 'posted'
                UNION ALL
                SELECT i.customer_id, i.currency, -a.amount FROM billing_allocation a
                JOIN billing_invoice i ON i.id = a.invoice_id WHERE a.payment_id IS NOT NULL
              ) d GROUP BY 1, 2) b
        FULL JOIN (SELECT coalesce(l.customer_id, 0) AS customer_id, l.currency,
                     sum(l.amount) AS amount
              FROM revenue_journalline l JOIN revenue_account a ON a.id = l.account_id
              WHERE a.role = 'receivable' GROUP BY 1, 2) g
          ON g.customer_id = b.customer_id AND g.currency = b.currency
        LEFT JOIN customers_customer c ON c.id = coalesce(b.customer_id, g.customer_id)
        WHERE coalesce(b.open, 0) <> coalesce(g.amount, 0)""",
    # By document, so that two faults which cancel each other out are both found.
    "deferred revenue ties out": """
        SELECT coalesce(replace(i.kind, '_', ' ') || ' ' || i.number,
                        'document ' || coalesce(s.invoice_id, g.document_id)),
               coalesce(s.currency, g.currency) || ': schedules ' || coalesce(s.amount, 0)
               || ', ledger ' || coalesce(g.amount, 0)
        FROM (SELECT invoice_id, currency, sum(amount - recognised) AS amount
              FROM revenue_revenueschedule GROUP BY 1, 2) s
        FULL JOIN (SELECT l.document_id, l.currency, -sum(l.amount) AS amount
              FROM revenue_journalline l JOIN revenue_account a ON a.id = l.account_id
              WHERE a.role = 'deferred' GROUP BY 1, 2) g
          ON g.document_id = s.invoice_id AND g.currency = s.currency
        LEFT JOIN billing_invoice i ON i.id = coalesce(s.invoice_id, g.document_id)
        WHERE coalesce(s.amount, 0) <> coalesce(g.amount, 0)""",
    "unapplied cash ties out": """
        SELECT 'payment ' || coalesce(n.number, coalesce(p.id, g.payment_id)::text),
               coalesce(p.currency, g.currency) || ': payments ' || coalesce(p.amount, 0)
               || ', ledger ' || coalesce(g.amount, 0)
        FROM (SELECT id, currency, amount - allocated - refunded AS amount
              FROM billing_payment WHERE state = 'succeeded') p
        FULL JOIN (SELECT coalesce(b.payment_id, l.document_id) AS payment_id, l.currency,
                     -sum(l.amount) AS amount
              FROM revenue_journalline l JOIN revenue_account a ON a.id = l.account_id
              JOIN revenue_journalentry e ON e.id = l.entry_id
              LEFT JOIN billing_allocation b ON e.source = 'allocation' AND b.id = e.source_id
              WHERE a.role = 'unapplied' GROUP BY 1, 2) g
          ON g.payment_id = p.id AND g.currency = p.currency
        LEFT JOIN billing_payment n ON n.id = coalesce(p.id, g.payment_id)
        WHERE coalesce(p.amount, 0) <> coalesce(g.amount, 0)""",
    "tax payable ties out": """
        SELECT coalesce(replace(n.kind, '_', ' ') || ' ' || n.number,
                        'document ' || coalesce(i.id, g.document_id)),
               coalesce(i.currency, g.currency) || ': documents ' || coalesce(i.amount, 0)
               || ', ledger ' || coalesce(g.amount, 0)
        FROM (SELECT id, currency, CASE kind WHEN 'invoice' THEN tax ELSE -tax END AS amount
              FROM billing_invoice WHERE state = 'posted') i
        FULL JOIN (SELECT l.document_id, l.currency, -sum(l.amount) AS amount
              FROM revenue_journalline l JOIN revenue_account a ON a.id = l.account_id
              WHERE a.role = 'tax' GROUP BY 1, 2) g
          ON g.document_id = i.id AND g.currency = i.currency
        LEFT JOIN billing_invoice n ON n.id = coalesce(i.id, g.document_id)
        WHERE coalesce(i.amount, 0) <> coalesce(g.amount, 0)""",
    "daily sums are those of the lines": """
        SELECT 'account ' || a.code || ' of ' || le.code || ' on ' || day,
               k.currency || ': lines ' || coalesce(l.debit, 0) || ' and ' || coalesce(l.credit, 0)
               || ', sums ' || coalesce(s.debit, 0) || ' and ' || coalesce(s.credit, 0)
        FROM revenue_dailysum s
        FULL JOIN (SELECT e.legal_entity_id, e.entry_on AS day, l.account_id, l.currency,
                     sum(greatest(l.amount, 0)) AS debit, sum(greatest(-l.amount, 0)) AS credit
              FROM revenue_journalline l JOIN revenue_journalentry e ON e.id = l.entry_id
              GROUP BY 1, 2, 3, 4) l USING (legal_entity_id, day, account_id, currency) AS k
        JOIN revenue_account a ON a.id = account_id
        JOIN customers_legalentity le ON le.id = legal_entity_id
        WHERE (coalesce(l.debit, 0), coalesce(l.credit, 0))
          <> (coalesce(s.debit, 0), coalesce(s.credit, 0))""",
    "schedule sums are those of the schedules": """
        SELECT 'schedules of ' || le.code || ' from ' || starts_on || ' to ' || ends_on
               || ', recognised through ' || recognised_through,
               k.currency || ': schedules ' || coalesce(d.amount, 0) || ' and '
               || coalesce(d.recognised, 0) || ', sums ' || coalesce(s.amount, 0) || ' and '
               || coalesce(s.recognised, 0)
        FROM revenue_schedulesum s
        FULL JOIN (SELECT legal_entity_id, starts_on, ends_on, recognised_through, currency,
                     count(*) AS schedule_count, sum(amount) AS amount,
                     sum(recognised) AS recognised
              FROM revenue_revenueschedule GROUP BY 1, 2, 3, 4, 5) d
          USING (legal_entity_id, starts_on, ends_on, recognised_through, currency) AS k
        JOIN customers_legalentity le ON le.id = legal_entity_id
        WHERE (coalesce(d.schedule_count, 0), coalesce(d.amount, 0), coalesce(d.recognised, 0))
          <> (coalesce(s.schedule_count, 0), coalesce(s.amount, 0), coalesce(s.recognised, 0))""",
    "every posted document is in the books": """
        SELECT 'invoice ' || i.number, 'it has no journal entry' FROM billing_invoice i
        WHERE i.state = 'posted' AND i.total <> 0 AND NOT EXISTS (
          SELECT FROM revenue_journalentry e WHERE e.source = 'invoice' AND e.source_id = i.id)""",
    "every payment is in the books": """
        SELECT 'payment ' || p.number, 'it has no journal entry' FROM billing_payment p
        WHERE p.state = 'succeeded' AND NOT EXISTS (
          SELECT FROM revenue_journalentry e WHERE e.source = 'payment' AND e.source_id = p.id)""",
}


def check_books() -> list[Finding]:
    """Run every invariant of the ledger and of billing; an empty list means the books tie out."""
    found = []
    with connection.cursor() as cursor:
        for name, question in _CHECKS.items():
            cursor.execute(question)
            found += [Finding(name, *row) for row in cursor.fetchall()]
    found += [
        Finding("billing", f"{item.document} {item.label}", item.words)
        for item in billing_findings()
    ]
    return found


def checks() -> list[str]:
    """Return what is checked, in words."""
    return [*_CHECKS]
