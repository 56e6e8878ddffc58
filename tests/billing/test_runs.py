"""Billing runs: who is invoiced what, who is parked, and that nothing happens twice."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from billing.actions.credits import credit_invoice
from billing.actions.runs import bill_again, start_daily_run, start_run, work_off
from billing.models import Charge, Invoice, InvoiceLine, InvoiceTax, RunOutcome
from billing.queries.run import run_totals
from q2c.catalog.models import TaxRate
from q2c.customers.models import LegalEntity
from q2c.kernel.errors import NotAllowed

AT = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)


def bill(on: date, *, post: bool = True, by=None):
    run = start_run(on=on, post=post, by=by, at=AT)
    return work_off(run.pk, at=AT)


@pytest.mark.django_db
def test_a_company_that_rounds_tax_on_each_line_bills_and_credits_so(entity, customer, make_charge):
    LegalEntity.objects.update(tax_rounding="line")
    for net in ("55.55", "11.11"):
        make_charge(customer, net_per_period=Decimal(net))
    TaxRate.objects.filter(tax_class="standard").update(percent=23)
    bill(date(2026, 1, 1))
    invoice = Invoice.objects.get()
    assert (invoice.tax_rounding, invoice.tax) == ("line", Decimal("15.34"))  # 15.33 on the sum
    note = credit_invoice(invoice.pk, reason="Wrong customer", by=None, at=AT)
    assert (note.tax_rounding, note.tax) == ("line", Decimal("15.34"))


@pytest.mark.django_db
def test_three_charges_make_one_invoice_with_tax_rounded_once(customer, make_charge):
    make_charge(customer, net_per_period=Decimal("0.03"))
    make_charge(customer, net_per_period=Decimal("0.03"))
    make_charge(customer, net_per_period=Decimal("10.07"), tax_class="reduced")
    bill(date(2026, 1, 1))
    invoice = Invoice.objects.get()
    assert (invoice.number, invoice.net, invoice.tax, invoice.total) == (
        "INV-2026-000001",
        Decimal("10.13"),
        Decimal("0.71"),
        Decimal("10.84"),
    )
    taxes = InvoiceTax.objects.order_by("-percent").values_list("percent", "taxable", "tax")
    assert list(taxes) == [
        (Decimal(19), Decimal("0.06"), Decimal("0.01")),
        (Decimal(7), Decimal("10.07"), Decimal("0.70")),
    ]
    assert invoice.due_on == date(2026, 1, 31)
    assert invoice.buyer["city"] == "Hamburg"
    assert invoice.seller["iban"] == "DE89370400440532013000"


@pytest.mark.django_db
def test_a_second_run_finds_nothing_due(customer, make_charge):
    make_charge(customer)
    bill(date(2026, 1, 15))
    again = bill(date(2026, 1, 15))
    assert Invoice.objects.count() == 1
    assert again.finished_at
    assert run_totals(again.pk)["invoices"] == 0


@pytest.mark.django_db
def test_missed_months_are_caught_up_on_one_invoice_with_their_own_periods(customer, make_charge):
    charge = make_charge(customer)
    bill(date(2026, 3, 2))
    lines = InvoiceLine.objects.order_by("position").values_list(
        "period_start", "period_end", "net"
    )
    assert list(lines) == [
        (date(2026, 1, 1), date(2026, 2, 1), Decimal(50)),
        (date(2026, 2, 1), date(2026, 3, 1), Decimal(50)),
        (date(2026, 3, 1), date(2026, 4, 1), Decimal(50)),
    ]
    charge.refresh_from_db()
    assert (charge.billed_through, charge.next_on) == (date(2026, 4, 1), date(2026, 4, 1))


@pytest.mark.django_db
def test_one_customers_bad_data_parks_that_one_and_bills_the_others(make_customer, make_charge):
    good, nowhere, ancient, broken, odd, also_good = [make_customer() for _ in range(6)]
    nowhere.addresses.all().delete()
    make_charge(good)
    make_charge(nowhere)
    make_charge(ancient, starts_on=date(2001, 1, 1))
    make_charge(broken, charge_model="graduated", tiers=[{"up_to": "nonsense"}])
    make_charge(odd, charge_model="barter")
    make_charge(also_good)
    run = bill(date(2026, 1, 1))
    assert set(Invoice.objects.values_list("customer_id", flat=True)) == {good.pk, also_good.pk}
    reasons = dict(RunOutcome.objects.filter(run=run).values_list("customer_id", "reason"))
    assert reasons[nowhere.pk] == (
        f"{nowhere.legal_name} has no billing address. Add one on the customer's page."
    )
    assert "More than 36 periods since 01 Jan 2001" in reasons[ancient.pk]
    assert reasons[broken.pk] == "A tier of its price says “nonsense” where a number belongs."
    assert reasons[odd.pk].startswith("Unexpected: ValueError: 'barter'")
    assert run_totals(run.pk)["failed"] == 4
    assert sorted(Invoice.objects.values_list("number", flat=True)) == [
        "INV-2026-000001",
        "INV-2026-000002",
    ]


@pytest.mark.django_db
def test_what_the_database_refuses_parks_only_whose_data_it_is(make_customer, make_charge):
    customers = [make_customer() for _ in range(5)]
    for customer in customers:
        make_charge(customer)
    bad = Charge.objects.get(customer=customers[3])
    Charge.objects.filter(pk=bad.pk).update(
        net_per_period=Decimal(10) ** 15 - 1
    )  # overflows with tax
    bill(date(2026, 1, 1))
    assert Invoice.objects.count() == 4
    outcome = RunOutcome.objects.get()
    assert outcome.customer_id == customers[3].pk
    assert "Unexpected" in outcome.reason
    assert max(Invoice.objects.values_list("number", flat=True)) == "INV-2026-000004"


@pytest.mark.django_db
def test_adjustments_beyond_the_charges_wait_for_an_invoice_that_covers_them(customer, make_charge):
    make_charge(customer, net_per_period=Decimal(-80), is_adjustment=True, months=2)
    make_charge(customer)
    bill(date(2026, 1, 1))
    assert not Invoice.objects.exists()
    assert "The adjustments exceed the charges by 30.00 EUR" in RunOutcome.objects.get().reason
    bill(date(2026, 2, 1))
    assert Invoice.objects.get().net == Decimal(20)
    assert RunOutcome.objects.filter(resolved_at=None).count() == 0


@pytest.mark.django_db
def test_a_dry_run_counts_the_same_and_writes_nothing(customer, make_charge):
    make_charge(customer)
    dry = bill(date(2026, 1, 1), post=False)
    assert not Invoice.objects.exists()
    assert Charge.objects.get().billed_through == date(2026, 1, 1)
    wet = bill(date(2026, 1, 1))
    expected = {"EUR": {"invoices": 1, "net": "50.00", "tax": "9.50", "total": "59.50"}}
    assert run_totals(dry.pk)["totals"] == run_totals(wet.pk)["totals"] == expected


@pytest.mark.django_db
def test_each_currency_has_its_invoice_and_its_minor_unit(customer, make_charge):
    make_charge(customer, currency="JPY", net_per_period=Decimal(1001))
    make_charge(customer, currency="KWD", net_per_period=Decimal("1.005"))
    bill(date(2026, 1, 1))
    found = Invoice.objects.order_by("currency").values_list("currency", "net", "tax", "total")
    assert list(found) == [
        ("JPY", Decimal(1001), Decimal(190), Decimal(1191)),  # 190.19
        ("KWD", Decimal("1.005"), Decimal("0.191"), Decimal("1.196")),  # 0.19095
    ]


@pytest.mark.django_db
def test_a_posted_invoice_refuses_to_change_by_raw_sql(customer, make_charge):
    make_charge(customer)
    bill(date(2026, 1, 1))
    statements = [
        "UPDATE billing_invoice SET total = total + 1, net = net + 1",
        "DELETE FROM billing_invoice",
        "UPDATE billing_invoiceline SET net = 0",
        "DELETE FROM billing_invoiceline",
        "DELETE FROM billing_invoicetax",
        """INSERT INTO billing_invoiceline (invoice_id, position, product_id, description, quantity,
             unit, unit_price, period_start, period_end, net, tax_class, tax_category, tax_percent,
             revenue_pattern, discount_percent, trace)
           SELECT invoice_id, 9, product_id, 'more', 1, unit, 1, period_start, period_end, 1,
             tax_class, tax_category, tax_percent, revenue_pattern, 0, '[]'
           FROM billing_invoiceline""",
    ]
    for statement in statements:
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert Invoice.objects.get().total == Decimal("59.50")


@pytest.mark.django_db
def test_the_daily_run_starts_once_and_then_bills_only_what_came_due_since(
    entity, make_customer, make_charge
):
    parked = make_customer(has_address=False)
    make_charge(parked)
    on = date(2026, 1, 1)
    first = start_daily_run(entity.pk, on=on, at=AT)
    assert first.is_daily
    assert start_daily_run(entity.pk, on=on, at=AT) is None  # it is not finished yet
    work_off(first.pk, at=AT)
    assert start_daily_run(entity.pk, on=on, at=AT) is None  # the parked one waits for a person
    make_charge(make_customer())
    second = start_daily_run(entity.pk, on=on, at=AT)
    assert not second.is_daily
    work_off(second.pk, at=AT)
    assert Invoice.objects.count() == 1
    assert start_daily_run(entity.pk, on=date(2026, 1, 2), at=AT).is_daily


@pytest.mark.django_db
def test_a_customer_parked_by_a_run_for_a_later_date_is_billed_again_for_that_date(
    make_customer, make_charge, finance, rep
):
    customer = make_customer(has_address=False)
    make_charge(customer, starts_on=date(2026, 2, 1))
    bill(date(2026, 2, 1))
    assert bill_again(customer.pk, on=date(2026, 1, 31), by=finance, at=AT).reason
    with pytest.raises(NotAllowed):
        bill_again(customer.pk, on=date(2026, 1, 31), by=rep, at=AT)
    customer.addresses.create(kind="billing", street="Weg 1", city="Kiel", country="DE")
    assert bill_again(customer.pk, on=date(2026, 1, 31), by=finance, at=AT) is None
    assert Invoice.objects.get().issued_on == date(2026, 2, 1)
    assert not RunOutcome.objects.filter(resolved_at=None).exists()
