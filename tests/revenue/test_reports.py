"""The reports tie out to their accounts, as of any day; what does not is found by document."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import ManagementUtility, call_command
from django.db import connection

from billing.actions.credits import apply_credit, credit_invoice
from billing.actions.settling import apply_payment, refund_payment
from billing.models import Invoice, Payment
from billing.queries import aged
from revenue.actions import recognise
from revenue.actions.sums import rebuild_sums
from revenue.models import DailySum, JournalEntry, RevenueSchedule, ScheduleSum
from revenue.queries import reports
from revenue.queries.checks import check_books
from tests.billing.factories import a_customer, the_entity
from tests.revenue.factories import a_transfer, an_invoice, another_entity, billed_less_paid

LAST = date(2026, 12, 31)


def noon(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


def earn(through: date, entity=None) -> None:
    pk = (entity or the_entity()).pk
    recognise(through=through, legal_entity_id=pk, by=None, at=noon(12, 31))


@pytest.fixture
def year(manager, person):
    """Half a year of two legal entities, two currencies, payments, credits and a refund."""
    other = another_entity()
    yearly = an_invoice("1200.00", months=12)  # 1,428.00
    monthly = an_invoice("100.00", on=date(2026, 2, 1))  # 119.00
    later = an_invoice("50.00", on=date(2026, 4, 1), customer=monthly.customer)  # 59.50
    dollars = an_invoice("99.99", on=date(2026, 1, 31), currency="USD", legal_entity=other)
    a_transfer(yearly, "428.00", on=date(2026, 1, 20), by=manager)
    beyond = a_transfer(monthly, "200.00", to="119.00", on=date(2026, 2, 20), by=manager)
    credit_invoice(
        yearly.pk, lines={yearly.lines.get().pk: Decimal(120)}, reason="x", by=None, at=noon(3, 3)
    )
    note = credit_invoice(monthly.pk, reason="Outage", by=None, at=noon(3, 10))
    apply_credit(note.pk, later.pk, by=None, at=noon(4, 2))
    apply_payment(
        a_transfer(dollars, "50.00", to="20.00", on=date(2026, 3, 1), by=manager).pk,
        an_invoice("10.00", on=date(2026, 5, 1), customer=dollars.customer).pk,
        Decimal("11.90"), by=None, at=noon(5, 5),
    )  # fmt: skip
    refund_payment(
        beyond.pk, Decimal("81.00"), reason="x", key="r", by=person("administrator"), at=noon(3, 20)
    )
    return yearly


DAYS = [date(2025, 12, 31) + timedelta(days=n) for n in range(0, 200, 3)]


def test_receivables_by_age_tie_to_their_account_on_any_day(year):
    seen = set()
    for day in DAYS:
        for entity in (None, the_entity().pk, another_entity_id()):
            sums: dict[str, Decimal] = {}
            found = aged(on=day, legal_entity_id=entity)
            for row in found.rows:
                sums[row.currency] = sums.get(row.currency, Decimal(0)) + row.total
            assert sums == {currency: sum(parts) for currency, parts in found.sums.items()}
            ledger = reports.account_balance("receivable", on=day, legal_entity_id=entity)
            assert {c: a for c, a in sums.items() if a} == {c: a for c, a in ledger.items() if a}
            for currency in ("EUR", "USD"):
                owed = billed_less_paid(day, currency, legal_entity_id=entity)
                assert owed == ledger.get(currency, 0)
                seen.add((currency, owed))
    assert {("EUR", Decimal(1428)), ("EUR", Decimal(1000)), ("USD", Decimal("118.99"))} <= seen


def another_entity_id() -> int:
    return JournalEntry.objects.exclude(legal_entity=the_entity()).latest("pk").legal_entity_id


def test_the_trial_balance_sums_to_zero_on_any_day(year):
    earn(date(2026, 6, 30))
    earn(date(2026, 6, 30), JournalEntry.objects.get(memo="Refund").legal_entity)
    for day in DAYS:
        for entity in (None, the_entity().pk, another_entity_id()):
            sums: dict[str, Decimal] = {}
            for row in reports.trial_balance(on=day, legal_entity_id=entity):
                sums[row.currency] = sums.get(row.currency, Decimal(0)) + row.balance
            assert not any(sums.values())
    rows = reports.trial_balance(on=date(2026, 1, 20), legal_entity_id=None)
    assert [(row.code, row.debit, row.credit) for row in rows] == [
        ("1000", 428, 0),
        ("1100", 1428, 428),
        ("2100", 428, 428),
        ("2200", 0, 228),
        ("2400", 0, 1200),
    ]
    assert reports.trial_balance(on=date(2025, 12, 31), legal_entity_id=None) == []


def test_the_waterfall_ties_to_the_deferred_account_whatever_was_recognised(year):
    other = JournalEntry.objects.get(legal_entity=another_entity_id(), source="payment")
    for month in range(1, 13):
        for entity in (the_entity(), other.legal_entity):
            earn(date(2026, month, 28), entity)
            deferred: dict[str, Decimal] = {}
            for row in reports.waterfall(legal_entity_id=entity.pk):
                deferred[row.currency] = deferred.get(row.currency, Decimal(0)) + row.deferred
            ledger = reports.account_balance("deferred", on=LAST, legal_entity_id=entity.pk)
            assert deferred == {currency: -amount for currency, amount in ledger.items()}
    assert check_books() == []
    january = reports.waterfall(legal_entity_id=the_entity().pk)[0]
    assert (january.month, january.billed) == (date(2026, 1, 1), 1080)
    assert january.recognised == Decimal("1071.13")  # 362 of 365 days: 1,190.14 less 119.01


@pytest.mark.parametrize(
    ("days_late", "bucket"),
    [(-30, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4), (400, 4)],
)
def test_an_invoice_ages_by_the_days_it_is_overdue(db, days_late, bucket):
    invoice = an_invoice("100.00")
    on = invoice.due_on + timedelta(days=days_late)
    (row,) = aged(on=on).rows
    assert row.buckets[bucket] == row.total == 119
    assert row.customer == invoice.customer.legal_name


def test_a_page_of_customers_goes_on_after_the_last_one_of_the_page_before(db):
    for net in ("10.00", "30.00", "20.00", "20.00", "20.00"):
        an_invoice(net)
    an_invoice("99.00", currency="USD")
    on, seen, after = date(2026, 1, 1), [], None
    while rows := [row for row in aged(on=on, after=after, size=2).rows if row.currency == "EUR"]:
        assert len(rows) <= 2
        seen += [(row.customer_id, row.total) for row in rows]
        after = ("EUR", rows[-1].total, rows[-1].customer_id)
    whole = [row for row in aged(on=on).rows if row.currency == "EUR"]
    assert seen == [(row.customer_id, row.total) for row in whole]
    assert [total for _, total in seen] == [
        Decimal(x) for x in ("35.7", "23.8", "23.8", "23.8", "11.9")
    ]
    assert set(aged(on=on, size=1).sums) == {"EUR", "USD"}


def test_a_credit_stands_against_what_is_owed(db, manager):
    invoice = an_invoice("100.00")
    a_transfer(invoice, "119.00", on=date(2026, 1, 20), by=manager)
    credit_invoice(invoice.pk, reason="x", by=None, at=noon(2, 10))
    (row,) = aged(on=date(2026, 2, 10)).rows
    assert row.total == -119
    assert aged(on=date(2026, 2, 9)).rows == []


def test_credit_applied_ahead_of_an_invoices_date_counts_from_that_date(db, manager):
    invoice = an_invoice("100.00", ends_on=date(2026, 2, 1))
    a_transfer(invoice, "119.00", on=date(2026, 1, 20), by=manager)
    note = credit_invoice(invoice.pk, reason="x", by=None, at=noon(2, 10))
    ahead = an_invoice("200.00", on=date(2026, 3, 1), customer=invoice.customer)
    apply_credit(note.pk, ahead.pk, by=None, at=noon(2, 20))
    owed = {}
    for day in (date(2026, 2, 28), date(2026, 3, 1)):
        owed[day.month] = sum(row.total for row in aged(on=day).rows)
        assert reports.account_balance("receivable", on=day) == {"EUR": owed[day.month]}
    assert owed == {2: -119, 3: 119}


@pytest.mark.parametrize(
    ("currency", "net"), [("EUR", "100.00"), ("JPY", "100"), ("KWD", "10.001")]
)
@pytest.mark.parametrize("on", [date(2026, 1, 1), date(2026, 5, 20)])
def test_what_is_still_to_be_recognised_adds_up_in_whole_units(db, currency, net, on):
    an_invoice(net, months=12, currency=currency)
    earn(date(2026, 2, 10))
    months = reports.release(legal_entity_id=None, on=on)
    (row,) = reports.waterfall(legal_entity_id=None)
    assert sum(month.billed for month in months) == row.deferred
    unit = {"EUR": Decimal("0.01"), "JPY": Decimal(1), "KWD": Decimal("0.001")}[currency]
    assert not any(month.billed % unit for month in months)
    assert months[-1].month == date(2026, 12, 1)


# ledger_check


def tamper(table: str, statement: str, *values: object) -> None:
    """Plant a fault as somebody could who may switch the guards off."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement, values)


