"""Rows to measure on: customers with three charges each, made by COPY and generate_series."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db import connection

from billing.models import Charge
from billing.rules.charging import next_on
from billing.rules.due import DueCharge
from q2c.api.actions import KeyDraft, create_api_key
from q2c.catalog.models import Product, TaxRate
from q2c.customers.models import LegalEntity
from q2c.identity.models import User
from q2c.infra.copy import copy_rows
from revenue.actions.sums import rebuild_sums

AT = datetime(2026, 2, 1, 9, 0, tzinfo=UTC)
STARTS_ON = date(2026, 1, 1)
BILLED_ON = date(2026, 2, 1)
_FIRST = 1_000_000  # ids above the demo company's
_CHARGES = (("Internet access", "49.90"), ("Phone line", "20.00"), ("Support", "12.50"))


def fill(subscriptions: int) -> LegalEntity:
    """Make a company in Germany and customers with three charges, billed up to 1 February 2026."""
    entity = LegalEntity.objects.create(
        code="bench", name="Bench GmbH", street="Weg 1", postal_code="10115", city="Berlin",
        country="DE", tax_id="DE136695976", currency="EUR", time_zone="Europe/Berlin",
    )  # fmt: skip
    TaxRate.objects.get_or_create(
        country="DE",
        tax_class="standard",
        starts_on=date(2000, 1, 1),
        defaults={"percent": Decimal(19)},
    )
    product = Product.objects.create(
        sku="BENCH",
        name="Access",
        kind="subscription",
        unit="line",
        revenue_pattern="over_time",
        created_at=AT,
    )
    _customers(subscriptions, entity)
    _charges(subscriptions, entity, product)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return entity


def an_api_key(*, at: datetime) -> str:
    """Make a key that reads invoices and reports usage; returns its secret."""
    admin = User.objects.get(email="admin@brightline.example")
    draft = KeyDraft(
        name="Bench",
        user_id=admin.pk,
        scopes=("usage:write", "invoices:read"),
        expires_at=at + timedelta(days=1),
    )
    return create_api_key(draft, by=admin, at=at)[1]


def _customers(count: int, entity: LegalEntity) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO customers_customer (id, number, legal_name, currency, email, language,
                 payment_terms_days, tax_id, tax_exempt, autopay, version, created_at,
                 legal_entity_id)
               SELECT %s + n, 'B-' || n, 'Customer ' || n, 'EUR', '', 'en', 30, '', false, false, 0,
                 %s, %s
               FROM generate_series(1, %s) n""",
            [_FIRST, AT, entity.pk, count],
        )
        cursor.execute(
            """INSERT INTO customers_address
                 (kind, street, street2, postal_code, city, region, country, customer_id)
               SELECT 'billing', 'Weg ' || n, '', '20095', 'Hamburg', '', 'DE', %s + n
               FROM generate_series(1, %s) n""",
            [_FIRST, count],
        )


def _charges(count: int, entity: LegalEntity, product: Product) -> None:
    columns = [f.attname for f in Charge._meta.concrete_fields if not f.primary_key]
    patterns = []
    for description, amount in _CHARGES:
        charge = Charge(
            legal_entity_id=entity.pk, product_id=product.pk, description=description,
            charge_kind="recurring", months=1, charge_model="per_unit", unit="line",
            tax_class="standard", revenue_pattern="over_time", currency="EUR",
            quantity=Decimal(1), unit_price=Decimal(amount), net_per_period=Decimal(amount),
            payment_terms_days=30, starts_on=STARTS_ON, anchor_on=STARTS_ON, billed_through=BILLED_ON,
        )  # fmt: skip
        due = DueCharge._make(getattr(charge, name) for name in DueCharge._fields)
        charge.next_on = next_on(due, billed_through=BILLED_ON)
        patterns.append({column: getattr(charge, column) for column in columns} | {"tiers": "[]"})

    def rows() -> Iterator[list[object]]:
        for customer in range(_FIRST + 1, _FIRST + count + 1):
            for place, pattern in enumerate(patterns):
                unique = customer * len(patterns) + place
                pattern |= {
                    "customer_id": customer,
                    "contract_id": customer,
                    "subscription_id": customer,
                    "order_line_id": unique,
                    "item_id": unique,
                }
                yield [pattern[column] for column in columns]

    copy_rows(Charge._meta.db_table, columns, rows())


