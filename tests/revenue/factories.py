"""Posted documents and bare entries for the books."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import connection

from billing.actions.runs import start_run, work_off
from billing.actions.settling import record_transfer
from billing.models import Invoice, Payment
from q2c.customers.models import Customer, LegalEntity
from q2c.identity.models import User
from revenue.actions.journal import chart, open_period
from revenue.models import JournalEntry, JournalLine
from tests.billing.factories import a_charge, a_customer, the_entity

AT = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)
_serial = count(1)


def an_invoice(
    net: str = "120.00", *, on: date = date(2026, 1, 1), billed_on: date | None = None, **given: Any
) -> Invoice:
    """Bill one charge from `on` for `months` months; the days are earned over time."""
    customer = given.pop("customer", None) or a_customer(
        currency=given.pop("currency", "EUR"), legal_entity=given.pop("legal_entity", None)
    )
    a_charge(customer, net_per_period=Decimal(net), starts_on=on, **given)
    return bill(customer, on=billed_on or on)


def bill(customer: Customer, *, on: date) -> Invoice:
    """Bill a customer what is due by a day."""
    run = start_run(on=on, post=True, deliver=False, by=None, at=AT, customer_id=customer.pk)
    work_off(run.pk, at=AT)
    return Invoice.objects.filter(customer=customer).latest("pk")


def a_transfer(
    invoice: Invoice, amount: str, *, on: date, by: User, to: str | None = None
) -> Payment:
    """Record money for an invoice that arrived and was applied on that day."""
    return record_transfer(
        invoice.customer_id,
        Decimal(amount),
        received_on=on,
        reference=invoice.number,
        key=f"transfer {next(_serial)}",
        by=by,
        at=datetime(on.year, on.month, on.day, 12, tzinfo=UTC),
        to_invoices={invoice.pk: Decimal(to or amount)},
    )


def another_entity(code: str = "acme-us", **given: Any) -> LegalEntity:
    values = {"name": "Acme Inc.", "country": "DE", "tax_id": "", **given}
    model = the_entity()
    model.pk, model.code = None, code
    for name, value in values.items():
        setattr(model, name, value)
    model.save(force_insert=True)
    return model


def bare_entry(entity: LegalEntity | None = None, *, on: date, **given: Any) -> JournalEntry:
    """An entry without lines, written past the actions."""
    entity = entity or the_entity()
    number = next(_serial)
    values = {
        "number": f"RAW-{number:06d}", "legal_entity": entity, "entry_on": on, "source": "raw",
        "source_id": number, "memo": "Raw", "posted_at": AT, **given,
    }  # fmt: skip
    if "period" not in values:
        values["period"] = open_period(entity.pk, on)
    return JournalEntry.objects.create(**values)


def lines_of(entry: JournalEntry, amounts: Sequence[tuple[str, str]]) -> list[JournalLine]:
    """Lines (role, amount) for an entry, not written yet."""
    accounts = chart()
    return [
        JournalLine(
            entry=entry, account_id=accounts[role], currency="EUR", amount=Decimal(amount),
            document="raw", document_id=entry.source_id,
        )
        for role, amount in amounts
    ]  # fmt: skip


def billed_less_paid(on: date, currency: str, *, legal_entity_id: int | None) -> Decimal:
    """What customers owe at the end of a day, from every document and payment ever made."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT coalesce(sum(amount), 0) FROM (
                 SELECT legal_entity_id, currency, issued_on AS day,
                   CASE kind WHEN 'invoice' THEN total ELSE -total END AS amount
                 FROM billing_invoice WHERE state = 'posted'
                 UNION ALL
                 SELECT legal_entity_id, currency, applied_on, -amount
                 FROM billing_allocation a JOIN billing_invoice i ON i.id = a.invoice_id
                 WHERE payment_id IS NOT NULL
               ) moves WHERE day <= %s AND currency = %s AND legal_entity_id = coalesce(%s, legal_entity_id)""",
            [on, currency, legal_entity_id],
        )
        return cursor.fetchone()[0]


def balances(*, currency: str = "EUR") -> dict[str, Decimal]:
    """Every account's balance by role, debit positive; accounts at zero are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT a.role, sum(l.amount) FROM revenue_journalline l
               JOIN revenue_account a ON a.id = l.account_id WHERE l.currency = %s
               GROUP BY 1 HAVING sum(l.amount) <> 0""",
            [currency],
        )
        return dict(cursor.fetchall())
