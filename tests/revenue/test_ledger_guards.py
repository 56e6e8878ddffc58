"""Posted is final and the ledger balances, whichever way round the code the attack comes."""

from contextlib import contextmanager
from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from q2c.infra.copy import copy_rows
from q2c.kernel.errors import Refused
from revenue.actions import close_period, post_documents
from revenue.actions.journal import Entry, Line, open_period, post_entries
from revenue.models import JournalEntry, JournalLine, Period
from tests.billing.factories import the_entity
from tests.revenue.factories import (
    AT,
    an_invoice,
    another_entity,
    balances,
    bare_entry,
    lines_of,
)

JANUARY = date(2026, 1, 31)
FINAL, NOT_OPEN, UNBALANCED = "QC001", "QC002", "QC003"


@contextmanager
def refused(code: str):
    """The database refuses with this code; what was tried is rolled back."""
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        yield
    assert error.value.__cause__.pgcode == code


def by_insert(lines: list[JournalLine]) -> None:
    values = ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(lines))
    rows = [
        value
        for line in lines
        for value in (
            line.entry_id, line.account_id, line.currency, line.amount, line.document,
            line.document_id,
        )
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO revenue_journalline"  # noqa: S608  only placeholders
            f" (entry_id, account_id, currency, amount, document, document_id) VALUES {values}",
            rows,
        )


def by_copy(lines: list[JournalLine]) -> None:
    columns = ("entry_id", "account_id", "currency", "amount", "document", "document_id")
    rows = [[getattr(line, column) for column in columns] for line in lines]
    copy_rows("revenue_journalline", columns, rows)


def by_bulk_create(lines: list[JournalLine]) -> None:
    JournalLine.objects.bulk_create(lines)


EVERY_WAY = pytest.mark.parametrize("write", [by_insert, by_bulk_create, by_copy])
BALANCED = (("bank", "10"), ("unapplied", "-10"))


@EVERY_WAY
def test_a_balanced_entry_is_taken(db, write):
    write(lines_of(bare_entry(on=JANUARY), BALANCED))
    assert balances() == {"bank": Decimal(10), "unapplied": Decimal(-10)}


@EVERY_WAY
@pytest.mark.parametrize(
    "amounts",
    [
        [("bank", "10")],
        [("bank", "10"), ("unapplied", "-9.9999")],
        [("bank", "10"), ("unapplied", "-10"), ("tax", "0.0001")],
    ],
)
def test_an_unbalanced_entry_is_refused(db, write, amounts):
    entry = bare_entry(on=JANUARY)
    with refused(UNBALANCED):
        write(lines_of(entry, amounts))
    assert not JournalLine.objects.exists()


@EVERY_WAY
def test_one_currency_cannot_balance_another(db, write):
    lines = lines_of(bare_entry(on=JANUARY), BALANCED)
    lines[1].currency = "USD"
    with refused(UNBALANCED):
        write(lines)


@EVERY_WAY
def test_one_entry_cannot_balance_another(db, write):
    first, second = bare_entry(on=JANUARY), bare_entry(on=JANUARY)
    lines = [*lines_of(first, BALANCED[:1]), *lines_of(second, BALANCED[1:])]
    with refused(UNBALANCED):
        write(lines)


def test_lines_cannot_be_added_one_by_one_even_if_they_balance_in_the_end(db):
    debit, credit = lines_of(bare_entry(on=JANUARY), BALANCED)
    with refused(UNBALANCED):
        debit.save()
        credit.save()


def test_a_line_of_nothing_is_refused(db):
    with pytest.raises(IntegrityError, match="journal_line_not_zero"), transaction.atomic():
        by_bulk_create(lines_of(bare_entry(on=JANUARY), [("bank", "0")]))


@pytest.mark.django_db(transaction=True)
@EVERY_WAY
def test_nothing_is_added_to_an_entry_of_an_earlier_transaction(write):
    entry = JournalEntry.objects.get(source="invoice", source_id=an_invoice().pk)
    before = entry.lines.count()
    with refused(FINAL):
        write(lines_of(entry, BALANCED))
    assert entry.lines.count() == before


CHANGES = [
    "UPDATE revenue_journalentry SET memo = 'Other'",
    "UPDATE revenue_journalentry SET entry_on = entry_on + 1",
    "UPDATE revenue_journalentry SET posted_in = pg_current_xact_id(), number = 'X'",
    "DELETE FROM revenue_journalentry",
    "UPDATE revenue_journalline SET amount = amount * 2",
    "UPDATE revenue_journalline SET account_id = account_id + 1 WHERE amount > 0",
    "DELETE FROM revenue_journalline",
]


