"""The pages of the books, through the door."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.models import Payment
from q2c.infra.jobs import run_job
from q2c.infra.models import Event, Job
from revenue.actions import ask_daily, checking, close_period, recognise, run_check
from revenue.actions.journal import open_period
from revenue.models import (
    BooksCheck,
    JournalEntry,
    Period,
    RecognitionRun,
    RevenueSchedule,
    ScheduleSum,
)
from revenue.views import reports, shell
from tests.billing.factories import a_customer, the_entity
from tests.revenue.factories import AT, a_transfer, an_invoice, another_entity

PAGES = [
    "/ledger/",
    "/trial-balance/",
    "/receivables/",
    "/deferred-revenue/",
    "/tie-out/",
    "/recognition/",
    "/periods/",
]
REPORTS = ["/trial-balance/", "/receivables/", "/deferred-revenue/"]
EMPTY = {
    "/ledger/": "No entries yet",
    "/trial-balance/": "No postings yet",
    "/receivables/": "Nobody owes anything",
    "/deferred-revenue/": "Nothing was billed over time yet",
    "/tie-out/": "Not checked yet",
    "/recognition/": "No runs yet",
    "/periods/": "No months yet",
}


@pytest.fixture
def as_finance(signed_in_as):
    return signed_in_as("finance")


@pytest.fixture
def as_manager(signed_in_as):
    return signed_in_as("finance_manager")


@pytest.fixture
def invoice(db, person):
    """119.00 of January, 19.00 of it paid, ten days of it earned."""
    made = an_invoice("100.00", customer=a_customer(legal_name="Hansa Logistik GmbH"))
    a_transfer(made, "19.00", on=date(2026, 1, 20), by=person("administrator"))
    earn(date(2026, 1, 10))
    return made


def earn(through: date) -> None:
    recognise(through=through, legal_entity_id=the_entity().pk, by=None, at=AT)


def text_of(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode()


def panels(invoice) -> list[str]:
    return [
        f"/panels/ledger/invoice/{invoice.pk}/",
        f"/panels/ledger/payment/{Payment.objects.get().pk}/",
        f"/panels/ledger/customer/{invoice.customer_id}/",
        f"/ledger/{JournalEntry.objects.first().pk}/",
    ]


# Who sees what


def test_finance_sees_every_page(as_finance, invoice):
    for address in [*PAGES, *panels(invoice)]:
        assert as_finance.get(address).status_code == 200, address


def test_a_rep_sees_none_and_a_stranger_signs_in(signed_in_as, invoice):
    rep = signed_in_as("sales_rep")
    for address in [*PAGES, *panels(invoice), *(f"{report}?csv=1" for report in REPORTS)]:
        assert rep.get(address).status_code == 403, address
        assert Client().get(address).status_code == 302, address


def test_an_unknown_entry_is_not_found(as_finance):
    assert as_finance.get("/ledger/999999/").status_code == 404


@pytest.mark.parametrize(("address", "words"), EMPTY.items())
def test_an_empty_page_says_what_comes_next(as_finance, address, words):
    assert words in text_of(as_finance, address)


# The ledger


def test_the_ledger_is_searched_and_filtered(as_finance, invoice):
    def shown(query: str) -> list[str]:
        return [row.memo for row in as_finance.get(f"/ledger/?{query}").context["page"].rows]

    assert len(shown("")) == 4
    assert shown("source=payment") == ["Payment PAY-2026-000001"]
    assert shown("source=recognition") == ["Revenue earned through 10 Jan 2026"]
    assert shown("q=je-2026-000001") == [f"Invoice {invoice.number}"]
    assert shown(f"q={invoice.number}") == [f"Invoice {invoice.number}"]
    assert shown("q=pay-2026-000001") == ["Payment PAY-2026-000001"]
    assert shown("q=earned") == ["Revenue earned through 10 Jan 2026"]
    assert shown("account=1000") == ["Payment PAY-2026-000001"]
    assert "No entry matches" in text_of(as_finance, "/ledger/?q=nothing")
    assert "Entries on 1000 Bank" in text_of(as_finance, "/ledger/?account=1000")


def test_the_ledger_pages_over_every_entry_once(as_finance):
    for _ in range(53):
        an_invoice("1.00")
    first = as_finance.get("/ledger/")
    second = as_finance.get("/ledger/", {"after": first.context["page"].after})
    numbers = [row.number for page in (first, second) for row in page.context["page"].rows]
    assert numbers == [f"JE-2026-{number:06d}" for number in range(53, 0, -1)]
    assert as_finance.get("/ledger/?after=forged").status_code == 422


def test_an_entry_shows_debits_credits_and_where_they_come_from(as_finance, invoice):
    entry = JournalEntry.objects.get(source="invoice")
    page = text_of(as_finance, f"/ledger/{entry.pk}/")
    for words in ("119.00", "19.00", "100.00", "2400 Deferred revenue", f"/invoices/{invoice.pk}/"):
        assert words in page
    assert "-100.00" not in page


def test_panels_show_what_a_document_did_to_the_books(as_finance, invoice):
    of_invoice, of_payment, of_customer, _ = panels(invoice)
    page = text_of(as_finance, of_invoice)
    assert page.count("1100 Accounts receivable") == 2  # billed, and paid in part
    assert "1000 Bank" in text_of(as_finance, of_payment)
    assert "100.00 EUR overdue" in text_of(as_finance, of_customer)
    nobody = a_customer()
    assert "Nothing is owed" in text_of(as_finance, f"/panels/ledger/customer/{nobody.pk}/")
    assert "Nothing is posted yet" in text_of(as_finance, "/panels/ledger/invoice/999999/")


# The reports


def test_reports_say_that_they_tie_out_or_not(as_finance, invoice):
    assert "Balances" in text_of(as_finance, "/trial-balance/")
    assert "Ties to account 1100" in text_of(as_finance, "/receivables/")
    assert "Ties to account 2400" in text_of(as_finance, "/deferred-revenue/")
    RevenueSchedule.objects.update(recognised=0)
    ScheduleSum.objects.update(recognised=0)
    assert "Does not tie to account 2400" in text_of(as_finance, "/deferred-revenue/")


def test_the_books_are_checked_by_a_worker_and_the_page_shows_what_it_found(as_finance, invoice):
    def checked() -> str:
        assert as_finance.post("/tie-out/").status_code == 302
        page = text_of(as_finance, "/tie-out/")
        assert "is under way" in page
        assert "Check now" not in page
        as_finance.post("/tie-out/")  # asked twice, checked once
        assert run_job(Job.objects.get(kind=checking.JOB, done_at=None).pk, at=timezone.now())
        return text_of(as_finance, "/tie-out/")

    assert "All ties out" in checked()
    RevenueSchedule.objects.update(recognised=0)
    assert "All ties out" in text_of(as_finance, "/tie-out/")
    page = checked()
    assert "deferred revenue ties out" in page.lower()
    assert f"invoice {invoice.number}" in page
    assert BooksCheck.objects.count() == 2


def test_the_books_are_checked_once_a_day_by_themselves(db):
    first = ask_daily(at=AT)
    assert ask_daily(at=AT + timedelta(hours=23)) is None
    assert run_check(first.pk, at=AT).finding_count == 0
    assert run_check(first.pk, at=AT + timedelta(hours=1)).finished_at == AT
    assert ask_daily(at=AT + timedelta(hours=25)).asked_by is None


def test_receivables_are_paged_by_what_is_owed(as_finance, monkeypatch):
    monkeypatch.setattr(reports, "_SHOWN", 2)
    for net in ("10.00", "30.00", "20.00"):
        an_invoice(net, customer=a_customer(legal_name=f"Owes {net}"))
    first = as_finance.get("/receivables/?on=2026-06-01").context["groups"][0]
    assert [row.customer for row in first["page"].rows] == ["Owes 30.00", "Owes 20.00"]
    address = f"/receivables/?on=2026-06-01&after={first['page'].after}"
    second = as_finance.get(address).context["groups"][0]
    assert [row.customer for row in second["page"].rows] == ["Owes 10.00"]
    assert (second["page"].after, second["total"], second["ties"]) == ("", Decimal("71.40"), True)
    assert as_finance.get("/receivables/?after=forged").status_code == 422


def test_reports_are_as_of_a_day_and_of_one_legal_entity(as_finance, invoice):
    before = as_finance.get("/receivables/?on=2026-01-01").context["groups"][0]
    assert (before["total"], before["ties"]) == (119, True)
    assert "Nobody owes anything" in text_of(as_finance, "/receivables/?on=2025-12-31")
    other = another_entity()
    for report in REPORTS:
        assert EMPTY[report] in text_of(as_finance, f"{report}?entity={other.pk}")
        own = text_of(as_finance, f"{report}?entity={the_entity().pk}")
        assert EMPTY[report] not in own


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("on=2026-02-31", "“2026-02-31” is not a date"),
        ("on=soon", "“soon” is not a date"),
        ("entity=²", "no such legal entity"),
        ("entity=99999999999999999999", "no such legal entity"),
        ("entity=-1", "no such legal entity"),
    ],
)
@pytest.mark.parametrize("report", REPORTS)
def test_a_report_refuses_what_it_cannot_read(as_finance, report, query, words):
    assert words in text_of(as_finance, f"{report}?{query}", status=422)


def rows_of(client: Client, address: str) -> list[list[str]]:
    answer = client.get(address)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    return list(csv.reader(StringIO(answer.getvalue().decode("utf-8-sig"))))


def test_reports_are_downloaded_as_csv(as_finance, invoice):
    balance = rows_of(as_finance, "/trial-balance/?csv=1&on=2026-01-31")
    assert balance[0] == ["account", "name", "currency", "debit", "credit", "balance"]
    assert sum(Decimal(row[5]) for row in balance[1:]) == 0
    assert [row[0] for row in balance[1:]] == ["1000", "1100", "2100", "2200", "2400", "4000"]
    owed = rows_of(as_finance, "/receivables/?csv=1&on=2026-01-31")
    assert owed[1][0] == "Hansa Logistik GmbH"
    assert Decimal(owed[1][-1]) == Decimal(owed[1][3]) + Decimal(owed[1][2])
    (header, month) = rows_of(as_finance, "/deferred-revenue/?csv=1")
    assert header == ["month", "currency", "billed", "recognised", "deferred"]
    assert month[:2] == ["2026-01-01", "EUR"]
    assert [Decimal(value) for value in month[2:]] == [
        Decimal(100), Decimal("32.26"), Decimal("67.74"),
    ]  # fmt: skip


def test_a_customers_name_is_no_formula_in_a_spreadsheet(as_finance):
    an_invoice("1.00", customer=a_customer(legal_name="=HYPERLINK(1)"))
    assert rows_of(as_finance, "/receivables/?csv=1")[1][0] == "'=HYPERLINK(1)"


# Recognise, close, open again


def test_recognising_on_the_page_says_what_it_did(as_manager, invoice):
    form = {"legal_entity": the_entity().pk, "through": "2026-01-31"}
    page = as_manager.post("/recognition/", form, follow=True).content.decode()
    assert "Recognised 67.74 EUR." in page
    again = as_manager.post("/recognition/", form, follow=True).content.decode()
    assert "Recognised nothing: all was done before." in again
    wrong = as_manager.post("/recognition/", {**form, "through": "2026-02-31"})
    assert wrong.status_code == 422
    assert "Enter a valid date." in wrong.content.decode()
    assert RecognitionRun.objects.count() == 3


def test_finance_looks_but_neither_recognises_nor_closes(as_finance, invoice):
    period = Period.objects.get(starts_on=date(2026, 1, 1))
    form = {"legal_entity": the_entity().pk, "through": "2026-01-31"}
    assert as_finance.post("/recognition/", form).status_code == 403
    assert as_finance.post(f"/periods/{period.pk}/close/").status_code == 403
    assert as_finance.post(f"/periods/{period.pk}/reopen/", {"reason": "x"}).status_code == 403
    assert RecognitionRun.objects.count() == 1
    assert Period.objects.filter(state="closed").count() == 0
    assert "Close month" not in text_of(as_finance, "/periods/")


def test_a_month_is_closed_and_opened_on_the_page(as_manager, invoice):
    period = Period.objects.get(starts_on=date(2026, 1, 1))
    assert "1 schedule has revenue of this month" in text_of(as_manager, "/periods/")
    refused = as_manager.post(f"/periods/{period.pk}/close/")
    assert refused.status_code == 422
    assert "January 2026 cannot be closed" in refused.content.decode()
    earn(date(2026, 1, 31))
    assert "Close month" in text_of(as_manager, "/periods/")
    closed = as_manager.post(f"/periods/{period.pk}/close/", follow=True)
    assert "January 2026 is closed." in closed.content.decode()
    assert as_manager.post(f"/periods/{period.pk}/reopen/", {"reason": " "}).status_code == 422
    reopened = as_manager.post(
        f"/periods/{period.pk}/reopen/", {"reason": "An invoice was lost"}, follow=True
    )
    assert "January 2026 takes entries again." in reopened.content.decode()
    assert Event.objects.get(name="PeriodReopened").reason == "An invoice was lost"


def test_nothing_is_closed_by_following_a_link(as_manager, invoice):
    period = Period.objects.get(starts_on=date(2026, 1, 1))
    assert as_manager.get(f"/periods/{period.pk}/close/").status_code == 405
    assert as_manager.get(f"/periods/{period.pk}/reopen/").status_code == 405


def test_home_and_search_lead_to_the_books(manager, person, invoice):
    cards = {card.title: card for card in shell._home(manager, timezone.now())}
    assert "January 2026, acme-de" in [item.label for item in cards["Months to close"].items]
    assert cards["Schedules with revenue not recognised"].count == 1
    entry = JournalEntry.objects.get(source="invoice")
    (item,) = shell._search(manager, entry.number.lower())
    assert item.url == f"/ledger/{entry.pk}/"
    rep = person("sales_rep")
    assert (list(shell._home(rep, timezone.now())), shell._search(rep, entry.number)) == ([], [])


# Query counts


@pytest.mark.parametrize("address", [*PAGES, *(f"{report}?csv=1" for report in REPORTS)])
def test_a_page_asks_no_more_for_many_rows_than_for_few(as_finance, invoice, address):
    few = queries_of(as_finance, address)
    for number in range(12):
        an_invoice("10.00", on=date(2026, 1 + number % 6, 1))
        earn(date(2026, 1, 11 + number))
    close_period(open_period(the_entity().pk, date(2025, 1, 1)).pk, by=None, at=AT)
    assert queries_of(as_finance, address) <= few


def test_an_entry_of_many_lines_takes_no_more_queries(as_finance, invoice):
    few, many = JournalEntry.objects.filter(source="recognition").first(), None
    for _ in range(12):
        an_invoice("10.00")
    earn(date(2026, 1, 31))
    many = JournalEntry.objects.filter(source="recognition").last()
    assert many.lines.count() > few.lines.count()
    addresses = [f"/ledger/{entry.pk}/" for entry in (few, many)]
    assert queries_of(as_finance, addresses[0]) == queries_of(as_finance, addresses[1])


def queries_of(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
        assert answer.status_code == 200
        answer.getvalue()
    return len(captured)