def found() -> set[tuple[str, str]]:
    return {(finding.check, finding.document) for finding in check_books()}


@pytest.fixture
def books(db, manager):
    """Two invoices, one of them paid in part, and January recognised."""
    first, second = an_invoice("120.00"), an_invoice("60.00", customer=a_customer())
    a_transfer(first, "100.00", on=date(2026, 1, 20), by=manager)
    earn(date(2026, 1, 10))
    assert check_books() == []
    return first, second


def test_an_entry_that_does_not_balance_is_found(books):
    entry = JournalEntry.objects.get(source="invoice", source_id=books[0].pk)
    tamper(
        "revenue_journalline",
        "UPDATE revenue_journalline SET amount = amount + 1 WHERE entry_id = %s AND amount > 0",
        entry.pk,
    )
    finding = check_books()[0]
    assert (finding.check, finding.document, finding.detail) == (
        "every entry balances",
        f"journal entry {entry.number}",
        "EUR is off by 1.0000",
    )
    customer = books[0].customer.number
    assert ("receivables tie out by customer", f"customer {customer}") in found()


def test_an_entry_that_was_removed_is_found(books):
    entry = JournalEntry.objects.get(source="invoice", source_id=books[1].pk)
    tamper("revenue_journalline", "DELETE FROM revenue_journalline WHERE entry_id = %s", entry.pk)
    assert ("every entry has lines", f"journal entry {entry.number}") in found()
    tamper("revenue_journalentry", "DELETE FROM revenue_journalentry WHERE id = %s", entry.pk)
    number = books[1].number
    assert found() == {
        ("entry numbers are dense", "series JE of acme-de 2026"),
        ("receivables tie out by customer", f"customer {books[1].customer.number}"),
        ("deferred revenue ties out", f"invoice {number}"),
        ("tax payable ties out", f"invoice {number}"),
        ("every posted document is in the books", f"invoice {number}"),
        *(
            ("daily sums are those of the lines", f"account {code} of acme-de on 2026-01-01")
            for code in ("1100", "2200", "2400")
        ),
    }


