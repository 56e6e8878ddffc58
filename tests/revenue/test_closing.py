"""Closing a month: who may, what must be done first, and that it then takes nothing more."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from billing.actions.credits import apply_credit, credit_invoice
from billing.actions.invoices import LineDraft, draft_invoice, post_invoice
from billing.actions.runs import start_run, work_off
from billing.actions.settling import apply_payment, refund_payment
from billing.models import Allocation, Charge, Invoice, Payment, Refund, RunOutcome
from q2c.infra.models import Event, NumberSeries
from q2c.kernel.errors import NotAllowed, Refused
from revenue.actions import close_period, recognise, reopen_period
from revenue.actions.journal import open_period
from revenue.models import JournalEntry, Period
from revenue.queries.checks import check_books
from revenue.queries.periods import blockers
from tests.billing.factories import a_charge, a_customer, the_entity, the_product
from tests.revenue.factories import AT, a_transfer, an_invoice, another_entity, balances

IN_JANUARY = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def month(number: int, *, entity=None) -> Period:
    return open_period((entity or the_entity()).pk, date(2026, number, 1))


def earn(through: date) -> None:
    recognise(through=through, legal_entity_id=the_entity().pk, by=None, at=AT)


@pytest.fixture
def closed_january(db):
    return close_period(month(1).pk, by=None, at=AT)


# Who may


def test_only_those_who_may_close_do(finance, manager):
    period = month(1)
    with pytest.raises(NotAllowed, match="Ask: finance manager, administrator"):
        close_period(period.pk, by=finance, at=AT)
    assert month(1).state == "open"
    closed = close_period(period.pk, by=manager, at=AT)
    assert (closed.state, closed.closed_at) == ("closed", AT)
    assert Event.objects.get(name="PeriodClosed").actor == manager
    with pytest.raises(NotAllowed):
        reopen_period(period.pk, reason="Forgot one", by=finance, at=AT)
    assert month(1).state == "closed"


def test_closing_twice_states_it_once(db):
    period = month(1)
    first = close_period(period.pk, by=None, at=AT)
    again = close_period(period.pk, by=None, at=datetime(2026, 7, 1, tzinfo=UTC))
    assert again.closed_at == first.closed_at
    assert Event.objects.filter(name="PeriodClosed").count() == 1


# The checklist


def test_a_month_with_revenue_not_recognised_stays_open(db):
    an_invoice(months=12)
    an_invoice()
    words = "January 2026 cannot be closed: 2 schedules have revenue of this month that is not"
    with pytest.raises(Refused, match=words):
        close_period(month(1).pk, by=None, at=AT)
    earn(date(2026, 1, 30))
    assert len(blockers(month(1))) == 1
    earn(date(2026, 1, 31))
    assert blockers(month(1)) == []
    assert close_period(month(1).pk, by=None, at=AT).state == "closed"


def test_months_close_in_their_order(db):
    month(1)
    february = month(2)
    with pytest.raises(Refused, match="January 2026 is still open"):
        close_period(february.pk, by=None, at=AT)
    assert month(2).state == "open"


def test_every_reason_is_said_at_once(db):
    month(1)
    an_invoice(on=date(2026, 2, 1))
    assert blockers(month(2)) == [
        "January 2026 is still open",
        "1 schedule has revenue of this month that is not recognised",
    ]


def test_another_legal_entitys_books_are_in_nobodys_way(db):
    other = another_entity()
    an_invoice(on=date(2026, 1, 1))
    assert blockers(month(2, entity=other)) == []
    assert close_period(month(2, entity=other).pk, by=None, at=AT).state == "closed"


@pytest.mark.parametrize(
    ("zone", "last_second", "first_second"),
    [
        ("Europe/Berlin", (2026, 1, 31, 22, 59, 59), (2026, 1, 31, 23, 0, 0)),
        ("America/Los_Angeles", (2026, 2, 1, 7, 59, 59), (2026, 2, 1, 8, 0, 0)),
        ("UTC", (2026, 1, 31, 23, 59, 59), (2026, 2, 1, 0, 0, 0)),
    ],
)
def test_a_month_is_over_when_it_is_over_for_its_legal_entity(db, zone, last_second, first_second):
    period = month(1, entity=another_entity(time_zone=zone))
    with pytest.raises(Refused, match="January 2026 is not over yet"):
        close_period(period.pk, by=None, at=datetime(*last_second, tzinfo=UTC))
    close_period(period.pk, by=None, at=datetime(*first_second, tzinfo=UTC))


# Nothing gets in


def everything() -> tuple:
    """What a refused action must not have touched."""
    return (
        list(Invoice.objects.order_by("pk").values("state", "number", "settled")),
        list(Payment.objects.order_by("pk").values("state", "number", "allocated", "refunded")),
        list(Charge.objects.order_by("pk").values_list("billed_through", flat=True)),
        list(NumberSeries.objects.order_by("pk").values_list("kind", "next")),
        Allocation.objects.count(),
        Refund.objects.count(),
        JournalEntry.objects.count(),
        Event.objects.count(),
    )


def refuse(act) -> None:
    before = everything()
    with pytest.raises(Refused, match="The January 2026 books are closed; date it in a month"):
        act()
    assert everything() == before


def test_no_invoice_is_posted_into_a_closed_month(closed_january):
    line = LineDraft(the_product().pk, "Training", Decimal(1), Decimal(50))
    draft = draft_invoice(a_customer().pk, [line], by=None, at=IN_JANUARY)
    refuse(lambda: post_invoice(draft.pk, by=None, at=IN_JANUARY))
    draft.refresh_from_db()
    assert (draft.state, draft.number) == ("draft", None)


def test_a_billing_run_into_a_closed_month_bills_nobody_and_says_why(closed_january):
    a_charge(a_customer())
    before = everything()
    run = start_run(on=date(2026, 1, 15), post=True, deliver=False, by=None, at=AT)
    work_off(run.pk, at=AT)
    assert everything()[:-1] == before[:-1]  # that the run finished is on record
    (outcome,) = RunOutcome.objects.all()
    assert "The January 2026 books are closed" in outcome.reason
    later = start_run(on=date(2026, 2, 1), post=True, deliver=False, by=None, at=AT)
    work_off(later.pk, at=AT)
    assert Invoice.objects.get().issued_on == date(2026, 2, 1)
    assert check_books() == []


@pytest.fixture
def paid(manager):
    """An invoice of January with money received beyond it, and a closed January."""
    invoice = an_invoice("100.00")  # 119 with tax
    earn(date(2026, 1, 31))
    a_transfer(invoice, "200.00", to="19.00", on=date(2026, 1, 20), by=manager)
    close_period(month(1).pk, by=None, at=AT)
    invoice.refresh_from_db()
    return invoice


def test_no_money_arrives_in_a_closed_month(paid, manager):
    refuse(lambda: a_transfer(paid, "5.00", on=date(2026, 1, 21), by=manager))
    a_transfer(paid, "5.00", on=date(2026, 2, 2), by=manager)
    assert balances()["receivable"] == 95
    assert check_books() == []


def test_nothing_is_applied_credited_or_refunded_in_a_closed_month(paid, person):
    payment = Payment.objects.get()
    boss = person("administrator")
    other = an_invoice("10.00", customer=paid.customer, on=date(2026, 2, 1))
    line = paid.lines.get().pk
    refuse(lambda: credit_invoice(paid.pk, reason="x", by=None, at=IN_JANUARY))
    refuse(
        lambda: credit_invoice(
            paid.pk, lines={line: Decimal(1)}, reason="x", by=None, at=IN_JANUARY
        )
    )
    refuse(
        lambda: refund_payment(payment.pk, Decimal(10), reason="x", key="r", by=boss, at=IN_JANUARY)
    )
    # An application is dated no earlier than its invoice, so February's takes it.
    apply_payment(payment.pk, other.pk, Decimal(5), by=None, at=IN_JANUARY)
    assert Allocation.objects.latest("pk").applied_on == date(2026, 2, 1)
    assert check_books() == []


def test_no_application_is_dated_into_a_closed_month(db, manager):
    invoice = an_invoice("100.00")
    second = an_invoice("10.00", customer=invoice.customer)
    earn(date(2026, 1, 31))
    payment = a_transfer(invoice, "200.00", to="19.00", on=date(2026, 1, 20), by=manager)
    close_period(month(1).pk, by=None, at=AT)
    refuse(lambda: apply_payment(payment.pk, second.pk, Decimal(5), by=None, at=IN_JANUARY))


def test_a_credit_note_settles_within_the_receivables_whatever_is_closed(paid, manager):
    a_transfer(paid, "100.00", on=date(2026, 2, 2), by=manager)
    note = credit_invoice(paid.pk, reason="x", by=None, at=AT)
    other = an_invoice("10.00", customer=paid.customer, on=date(2026, 2, 1))
    entries = JournalEntry.objects.count()
    apply_credit(note.pk, other.pk, by=None, at=AT)
    assert JournalEntry.objects.count() == entries
    assert check_books() == []


def test_a_month_before_a_closed_one_is_closed_even_if_nothing_was_ever_posted_in_it(db):
    close_period(month(2).pk, by=None, at=AT)
    line = LineDraft(the_product().pk, "Training", Decimal(1), Decimal(50))
    draft = draft_invoice(a_customer().pk, [line], by=None, at=IN_JANUARY)
    refuse(lambda: post_invoice(draft.pk, by=None, at=IN_JANUARY))
    assert month(1).state == "closed"
    assert month(3).state == "open"


# Open again


def test_an_opened_month_takes_entries_and_closes_again(closed_january, manager):
    reopened = reopen_period(closed_january.pk, reason="An invoice was lost", by=manager, at=AT)
    assert (reopened.state, reopened.closed_at) == ("open", None)
    event = Event.objects.get(name="PeriodReopened")
    assert (event.actor, event.reason) == (manager, "An invoice was lost")
    assert an_invoice().issued_on == date(2026, 1, 1)
    with pytest.raises(Refused, match="1 schedule has"):
        close_period(reopened.pk, by=manager, at=AT)
    earn(date(2026, 1, 31))
    assert close_period(reopened.pk, by=manager, at=AT).state == "closed"


def test_opening_again_needs_a_reason_and_the_latest_closed_month(closed_january):
    with pytest.raises(Refused, match="Say why"):
        reopen_period(closed_january.pk, reason="  ", by=None, at=AT)
    close_period(month(2).pk, by=None, at=AT)
    with pytest.raises(Refused, match="Only the latest closed month"):
        reopen_period(closed_january.pk, reason="x", by=None, at=AT)
    with pytest.raises(Refused, match="Only the latest closed month"):
        reopen_period(month(3).pk, reason="x", by=None, at=AT)
    assert [month(number).state for number in (1, 2, 3)] == ["closed", "closed", "open"]
    assert not Event.objects.filter(name="PeriodReopened").exists()
