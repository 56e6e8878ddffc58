"""Disputes of card payments: held while open, as before when won, reversed when lost; once."""

import itertools
import json
import re
import time
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from billing.actions import cards, disputes, dunning, runs, settling
from billing.gateways import stripe
from billing.handlers import act_on_stripe_event, mail_dispute
from billing.models import (
    Allocation,
    Dispute,
    DunningLetter,
    DunningLevel,
    Invoice,
    Payment,
    PaymentRetry,
    Refund,
    StripeEvent,
)
from q2c.demo.stripe_standin.webhooks import signature
from q2c.identity.models import User
from q2c.infra.bus import history
from q2c.infra.models import Event, Mail
from q2c.kernel.errors import Refused
from q2c.kernel.money import Money
from revenue.models import JournalLine
from revenue.queries.checks import check_books
from tests.billing.factories import a_charge, a_customer

NOW = timezone.now
LATE = date(2027, 6, 1)


@pytest.fixture
def customer(db):
    return a_customer()


@pytest.fixture
def invoice(customer):
    return an_invoice(customer)


@pytest.fixture
def finance(db):
    return User.objects.create_user("f@acme.example", full_name="F", role="finance")


@pytest.fixture
def boss(db):
    return User.objects.create_user("b@acme.example", full_name="B", role="finance_manager")


@pytest.fixture
def payment(invoice, stripe_standin):
    return pay(invoice)


@pytest.fixture
def second(invoice, customer, finance, stripe_standin):
    """An invoice that the first card payment pays in part, with what the first could not take."""
    page = page_for(invoice)
    settling.record_transfer(
        customer.pk, Decimal("19.50"), received_on=date(2026, 1, 20), reference="", key="t",
        by=finance, at=NOW(), to_invoices={invoice.pk: Decimal("19.50")},
    )  # fmt: skip
    post(page, card="pm_card_visa", do="pay")
    payment = cards.reconcile(Payment.objects.get(kind="card").pk, at=NOW())
    second = an_invoice(customer, description="Second")
    settling.apply_payment(payment.pk, second.pk, Decimal("19.50"), by=finance, at=NOW())
    return second


@pytest.fixture
def bank(stripe_standin, client):
    """`bank("open")` disputes the first card payment, `bank("won")` or `bank("lost")` decides."""

    def bank(outcome, *, told=True):
        payment = Payment.objects.filter(kind="card").earliest("pk")
        path = f"dispute/{payment.stripe_intent}/{outcome}"
        made = lever(stripe_standin, path)
        kind = "created" if outcome == "open" else "closed"
        if told:
            tell(client, made, f"charge.dispute.{kind}")
        return made

    return bank


def an_invoice(customer, **charge):
    known = set(Invoice.objects.values_list("pk", flat=True))
    a_charge(customer, **charge)
    run = runs.start_run(on=date(2026, 1, 1), post=True, deliver=False, by=None, at=NOW())
    runs.work_off(run.pk, at=NOW())
    return Invoice.objects.exclude(pk__in=known).get()


def fresh(row):
    return type(row).objects.get(pk=row.pk)


class _Stay(urllib.request.HTTPRedirectHandler):
    """The way back leads to our own pages, which these tests do not serve."""

    def http_error_303(self, req, fp, code, msg, headers):
        return fp


def post(url, **fields):
    opener = urllib.request.build_opener(_Stay)
    return opener.open(url, urllib.parse.urlencode(fields).encode(), timeout=10).read()


def lever(standin, path):
    return json.loads(post(f"{standin.url}/_control/{path}"))


def page_for(invoice):
    return cards.pay_by_card(
        invoice.pk, save_card=True, success_url="http://127.0.0.1/ok",
        cancel_url="http://127.0.0.1/no", label="Pat", at=NOW(),
    )  # fmt: skip


def pay(invoice):
    post(page_for(invoice), card="pm_card_visa", do="pay")
    return cards.reconcile(invoice.payment_attempts.latest("pk").pk, at=NOW())


_numbers = itertools.count(1)