def test_revenue_marked_as_recognised_but_not_posted_is_found(books):
    RevenueSchedule.objects.filter(invoice_id=books[1].pk).update(recognised=Decimal("59.99"))
    finding, of_sums = check_books()
    assert of_sums.check == "schedule sums are those of the schedules"
    assert (finding.document, finding.detail) == (
        f"invoice {books[1].number}",
        "EUR: schedules 0.0100, ledger 40.6500",
    )


def test_two_faults_that_cancel_out_are_both_found(books):
    for invoice, amount in zip(books, (1, -1), strict=True):
        row = RevenueSchedule.objects.get(invoice_id=invoice.pk)
        row.recognised += amount
        row.save()
    assert found() == {
        ("deferred revenue ties out", f"invoice {invoice.number}") for invoice in books
    }


def test_sums_that_are_not_as_their_rows_are_found_and_added_up_anew(books):
    DailySum.objects.filter(account__role="tax").update(credit=1)
    ScheduleSum.objects.filter(schedule_count=2).delete()
    assert found() == {
        ("daily sums are those of the lines", "account 2200 of acme-de on 2026-01-01"),
        (
            "schedule sums are those of the schedules",
            "schedules of acme-de from 2026-01-01 to 2026-02-01, recognised through 2026-01-11",
        ),
    }
    rebuild_sums()
    assert check_books() == []


