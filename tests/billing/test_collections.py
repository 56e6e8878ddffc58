"""The list of who is late: the largest sums first, page by page."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.test import Client

from billing.actions.credits import credit_invoice
from billing.actions.runs import start_run, work_off
from billing.models import DunningLetter, DunningLevel, Invoice
from billing.queries.payments import overdue_customers
from q2c.customers.models import Customer
from tests.billing.factories import a_charge, a_customer

AT = datetime(2026, 2, 1, 9, 0, tzinfo=UTC)
DUE_ON = date(2026, 1, 31)
LATE = date(2026, 3, 2)


@pytest.fixture
def as_finance(finance):
    client = Client()
    client.force_login(finance)
    return client


def owes(*nets: int, name: str = "Hansa GmbH", currency: str = "EUR") -> Customer:
    """A customer with an invoice for each of these amounts, due on 31 January."""
    customer = a_customer(legal_name=name, currency=currency)
    for net in nets:
        a_charge(customer, net_per_period=Decimal(net))
        run = start_run(on=date(2026, 1, 1), post=True, deliver=False, by=None, at=AT)
        work_off(run.pk, at=AT)
    return customer


def test_an_invoice_is_late_the_day_after_it_was_due(db):
    owes(100)
    assert overdue_customers(on=DUE_ON, size=9) == []
    (row,) = overdue_customers(on=date(2026, 2, 1), size=9)
    assert (row.amount, row.invoice_count, row.oldest_due_on, row.days) == (119, 1, DUE_ON, 1)


def test_a_customers_late_invoices_are_one_row_without_what_is_settled(db):
    customer = owes(100, 50)
    larger, smaller = Invoice.objects.filter(customer=customer).order_by("-total")
    note = credit_invoice(
        larger.pk, lines={larger.lines.get().pk: Decimal(30)}, reason="x", by=None, at=AT
    )
    (row,) = overdue_customers(on=LATE, size=9)
    assert (row.customer, row.amount, row.invoice_count) == (
        "Hansa GmbH",
        larger.total + smaller.total - note.total,
        2,
    )


def test_the_last_letter_is_that_of_what_is_still_open(db):
    customer = owes(100, 50)
    first, second = Invoice.objects.filter(customer=customer).order_by("pk")
    for invoice, level in ((first, 1), (first, 2), (second, 1)):
        DunningLetter.objects.create(
            invoice=invoice, level=level, open_amount=1, sent_on=LATE, at=AT
        )
    assert overdue_customers(on=LATE, size=9)[0].last_level == 2
    Invoice.objects.filter(pk=first.pk).update(settled=first.total)
    assert overdue_customers(on=LATE, size=9)[0].last_level == 1
    owes(1000, name="Never warned")
    assert overdue_customers(on=LATE, size=1)[0].last_level is None


def test_every_late_customer_is_on_one_page_only(db):
    for net in (10, 30, 20, 20, 20):
        owes(net)
    seen, after = [], None
    while rows := overdue_customers(on=LATE, after=after, size=2):
        seen += rows
        after = (rows[-1].amount, rows[-1].customer_id, rows[-1].currency)
    assert seen == overdue_customers(on=LATE, size=9)
    assert [row.amount for row in seen] == [
        Decimal(x) for x in ("35.7", "23.8", "23.8", "23.8", "11.9")
    ]


def test_the_page_finds_a_customer_and_names_the_letter(as_finance):
    DunningLevel.objects.create(level=1, days_overdue=3, name="Friendly reminder", template="x")
    customer = owes(100)
    owes(10, name="Zebra GmbH")
    DunningLetter.objects.create(
        invoice=Invoice.objects.get(customer=customer), level=1, open_amount=1, sent_on=LATE, at=AT
    )
    page = as_finance.get("/collections/?q=hansa")
    assert [row.customer for row in page.context["page"].rows] == ["Hansa GmbH"]
    assert "Friendly reminder" in page.content.decode()
    assert "No customer matches" in as_finance.get("/collections/?q=nobody").content.decode()


def test_the_page_goes_on_where_the_one_before_ended(as_finance):
    for number in range(52):
        owes(number + 1, name=f"Customer of {number + 1}")
    first = as_finance.get("/collections/")
    assert first.context["page"].rows[0].customer == "Customer of 52"
    second = as_finance.get("/collections/", {"after": first.context["page"].after})
    assert [row.amount for row in second.context["page"].rows] == [Decimal("2.38"), Decimal("1.19")]
    assert second.context["page"].after == ""
    assert as_finance.get("/collections/?after=forged").status_code == 422


def test_the_page_asks_no_more_for_many_customers_than_for_one(
    as_finance, django_assert_max_num_queries
):
    owes(100)
    as_finance.get("/collections/")
    for _ in range(12):
        owes(10)
    with django_assert_max_num_queries(8):
        assert len(as_finance.get("/collections/").context["page"].rows) == 13