def tell(client, dispute, kind, *, event_id=""):
    """Post the webhook and do its job."""
    event_id = event_id or f"evt_dispute_{next(_numbers)}"
    data = {"object": dispute}
    body = json.dumps({"id": event_id, "object": "event", "type": kind, "data": data})
    signed = signature("whsec_standin", body, at=int(time.time()))
    answer = client.post(
        "/webhooks/stripe/",
        body,
        content_type="application/json",
        headers={"Stripe-Signature": signed},
    )
    assert answer.status_code == 200
    event = StripeEvent.objects.get(event_id=event_id)
    act_on_stripe_event({"event_id": event.pk, "intent_id": dispute["payment_intent"]})
    return fresh(event).outcome


def names(document, pk):
    return [event.name for event in history(document, pk)]


def balance(role):
    lines = JournalLine.objects.filter(account__role=role)
    return sum((line.amount for line in lines), Decimal(0))


# Open


def test_a_dispute_is_noted_and_nothing_is_reversed_yet(bank, payment, invoice):
    bank("open")
    dispute = Dispute.objects.get()
    assert (dispute.payment, dispute.state, dispute.reason) == (payment, "open", "fraudulent")
    assert dispute.amount == invoice.total
    assert dispute.answer_by > NOW()
    assert fresh(invoice).settled == invoice.total
    assert names("payment", payment.pk)[0] == "PaymentDisputed"
    assert check_books() == []


def test_the_payment_shows_as_disputed_on_its_page_its_invoice_the_list_and_at_home(
    bank, payment, invoice, finance, client
):
    client.force_login(finance)
    other = an_invoice(invoice.customer, description="Other")
    pay(other)
    assert "Disputed payments" not in client.get("/").content.decode()
    bank("open")
    page = client.get(reverse("billing:payment", args=[payment.pk])).content.decode()
    assert "The payer disputes 59.50 EUR: fraudulent." in page
    assert 'badge badge-purple">Disputed' in page
    listed = client.get("/payments/", {"tab": "disputed"})
    assert [row.pk for row in listed.context["page"].rows] == [payment.pk]
    assert 'badge badge-purple">Disputed' in listed.content.decode()
    assert 'badge badge-purple">Disputed' in client.get("/payments/").content.decode()
    page = client.get(reverse("billing:invoice", args=[invoice.pk])).content.decode()
    assert "A payment of this invoice is disputed." in page
    assert "Disputed payments" in client.get("/").content.decode()
    bank("won")
    assert "Disputed payments" not in client.get("/").content.decode()


def test_finance_is_told_and_told_how_it_ended(bank, payment, finance, boss):
    User.objects.create_user("r@acme.example", full_name="R", role="sales_rep")
    bank("open")
    bank("lost")
    for event in Event.objects.filter(name__in=["PaymentDisputed", "DisputeLost"]).order_by("id"):
        mail_dispute(event.data)
        mail_dispute(event.data)
    mails = Mail.objects.order_by("id").values_list("to", "subject")
    lost = f"The dispute of {payment.number} is lost"
    assert set(mails) == {(finance.email, lost), (boss.email, lost)}
    assert Mail.objects.count() == 4


@pytest.fixture
def levels(db):
    DunningLevel.objects.create(level=1, days_overdue=7, name="Reminder", template="dunning_1")
    DunningLevel.objects.create(level=2, days_overdue=21, name="Second", template="dunning_2")


def planned_try(invoice):
    payment = Payment.objects.filter(kind="card").earliest("pk")
    due = NOW() - timedelta(hours=1)
    return PaymentRetry.objects.create(
        invoice=invoice, attempt=1, due_at=due, after_payment=payment
    )


def test_cards_are_not_tried_for_what_a_disputed_payment_paid_in_part(bank, second):
    retry = planned_try(second)
    bank("open")
    assert cards.due_retries(at=NOW()) == []
    cards.retry_payment(retry.pk, at=NOW())
    assert cards.charge_saved_card(second.pk, at=NOW()) is None
    assert (fresh(retry).done_at, fresh(second).settled) == (None, Decimal("19.50"))
    bank("won")
    assert cards.due_retries(at=NOW()) == [retry.pk]
    cards.retry_payment(retry.pk, at=NOW())
    assert fresh(second).settled == second.total