def test_sums_stay_those_of_their_rows_whatever_happens(year):
    for day in (date(2026, 1, 10), date(2026, 2, 28), date(2026, 12, 31)):
        earn(day)
        assert not {check for check, _ in found()}
    before = list(DailySum.objects.order_by("pk").values_list("day", "debit", "credit"))
    assert sum(debit - credit for _, debit, credit in before) == 0
    rebuild_sums()
    after = DailySum.objects.order_by("day").values_list("day", "debit", "credit")
    assert sorted(before) == sorted(after)


def test_money_that_is_not_as_the_books_say_is_found(books):
    payment = Payment.objects.get()
    Payment.objects.update(refunded=0, allocated=99)
    assert ("unapplied cash ties out", f"payment {payment.number}") in found()


def test_tax_that_is_not_as_the_books_say_is_found(books):
    tamper(
        "billing_invoice",
        "UPDATE billing_invoice SET tax = 1, total = net + 1 WHERE id = %s",
        books[1].pk,
    )
    assert ("tax payable ties out", f"invoice {books[1].number}") in found()


# The commands


def manage(name: str, *words: str) -> int:
    """Run a command of `manage.py` as the shell does, on this connection; returns its exit code."""
    command = ManagementUtility().fetch_command(name)
    command._called_from_command_line = True
    try:
        options = vars(command.create_parser("manage.py", name).parse_args(words))
        command.execute(**options)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_ledger_check_says_that_all_ties_out(books, capsys):
    assert manage("ledger_check") == 0
    assert "11 checks of the ledger, 0 findings" in capsys.readouterr().out
    assert manage("ledger_check", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["findings"] == []
    assert "every entry balances" in said["checks"]


def test_ledger_check_adds_up_anew_what_reports_read_when_asked(books):
    DailySum.objects.filter(account__role="tax").update(credit=1)
    assert manage("ledger_check") == 1
    assert manage("ledger_check", "--rebuild-sums") == 0


def test_ledger_check_names_what_does_not_and_exits_with_1(books, capsys):
    RevenueSchedule.objects.filter(invoice_id=books[1].pk).update(recognised=0)
    assert manage("ledger_check") == 1
    said = capsys.readouterr().out
    assert f"invoice {books[1].number}: deferred revenue ties out: EUR: schedules 60.0000" in said
    assert manage("ledger_check", "--json") == 1
    assert json.loads(capsys.readouterr().out)["findings"][:1] == [
        {
            "check": "deferred revenue ties out",
            "document": f"invoice {books[1].number}",
            "detail": "EUR: schedules 60.0000, ledger 40.6500",
        }
    ]


def test_recognise_says_what_it_did_and_again_nothing(books, capsys):
    assert manage("recognise", "--through=2026-01-31", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["lines"], said["amounts"]) == (2, {"EUR": "121.94"})
    assert manage("recognise", "--through=2026-01-31") == 0
    assert "0 schedule lines recognised" in capsys.readouterr().out
    assert check_books() == []


@pytest.mark.parametrize(
    "words",
    [
        ["recognise"],
        ["recognise", "--through=2026-02-31"],
        ["recognise", "--through"],
        ["ledger_check", "--everything"],
        ["ledger_check", "now"],
    ],
)
def test_wrong_usage_exits_with_2(books, capsys, words):
    before = JournalEntry.objects.count()
    assert manage(*words) == 2
    assert "usage: manage.py" in capsys.readouterr().err
    assert JournalEntry.objects.count() == before


def test_recognise_prints_the_sums_by_currency(books):
    an_invoice("31000", currency="JPY", customer=a_customer(currency="JPY"))
    out = StringIO()
    call_command("recognise", "--through=2026-01-31", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0].startswith("3 schedule lines recognised in ")
    assert lines[1:] == ["  EUR 121.94", "  JPY 31,000"]
    assert Invoice.objects.count() == 3