def add_paid_invoices(count: int) -> None:
    """Add years of paid invoices with payments, allocations, journal entries and schedules.

    Copies of what the billing run made, by INSERT … SELECT: to a page only their number matters.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for statement in _PAST:
            cursor.execute(statement, {"count": count, "at": AT})
        rebuild_sums()
        cursor.execute("VACUUM ANALYZE")  # or it would happen while pages are measured
        cursor.execute("RESET statement_timeout")


# A thousand invoices a payment; ids go on, numbers begin with P.
_PAST = (
    """CREATE TEMPORARY TABLE past AS
       WITH made AS (SELECT row_number() OVER (ORDER BY i.id) AS place, i.*
                     FROM billing_invoice i JOIN customers_legalentity e ON e.id = i.legal_entity_id
                     WHERE e.code = 'bench' ORDER BY i.id LIMIT 1000)
       SELECT n, made.id AS old, DATE '2026-01-31' - ((n / 1000) %% 1000)::int AS day,
              nextval(pg_get_serial_sequence('billing_invoice', 'id')) AS id,
              nextval(pg_get_serial_sequence('revenue_journalentry', 'id')) AS entry_id
       FROM generate_series(0, %(count)s - 1) n JOIN made ON made.place = n %% (SELECT count(*) FROM made) + 1""",
    """INSERT INTO billing_invoice (id, number, kind, state, customer_id, legal_entity_id, run_id,
         contract_id, currency, issued_on, due_on, net, tax, total, settled, seller, buyer, note,
         reason, posted_at, created_at)
       SELECT p.id, 'P' || p.n, kind, state, customer_id, legal_entity_id, run_id, contract_id,
         currency, p.day, p.day + 30, net, tax, total, total, seller, buyer, note, reason,
         posted_at, created_at
       FROM past p JOIN billing_invoice i ON i.id = p.old""",
    """INSERT INTO billing_payment (number, state, kind, currency, amount, allocated, refunded,
         received_on, reference, idempotency_key, is_automatic, stripe_session, redirect_url,
         failure_code, failure_message, created_at, customer_id, legal_entity_id)
       SELECT 'P' || (p.n / 1000), 'succeeded', 'bank_transfer', 'EUR', sum(i.total), sum(i.total), 0,
         min(p.day), '', 'past-' || (p.n / 1000), false, '', '', '', '', %(at)s,
         min(i.customer_id), min(i.legal_entity_id)
       FROM past p JOIN billing_invoice i ON i.id = p.id GROUP BY p.n / 1000""",
    """INSERT INTO billing_allocation (amount, applied_on, at, invoice_id, payment_id)
       SELECT i.total, p.day, %(at)s, p.id, pay.id
       FROM past p JOIN billing_invoice i ON i.id = p.id
       JOIN billing_payment pay ON pay.idempotency_key = 'past-' || (p.n / 1000)""",
    """INSERT INTO revenue_period (legal_entity_id, starts_on, ends_on, state)
       SELECT DISTINCT e.id, date_trunc('month', p.day)::date,
         (date_trunc('month', p.day) + interval '1 month')::date, 'open'
       FROM past p CROSS JOIN customers_legalentity e WHERE e.code = 'bench'
       ON CONFLICT DO NOTHING""",
    """INSERT INTO revenue_journalentry (id, number, legal_entity_id, period_id, entry_on, source,
         source_id, memo, posted_at)
       SELECT p.entry_id, 'P' || p.n, e.legal_entity_id, m.id, p.day, 'invoice', p.id, e.memo, e.posted_at
       FROM past p JOIN revenue_journalentry e ON e.source = 'invoice' AND e.source_id = p.old
       JOIN revenue_period m ON m.legal_entity_id = e.legal_entity_id
         AND m.starts_on = date_trunc('month', p.day)::date;
       INSERT INTO revenue_journalline (currency, amount, customer_id, contract_id, document,
         document_id, account_id, entry_id)
       SELECT l.currency, l.amount, l.customer_id, l.contract_id, l.document, p.id, l.account_id,
         p.entry_id
       FROM past p JOIN revenue_journalentry e ON e.source = 'invoice' AND e.source_id = p.old
       JOIN revenue_journalline l ON l.entry_id = e.id""",
    """INSERT INTO revenue_revenueschedule (invoice_line_id, invoice_id, customer_id, contract_id,
         product_id, pattern, currency, amount, starts_on, ends_on, recognised, recognised_through,
         legal_entity_id)
       SELECT -p.n - 1, p.id, s.customer_id, s.contract_id, s.product_id, s.pattern, s.currency,
         s.amount, p.day, p.day + 28, s.amount, p.day + 28, s.legal_entity_id
       FROM past p JOIN LATERAL (
         SELECT * FROM revenue_revenueschedule WHERE invoice_id = p.old LIMIT 1) s ON true""",
    "DROP TABLE past",
)
