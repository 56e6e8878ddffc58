"""Overdue invoices get letters, level by level; who paid, or is about to, gets none."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.actions import cards, credits, dunning, runs, settling
from billing.actions.invoices import LineDraft, draft_invoice
from billing.gateways import stripe
from billing.models import (
    DunningLetter,
    DunningLevel,
    Invoice,
    PaymentMethod,
    PaymentRetry,
    StripeCustomer,
)
from billing.rules.dunning import Level, next_letter
from q2c import wiring
from q2c.infra import bus
from q2c.infra.jobs import run_next
from q2c.infra.models import Event, Mail
from q2c.kernel.errors import NotAllowed, Refused
from tests.billing.factories import a_charge, a_customer

AT = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
MUCH_LATER = datetime(2100, 1, 1, tzinfo=UTC)
DUE_ON = date(2026, 1, 31)
STEPS = (Level(1, 3), Level(2, 14), Level(3, 30))


def overdue(days: int) -> date:
    return DUE_ON + timedelta(days=days)


# The rule


@pytest.mark.parametrize(
    ("days", "sent", "letter"),
    [
        (-30, [], None),
        (0, [], None),
        (2, [], None),
        (3, [], 1),
        (13, [], 1),
        (13, [1], None),
        (14, [1], 2),
        (29, [1, 2], None),
        (30, [1, 2], 3),
        (400, [1, 2, 3], None),
    ],
)
def test_each_level_goes_out_on_its_day(days, sent, letter):
    assert next_letter(STEPS, due_on=DUE_ON, on=overdue(days), sent=sent) == letter


@pytest.mark.parametrize(("sent", "letter"), [([], 1), ([1], 2), ([1, 2], 3)])
def test_nobodys_first_letter_is_the_final_notice(sent, letter):
    assert next_letter(STEPS, due_on=DUE_ON, on=overdue(365), sent=sent) == letter


def test_the_order_is_that_of_the_levels_not_of_the_rows():
    assert next_letter(STEPS[::-1], due_on=DUE_ON, on=overdue(365), sent=[]) == 1


def test_without_levels_there_are_no_letters():
    assert next_letter((), due_on=DUE_ON, on=overdue(365), sent=[]) is None


# The action


@pytest.fixture
def levels(db):
    names = ("Friendly reminder", "Second reminder", "Final notice")
    return DunningLevel.objects.bulk_create(
        DunningLevel(level=step.level, days_overdue=step.days_overdue, name=name,
                     template=f"dunning_{step.level}")
        for step, name in zip(STEPS, names, strict=True)
    )  # fmt: skip


@pytest.fixture
def wired(_alone):
    """Facts have their consequences: letters become mail, declines a plan."""
    bus.connect(wiring.NOW, wiring.LATER)


@pytest.fixture
def invoices(levels):
    """`invoices(2)` posts one invoice of 59.50 EUR for each of two customers, due 31 January."""

    def make(count: int) -> list[Invoice]:
        for _ in range(count):
            a_charge(a_customer())
        return bill()

    return make


@pytest.fixture
def invoice(invoices):
    return invoices(1)[0]


def bill() -> list[Invoice]:
    run = runs.start_run(on=date(2026, 1, 1), post=True, deliver=False, by=None, at=AT)
    runs.work_off(run.pk, at=AT)
    return list(Invoice.objects.filter(run=run).order_by("pk"))


def send(on: date) -> int:
    entity = Invoice.objects.values_list("legal_entity_id", flat=True).first()
    nine = datetime.combine(on, time(9), tzinfo=UTC)
    return dunning.send_due_letters(on=on, at=nine, legal_entity_id=entity)


def letters() -> list[tuple[int, date]]:
    return list(DunningLetter.objects.order_by("pk").values_list("level", "sent_on"))


def pay(invoice: Invoice, amount: str, by) -> None:
    settling.record_transfer(
        invoice.customer_id, Decimal(amount), received_on=date(2026, 1, 1), reference="INV",
        key=f"{invoice.pk}:{amount}", by=by, at=AT, to_invoices={invoice.pk: Decimal(amount)},
    )  # fmt: skip


def test_an_unpaid_invoice_gets_its_three_letters_and_no_fourth(invoice):
    for days in range(60):
        send(overdue(days))
    assert letters() == [(1, overdue(3)), (2, overdue(14)), (3, overdue(30))]
    assert Event.objects.filter(name="DunningLetterSent", document_id=invoice.pk).count() == 3


def test_however_long_nobody_looked_one_letter_goes_out_a_day(invoice):
    assert [send(overdue(200 + day)) for day in range(5)] == [1, 1, 1, 0, 0]
    assert letters() == [(1, overdue(200)), (2, overdue(201)), (3, overdue(202))]


def test_a_second_run_on_the_same_day_sends_nothing(invoice):
    assert [send(overdue(50)) for _ in range(3)] == [1, 0, 0]


def test_a_settled_invoice_gets_none(invoices, finance):
    paid, credited, late = invoices(3)
    pay(paid, "59.50", finance)
    credits.credit_invoice(credited.pk, reason="Never delivered", by=None, at=AT)
    assert send(overdue(3)) == 1
    assert DunningLetter.objects.get().invoice == late


def test_money_between_two_letters_ends_them(invoice, finance):
    send(overdue(3))
    pay(invoice, "59.50", finance)
    assert [send(overdue(days)) for days in (14, 30)] == [0, 0]


def test_a_letter_asks_for_what_is_still_open(invoice, finance):
    pay(invoice, "20.00", finance)
    send(overdue(3))
    assert DunningLetter.objects.get().open_amount == Decimal("39.50")


def test_drafts_credit_notes_and_other_companies_get_none(invoice, product):
    line = LineDraft(product.pk, "Training", Decimal(1), Decimal(50))
    draft_invoice(invoice.customer_id, [line], by=None, at=AT)
    credits.credit_invoice(invoice.pk, reason="Never delivered", by=None, at=AT)
    assert Invoice.objects.count() == 3
    assert send(overdue(300)) == 0
    other = invoice.legal_entity_id + 1
    assert dunning.send_due_letters(on=overdue(3), at=AT, legal_entity_id=other) == 0


def test_who_waits_for_the_next_level_holds_up_nobody(invoices):
    """The limit counts letters, not the late who have theirs already."""
    waiting = invoices(3)
    assert send(overdue(3)) == 3
    late = invoices(2)
    entity = waiting[0].legal_entity_id
    sent = dunning.send_due_letters(on=overdue(4), at=AT, legal_entity_id=entity, limit=2)
    assert sent == 2
    assert set(DunningLetter.objects.filter(sent_on=overdue(4)).values_list("invoice", flat=True)) == {
        row.pk for row in late
    }  # fmt: skip


def test_no_letter_goes_out_while_a_further_try_at_the_card_is_planned(invoice):
    payment = invoice.payment_attempts.create(
        kind="card", state="failed", customer=invoice.customer, is_automatic=True, amount=59,
        legal_entity=invoice.legal_entity, currency="EUR", idempotency_key="k", created_at=AT,
    )  # fmt: skip
    retry = PaymentRetry.objects.create(
        invoice=invoice, attempt=2, due_at=AT, after_payment=payment
    )
    assert send(overdue(3)) == 0
    PaymentRetry.objects.filter(pk=retry.pk).update(done_at=AT)
    assert send(overdue(4)) == 1


@pytest.mark.parametrize("count", [2, 12])
def test_looking_asks_as_many_questions_for_many_invoices_as_for_few(
    invoices, count, django_assert_num_queries
):
    invoices(count)
    assert send(overdue(3)) == count
    with django_assert_num_queries(3):  # the company (ours), the levels, the invoices that are due
        assert send(overdue(4)) == 0


def test_every_letter_costs_the_same_few_statements(invoices):
    costs = {}
    for count in (1, 4, 9):
        invoices(count)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert send(overdue(3)) == count
        costs[count] = len(asked)
    assert (costs[4] - costs[1]) / 3 == (costs[9] - costs[4]) / 5 <= 8


# By hand


def test_finance_sends_the_next_letter_by_hand_once_a_day(invoice, finance):
    def by_hand(days: int) -> int:
        return dunning.send_letter_now(invoice.pk, on=overdue(days), by=finance, at=AT)

    assert by_hand(1) == 1
    with pytest.raises(Refused, match="went out today"):
        by_hand(1)
    assert [by_hand(2), by_hand(3)] == [2, 3]
    with pytest.raises(Refused, match="All letters have gone out"):
        by_hand(4)
    assert [level for level, _ in letters()] == [1, 2, 3]


def test_no_letter_by_hand_for_what_is_not_overdue_or_not_owed(invoices, finance):
    paid, fresh = invoices(2)
    pay(paid, "59.50", finance)
    note = credits.credit_invoice(fresh.pk, reason="Half", by=None, at=AT)
    for document, on in ((paid, overdue(9)), (fresh, DUE_ON), (note, overdue(999))):
        with pytest.raises(Refused, match="not overdue"):
            dunning.send_letter_now(document.pk, on=on, by=finance, at=AT)
    assert letters() == []


def test_sales_sends_no_letters(invoice, rep):
    with pytest.raises(NotAllowed):
        dunning.send_letter_now(invoice.pk, on=overdue(9), by=rep, at=AT)
    assert letters() == []


# To the customer's inbox


def work() -> None:
    """Do every job that waits, as the workers would."""
    while any(run_next(queue, at=MUCH_LATER) for queue in ("default", "mail", "money")):
        pass


def test_letters_reach_the_inbox_in_their_own_words_with_a_link_to_pay(
    wired, invoice, mailoutbox, client
):
    subjects = ("reminder", "second reminder", "final notice")
    for days, words in zip((3, 14, 30), subjects, strict=True):
        send(overdue(days))
        work()
        message = mailoutbox[-1]
        assert message.to == [invoice.customer.email]
        assert message.subject == f"Acme Deutschland GmbH: {words} for invoice {invoice.number}"
        assert "59.50 EUR" in message.body
        path = "/p/" + message.body.rpartition("/p/")[2].split()[0]
        assert client.get(path, follow=True).status_code == 200
    assert len(mailoutbox) == 3


def test_who_pays_before_the_letter_is_written_gets_no_mail(wired, invoice, finance, mailoutbox):
    send(overdue(3))
    pay(invoice, "59.50", finance)
    work()
    assert not Mail.objects.filter(cause__startswith="dunning:").exists()
    assert not [message for message in mailoutbox if "reminder" in message.subject]


def test_a_declined_card_is_tried_by_schedule_and_only_then_come_letters(
    wired, levels, stripe_standin, mailoutbox
):
    customer = a_customer()
    a_charge(customer, payment_terms_days=0)
    (invoice,) = bill()
    save_card(customer, "pm_card_chargeCustomerFail")
    cards.charge_saved_card(invoice.pk, at=AT)
    tried, sent = [], []
    for day in range(1, 61):
        at = AT + timedelta(days=day)
        for retry in cards.due_retries(at=at):
            cards.retry_payment(retry, at=at)
            tried.append(day)
        if send(invoice.due_on + timedelta(days=day)):
            sent.append(day)
    assert tried == [1, 3, 5, 7, 9, 11, 13]
    assert sent == [13, 14, 30]
    assert invoice.payment_attempts.filter(state="failed").count() == 8
    work()
    assert Mail.objects.filter(cause__startswith="dunning:").count() == 3


def save_card(customer, token: str) -> None:
    """A test card, saved with the customer's consent."""
    owner = stripe.create_customer(
        customer_id=customer.pk, name=customer.legal_name, email=customer.email
    )
    StripeCustomer.objects.create(customer=customer, stripe_id=owner)
    made = stripe._client().v1.payment_methods.attach(token, {"customer": owner})
    PaymentMethod.objects.create(
        customer=customer, kind="card", stripe_customer=owner, stripe_id=made.id, brand="visa",
        last4="0341", is_default=True, created_at=AT,
    )  # fmt: skip
    cards.set_autopay(customer.pk, is_on=True)