def test_letters_wait_for_what_a_disputed_payment_paid_in_part(bank, second, finance, levels):
    send = {"on": LATE, "at": NOW(), "legal_entity_id": second.legal_entity_id}
    bank("open")
    assert dunning.send_due_letters(**send) == 0
    with pytest.raises(Refused, match="Its payment is disputed"):
        dunning.send_letter_now(second.pk, on=LATE, by=finance, at=NOW())
    assert not DunningLetter.objects.exists()
    bank("won")
    assert dunning.send_due_letters(**send) == 1


def test_disputed_money_is_neither_applied_nor_given_back(bank, payment, customer, finance, boss):
    bank("open")
    other = an_invoice(customer, description="Other")
    with pytest.raises(Refused, match="This payment is disputed"):
        settling.apply_payment(payment.pk, other.pk, Decimal(1), by=finance, at=NOW())
    with pytest.raises(Refused, match="This payment is disputed"):
        settling.refund_payment(payment.pk, Decimal(1), reason="x", key="r", by=boss, at=NOW())


# Decided


def test_a_dispute_that_is_won_leaves_all_as_before(bank, payment, invoice, finance, client):
    before = JournalLine.objects.count()
    bank("open")
    bank("won")
    dispute = Dispute.objects.get()
    assert (dispute.state, dispute.closed_at is None) == ("won", False)
    assert (fresh(payment).refunded, fresh(invoice).settled) == (0, invoice.total)
    assert JournalLine.objects.count() == before
    client.force_login(finance)
    page = client.get(reverse("billing:payment", args=[payment.pk])).content.decode()
    assert "The dispute was won" in page
    assert "badge-purple" not in page
    assert check_books() == []


def test_a_dispute_that_is_lost_opens_the_invoice_again_and_the_books_balance(
    bank, payment, invoice, finance, client
):
    bank("open")
    bank("lost")
    assert fresh(invoice).settled == 0
    assert (fresh(payment).allocated, fresh(payment).refunded) == (0, invoice.total)
    refund = Refund.objects.get()
    assert (refund.amount, refund.reason) == (
        invoice.total,
        "The dispute was lost: fraudulent",
    )
    assert (balance("receivable"), balance("clearing"), balance("unapplied")) == (59.50, 0, 0)
    assert check_books() == []
    assert names("payment", payment.pk)[:3] == ["PaymentRefunded", "DisputeLost", "PaymentDisputed"]
    assert names("invoice", invoice.pk)[0] == "PaymentTakenBack"
    client.force_login(finance)
    page = client.get(reverse("billing:invoice", args=[invoice.pk])).content.decode()
    assert re.search(r"taken back", page, re.IGNORECASE)
    page = client.get(reverse("billing:payment", args=[payment.pk])).content.decode()
    assert "The dispute was lost" in page


def test_all_that_the_lost_payment_settled_is_open_again(bank, second, invoice):
    bank("open")
    bank("lost")
    assert (fresh(invoice).settled, fresh(second).settled) == (Decimal("19.50"), 0)
    assert Refund.objects.get().amount == Decimal("59.50")
    assert check_books() == []


def test_what_was_lost_gets_letters_again_but_its_card_is_not_tried_again(
    bank, second, invoice, levels
):
    retry = planned_try(second)
    bank("open")
    bank("lost")
    assert fresh(retry).cancelled_at is not None
    assert cards.due_retries(at=NOW()) == []
    entity = invoice.legal_entity_id
    assert dunning.send_due_letters(on=LATE, at=NOW(), legal_entity_id=entity) == 2


def test_the_customer_pays_again_after_a_lost_dispute(bank, payment, invoice):
    bank("open")
    bank("lost")
    again = pay(invoice)
    assert (again.pk != payment.pk, again.state) == (True, "succeeded")
    assert fresh(invoice).settled == invoice.total
    assert check_books() == []


# Once, in any order


def test_each_webhook_counts_once_in_any_order(bank, payment, invoice, client):
    opened = bank("open", told=False)
    closed = bank("lost", told=False)
    for dispute, kind, event_id in [
        (closed, "closed", "evt_2"),
        (opened, "created", "evt_1"),
        (closed, "closed", "evt_2"),
        (opened, "created", "evt_1"),
        (opened, "funds_withdrawn", "evt_3"),
    ]:
        outcome = tell(client, dispute, f"charge.dispute.{kind}", event_id=event_id)
        assert outcome == "Dispute is lost."
    assert StripeEvent.objects.count() == 3
    assert (Dispute.objects.count(), Refund.objects.count()) == (1, 1)
    assert fresh(payment).refunded == invoice.total
    told = names("payment", payment.pk)
    assert [told.count(name) for name in ("PaymentDisputed", "DisputeLost")] == [1, 1]
    assert check_books() == []


