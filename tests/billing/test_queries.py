"""What other apps read, and the checks that find what should not be."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection

from billing.actions.credits import credit_invoice
from billing.actions.runs import start_daily_run, start_run, work_off
from billing.models import Allocation, Invoice, Payment
from billing.queries import (
    aged,
    application,
    findings,
    posted_documents,
)

AT = datetime(2026, 2, 10, 9, 0, tzinfo=UTC)


@pytest.fixture
def invoice(customer, make_charge):
    make_charge(customer, net_per_period=Decimal(100))
    work_off(start_run(on=date(2026, 1, 1), post=True, by=None, at=AT).pk, at=AT)
    return Invoice.objects.get()


def pay(invoice, amount, on):
    """What the payments part does, as rows."""
    payment = Payment.objects.create(
        kind="bank_transfer", state="succeeded", number=f"PAY-{amount}", customer=invoice.customer,
        legal_entity=invoice.legal_entity, currency="EUR", amount=amount, allocated=amount,
        received_on=on, idempotency_key=f"k{amount}", created_at=AT,
    )  # fmt: skip
    Invoice.objects.filter(pk=invoice.pk).update(settled=invoice.settled + amount)
    invoice.refresh_from_db()
    return Allocation.objects.create(
        payment=payment, invoice=invoice, amount=amount, applied_on=on, at=AT
    )


def test_the_ledger_reads_documents_with_their_lines(invoice):
    note = credit_invoice(
        invoice.pk, lines={invoice.lines.get().pk: Decimal(40)}, reason="x", by=None, at=AT
    )
    first, second = posted_documents([invoice.pk, note.pk])
    assert (first.kind, first.net, first.tax, first.total) == ("invoice", 100, 19, 119)
    assert (first.lines[0].period_start, first.lines[0].period_end) == (
        date(2026, 1, 1),
        date(2026, 2, 1),
    )
    assert (second.kind, second.net, second.lines[0].credits_line_id) == (
        "credit_note",
        40,
        first.lines[0].id,
    )
    applied = application(Allocation.objects.get().pk)
    assert (applied.credit_note_id, applied.payment_id, applied.amount) == (
        note.pk,
        None,
        Decimal("47.60"),
    )


def test_receivables_are_what_they_were_on_any_day(invoice):
    pay(invoice, Decimal(19), date(2026, 1, 20))
    credit_invoice(
        invoice.pk, lines={invoice.lines.get().pk: Decimal(10)}, reason="x", by=None, at=AT
    )  # on 10 February
    days = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 20), date(2026, 2, 10))
    totals = [[row.total for row in aged(on=day).rows] for day in days]
    assert totals == [[], [119], [100], [Decimal("88.10")]]
    (row,) = aged(on=date(2026, 2, 10), customer_id=invoice.customer_id).rows
    assert (row.customer, row.currency) == (invoice.customer.legal_name, "EUR")
    assert aged(on=date(2026, 2, 10), legal_entity_id=invoice.legal_entity_id + 1).rows == []
    assert aged(on=date(2026, 2, 10), customer_id=invoice.customer_id + 1).rows == []


def test_all_is_well_after_invoices_credits_and_payments(invoice):
    pay(invoice, Decimal(19), date(2026, 1, 20))
    credit_invoice(invoice.pk, reason="x", by=None, at=AT)
    assert findings() == []


def test_what_was_tampered_with_is_found(invoice):
    allocation = pay(invoice, Decimal(19), date(2026, 1, 20))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("billing_invoiceline", "billing_allocation"):  # until the test rolls back
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute("UPDATE billing_invoiceline SET net = 99")
        cursor.execute("UPDATE billing_allocation SET amount = 18")
        cursor.execute("UPDATE infra_numberseries SET next = 5")
    found = {(finding.document, finding.document_id): finding.words for finding in findings()}
    assert found["payment", allocation.payment_id] == (
        "Its applications add up to 18.0000, but 19.0000 is marked used."
    )
    assert "4 numbers were issued; 1 documents" in found["legal_entity", invoice.legal_entity_id]
    words = [finding.words for finding in findings() if finding.document == "invoice"]
    assert words == [
        "Its lines add up to 99.0000, but its net is 100.0000.",
        "Its applications add up to 18.0000, but 19.0000 of it is marked as settled.",
    ]


def test_a_charge_that_a_daily_run_left_out_is_found(entity, make_customer, make_charge):
    make_charge(make_customer())
    run = start_daily_run(entity.pk, on=date(2026, 1, 10), at=AT)
    work_off(run.pk, at=AT)
    assert findings() == []
    forgotten = make_charge(make_customer())
    (finding,) = findings()
    assert (finding.document, finding.document_id) == ("customer", forgotten.customer_id)
    assert "due since 2026-01-01" in finding.words