@pytest.mark.parametrize("statement", CHANGES)
def test_entries_and_lines_are_neither_changed_nor_deleted(db, statement):
    an_invoice()
    before = balances()
    with refused(FINAL), connection.cursor() as cursor:
        cursor.execute(statement)
    assert balances() == before == {
        "receivable": Decimal("142.80"), "tax": Decimal("-22.80"), "deferred": Decimal(-120),
    }  # fmt: skip


def test_switching_triggers_off_for_the_session_opens_no_door(db):
    an_invoice()
    entry = bare_entry(on=JANUARY)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
    for statement in CHANGES:
        with refused(FINAL), connection.cursor() as cursor:
            cursor.execute(statement)
    with refused(UNBALANCED):
        by_copy(lines_of(entry, BALANCED[:1]))
    Period.objects.update(state=Period.CLOSED, closed_at=AT)
    with refused(NOT_OPEN):
        bare_entry(on=JANUARY)


@pytest.mark.parametrize("attempt", ["update", "delete", "save"])
def test_the_orm_is_refused_as_well(db, attempt):
    an_invoice()
    entry = JournalEntry.objects.get()
    with refused(FINAL):
        match attempt:
            case "update":
                JournalEntry.objects.update(memo="Other")
            case "delete":
                JournalLine.objects.all().delete()
            case "save":
                entry.memo = "Other"
                entry.save()
    assert JournalEntry.objects.get().memo.startswith("Invoice INV-2026-")


# Periods


@pytest.fixture
def closed_january(db):
    period = open_period(the_entity().pk, JANUARY)
    return close_period(period.pk, by=None, at=AT)


@pytest.mark.parametrize("write", ["insert", "bulk_create", "copy"])
def test_a_closed_month_takes_no_entry(closed_january, write):
    entity = the_entity()
    row = {
        "number": "RAW-1", "legal_entity_id": entity.pk, "period_id": closed_january.pk,
        "entry_on": JANUARY, "source": "raw", "source_id": 1, "memo": "Raw", "posted_at": AT,
    }  # fmt: skip
    with refused(NOT_OPEN):
        match write:
            case "insert":
                names, marks = ", ".join(row), ", ".join(["%s"] * len(row))
                with connection.cursor() as cursor:
                    cursor.execute(
                        f"INSERT INTO revenue_journalentry ({names}) VALUES ({marks})",  # noqa: S608
                        list(row.values()),
                    )
            case "bulk_create":
                JournalEntry.objects.bulk_create([JournalEntry(**row)])
            case "copy":
                copy_rows("revenue_journalentry", list(row), [list(row.values())])
    assert not JournalEntry.objects.exists()


@pytest.mark.parametrize("day", [date(2025, 12, 31), date(2026, 2, 1)])
def test_an_entry_cannot_be_dated_outside_its_month(db, day):
    period = open_period(the_entity().pk, JANUARY)
    with refused(NOT_OPEN):
        bare_entry(on=day, period=period)


@pytest.mark.parametrize("day", [date(2026, 1, 1), date(2026, 1, 31)])
def test_a_months_first_and_last_day_are_its_own(db, day):
    assert bare_entry(on=day).period.starts_on == date(2026, 1, 1)


def test_an_entry_cannot_use_another_legal_entitys_month(db):
    foreign = open_period(another_entity().pk, JANUARY)
    with refused(NOT_OPEN):
        bare_entry(on=JANUARY, period=foreign)


def test_posting_says_in_words_that_the_month_is_closed(closed_january):
    entry = Entry(
        closed_january.legal_entity_id, JANUARY, "raw", 1, "Raw", "EUR",
        [
            Line((role, Decimal(amount)), None, None, "raw", 1)
            for role, amount in BALANCED
        ],
    )  # fmt: skip
    with pytest.raises(Refused, match="The January 2026 books are closed"):
        post_entries([entry], at=AT)
    assert not JournalEntry.objects.exists()


# Once only


def test_the_same_cause_is_posted_once(db):
    invoice = an_invoice()
    before = balances()
    with pytest.raises(IntegrityError, match="one_entry_per_cause"), transaction.atomic():
        post_documents([invoice.pk], at=AT)
    assert balances() == before
    cause = {"source": "raw", "source_id": 7}
    bare_entry(on=JANUARY, **cause)
    with pytest.raises(IntegrityError, match="one_entry_per_cause"), transaction.atomic():
        bare_entry(on=JANUARY, **cause)


def test_a_number_is_used_once_in_a_legal_entity_but_by_each(db):
    bare_entry(on=JANUARY, number="JE-2026-000001")
    bare_entry(another_entity(), on=JANUARY, number="JE-2026-000001")
    with (
        pytest.raises(IntegrityError, match="one_entry_per_entity_and_number"),
        transaction.atomic(),
    ):
        bare_entry(on=JANUARY, number="JE-2026-000001")