def test_a_dispute_may_be_known_before_its_payment_is(invoice, stripe_standin, client):
    post(page_for(invoice), card="pm_card_visa", do="pay")
    payment = Payment.objects.get()
    assert payment.state == "pending"
    made = lever(stripe_standin, f"dispute/{payment.stripe_intent}/open")
    assert tell(client, made, "charge.dispute.created") == "Dispute is open."
    assert fresh(payment).state == "succeeded"


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_reverse_once(transactional_db, bank, payment, invoice):
    contest = stripe.look_up_dispute(bank("open", told=False)["id"])
    bank("lost", told=False)
    contest = stripe.look_up_dispute(contest.id)

    def settle(_):
        try:
            return disputes.settle_dispute(payment.pk, contest, at=NOW()).state
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(settle, range(8))) == {"lost"}
    assert (fresh(payment).refunded, fresh(invoice).settled) == (invoice.total, 0)
    assert check_books() == []


# What does not fit, and parts


def contest(payment, **changes):
    values = {
        "id": "dp_1", "intent_id": payment.stripe_intent, "state": "lost",
        "amount": Money(payment.amount, "EUR"), "reason": "product_not_received",
        "answer_by": None,
    }  # fmt: skip
    return stripe.Contest(**{**values, **changes})


def test_a_disputed_part_goes_back_and_opens_as_much(payment, invoice):
    part = Money(Decimal("19.50"), "EUR")
    disputes.settle_dispute(payment.pk, contest(payment, amount=part), at=NOW())
    assert (fresh(invoice).settled, fresh(payment).refunded) == (Decimal(40), Decimal("19.50"))
    assert check_books() == []


def test_never_more_goes_back_than_is_left_of_the_payment(payment, invoice):
    part = Money(Decimal("19.50"), "EUR")
    disputes.settle_dispute(payment.pk, contest(payment, amount=part), at=NOW())
    more = contest(payment, id="dp_2", amount=Money(Decimal("100.00"), "EUR"))
    disputes.settle_dispute(payment.pk, more, at=NOW())
    assert (fresh(invoice).settled, fresh(payment).refunded) == (0, invoice.total)
    assert Refund.objects.count() == 2
    assert check_books() == []


@pytest.mark.parametrize(
    "changes",
    [{"intent_id": "pi_other"}, {"amount": Money(Decimal(5), "USD")}],
)
def test_what_is_not_ours_is_refused_and_nothing_changes(payment, invoice, changes):
    with pytest.raises(Refused, match="does not fit"):
        disputes.settle_dispute(payment.pk, contest(payment, **changes), at=NOW())
    assert not Dispute.objects.exists()
    assert fresh(invoice).settled == invoice.total


def test_a_dispute_of_nothing_of_ours_is_noted_as_such(db, client):
    made = {"object": "dispute", "id": "dp_9", "payment_intent": "pi_unknown"}
    assert tell(client, made, "charge.dispute.created") == "It is about no payment of ours."


def test_what_is_decided_stays_decided(payment):
    dispute = disputes.settle_dispute(payment.pk, contest(payment, state="won"), at=NOW())
    disputes.settle_dispute(payment.pk, contest(payment, state="open"), at=NOW())
    with pytest.raises(Refused, match="cannot lose while won"):
        disputes.settle_dispute(payment.pk, contest(payment), at=NOW())
    assert fresh(dispute).state == "won"
    with pytest.raises(Exception, match="cannot go from won to lost"), transaction.atomic():
        Dispute.objects.update(state="lost")


def test_the_database_lets_no_application_be_negative_without_a_dispute(payment, invoice):
    row = {"invoice": invoice, "payment": payment, "applied_on": LATE, "at": NOW()}
    with pytest.raises(IntegrityError, match="negative_iff"), transaction.atomic():
        Allocation.objects.create(amount=Decimal(-1), **row)
