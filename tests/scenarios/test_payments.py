"""Cards through Stripe and transfers: paid once, whatever goes wrong on the way."""

import json
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from billing.actions import cards, runs, settling, webhooks
from billing.gateways import stripe
from billing.models import Invoice, Payment, PaymentMethod, PaymentRetry, StripeEvent
from q2c.customers.models import PortalLink
from q2c.customers.portal import make_link, revoke_links
from q2c.identity.models import User
from q2c.kernel.errors import NotAllowed, Refused
from revenue.queries.checks import check_books
from tests.billing.factories import a_charge, a_customer

NOW = timezone.now


@pytest.fixture
def invoice(db):
    customer = a_customer()
    a_charge(customer)
    run = runs.start_run(on=date(2026, 1, 1), post=True, deliver=False, by=None, at=NOW())
    runs.work_off(run.pk, at=NOW())
    return Invoice.objects.get(customer=customer)


@pytest.fixture
def finance(db):
    return User.objects.create_user("f@acme.example", full_name="F", role="finance")


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def post(url: str, **fields: str) -> None:
    data = urllib.parse.urlencode(fields).encode()
    opener = urllib.request.build_opener(_Stay)
    opener.open(url, data, timeout=10).read()


class _Stay(urllib.request.HTTPRedirectHandler):
    """The way back leads to our own pages, which these tests do not serve."""

    def http_error_303(self, req, fp, code, msg, headers):
        return fp


def page_for(invoice, *, save_card: bool = False) -> str:
    return cards.pay_by_card(
        invoice.pk,
        save_card=save_card,
        success_url="http://127.0.0.1/ok",
        cancel_url="http://127.0.0.1/no",
        label="Pat Payer",
        at=NOW(),
    )


def pay(invoice, *, card: str = "pm_card_visa", save_card: bool = False) -> Payment:
    post(page_for(invoice, save_card=save_card), card=card, do="pay")
    return cards.reconcile(invoice.payment_attempts.latest("pk").pk, at=NOW())


def intents(standin) -> list[dict]:
    address = f"{standin.url}/_control/objects/payment_intent"
    with urllib.request.urlopen(address) as answer:  # noqa: S310  on this machine
        return json.load(answer)["data"]


def fault(standin, **faults: object) -> None:
    post(f"{standin.url}/_control/faults", **{name: str(value) for name, value in faults.items()})


@pytest.fixture
def with_card(invoice, stripe_standin):
    """A customer who paid once, saved the card, and has a second invoice."""
    pay(invoice, save_card=True)
    a_charge(invoice.customer, description="Second line")
    run = runs.start_run(on=date(2026, 1, 1), post=True, deliver=False, by=None, at=NOW())
    runs.work_off(run.pk, at=NOW())
    return Invoice.objects.exclude(pk=invoice.pk).get()


def use_card(invoice, token: str) -> None:
    """Put another test card in the place of the saved one."""
    method = PaymentMethod.objects.get(customer=invoice.customer)
    client = stripe._client()
    made = client.v1.payment_methods.attach(token, {"customer": method.stripe_customer})
    method.stripe_id = made.id
    method.save()


def test_paying_on_the_hosted_page_settles_the_invoice_once(invoice, stripe_standin):
    payment = pay(invoice)
    assert (payment.state, payment.allocated) == ("succeeded", fresh(invoice).total)
    assert fresh(invoice).settled == invoice.total
    again = cards.settle(payment.pk, stripe.look_up(payment.stripe_intent), at=NOW())
    assert again.number == payment.number
    assert Payment.objects.count() == 1
    assert check_books() == []


def test_a_double_click_on_pay_leads_to_the_same_page(invoice, stripe_standin):
    assert page_for(invoice) == page_for(invoice)
    assert len(intents(stripe_standin)) == Payment.objects.count() == 1


def test_nothing_is_to_pay_on_a_settled_invoice(invoice, stripe_standin):
    pay(invoice)
    with pytest.raises(Refused, match="nothing to pay"):
        page_for(invoice)


def test_the_next_invoice_is_charged_to_the_saved_card(with_card):
    payment = cards.charge_saved_card(with_card.pk, at=NOW())
    assert (payment.state, payment.is_automatic) == ("succeeded", True)
    assert fresh(with_card).settled == with_card.total


def test_without_consent_nothing_is_charged(with_card):
    cards.set_autopay(with_card.customer_id, is_on=False)
    assert cards.charge_saved_card(with_card.pk, at=NOW()) is None


def test_a_card_without_funds_is_tried_again_by_schedule(with_card):
    use_card(with_card, "pm_card_chargeCustomerFail")
    payment = cards.charge_saved_card(with_card.pk, at=NOW())
    assert (payment.state, payment.failure_code) == ("failed", "insufficient_funds")
    retry = PaymentRetry.objects.get()
    assert retry.due_at.date() == (NOW() + timedelta(days=1)).date()
    assert cards.due_retries(at=NOW()) == []
    later = NOW() + timedelta(days=1, hours=1)
    assert cards.due_retries(at=later) == [retry.pk]
    use_card(with_card, "pm_card_visa")
    cards.retry_payment(retry.pk, at=later)
    assert fresh(with_card).settled == with_card.total


@pytest.mark.parametrize(
    "token", ["pm_card_visa_chargeDeclinedLostCard", "pm_card_authenticationRequired"]
)
def test_a_lost_card_or_one_that_needs_its_owner_is_never_tried_again(with_card, token):
    use_card(with_card, token)
    assert cards.charge_saved_card(with_card.pk, at=NOW()).state == "failed"
    assert not PaymentRetry.objects.exists()


def test_an_answer_that_got_lost_charges_once(with_card, stripe_standin):
    fault(stripe_standin, lose_answer=1)
    with pytest.raises(stripe.UnknownOutcome):
        cards.charge_saved_card(with_card.pk, at=NOW())
    assert fresh(with_card).settled == 0
    payment = cards.charge_saved_card(with_card.pk, at=NOW())
    assert payment.state == "succeeded"
    assert len(intents(stripe_standin)) == 2  # the first invoice's and this one's


def test_an_amount_that_is_not_ours_is_refused_not_applied(invoice, stripe_standin):
    page_for(invoice)
    payment = Payment.objects.get()
    outcome = stripe.look_up(payment.stripe_intent)
    wrong = stripe.Outcome(outcome.intent_id, "succeeded", -outcome.amount, str(invoice.pk), "", "")
    with pytest.raises(Refused, match="is not the one we asked for"):
        cards.settle(payment.pk, wrong, at=NOW())
    assert fresh(invoice).settled == 0


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_collect_once(transactional_db, stripe_standin):
    customer = a_customer()
    a_charge(customer)
    run = runs.start_run(on=date(2026, 1, 1), post=True, deliver=False, by=None, at=NOW())
    runs.work_off(run.pk, at=NOW())
    invoice = Invoice.objects.get()
    post(page_for(invoice), card="pm_card_visa", do="pay")
    payment = Payment.objects.get()

    def settle(_):
        try:
            return cards.reconcile(payment.pk, at=NOW()).state
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(settle, range(8))) == {"succeeded"}
    assert fresh(invoice).settled == invoice.total
    assert fresh(payment).allocated == invoice.total
    assert check_books() == []


# Webhooks


def signed(body: bytes, secret: str = "whsec_standin") -> str:  # noqa: S107
    import time

    from q2c.demo.stripe_standin.webhooks import signature

    return signature(secret, body.decode(), at=int(time.time()))


def event(intent: str, number: int = 1) -> bytes:
    data = {"object": {"object": "payment_intent", "id": intent}}
    kind = "payment_intent.succeeded"
    return json.dumps(
        {"id": f"evt_{number}", "object": "event", "type": kind, "data": data}
    ).encode()


def test_a_webhook_with_a_wrong_signature_is_refused_and_nothing_is_stored(client, db):
    body = event("pi_1")
    for header in ("", "t=1,v1=00", signed(body, "whsec_other")):
        answer = client.post(
            "/webhooks/stripe/",
            body,
            content_type="application/json",
            headers={"Stripe-Signature": header},
        )
        assert answer.status_code == 400
    assert not StripeEvent.objects.exists()


def test_a_webhook_sent_twice_and_out_of_order_is_acted_on_once(invoice, stripe_standin, client):
    post(page_for(invoice), card="pm_card_visa", do="pay")
    intent = Payment.objects.get().stripe_intent
    for number in (2, 1, 2, 1):
        body = event(intent, number)
        answer = client.post(
            "/webhooks/stripe/",
            body,
            content_type="application/json",
            headers={"Stripe-Signature": signed(body)},
        )
        assert answer.status_code == 200
    assert StripeEvent.objects.count() == 2
    for stored in StripeEvent.objects.all():
        webhooks.act_on(stored.pk, intent, at=NOW())
    assert fresh(invoice).settled == invoice.total
    assert Payment.objects.get().allocated == invoice.total


# Transfers and refunds


def transfer(invoice, amount: str, *, by, key: str = "k", to: str | None = None) -> Payment:
    return settling.record_transfer(
        invoice.customer_id,
        Decimal(amount),
        received_on=date(2026, 1, 20),
        reference="INV",
        key=key,
        by=by,
        at=NOW(),
        to_invoices={invoice.pk: Decimal(to or amount)},
    )


def test_a_transfer_recorded_twice_counts_once(invoice, finance):
    assert transfer(invoice, "20.00", by=finance) == transfer(invoice, "20.00", by=finance)
    assert fresh(invoice).settled == 20


def test_what_the_invoice_cannot_take_stays_unapplied(invoice, finance):
    payment = transfer(invoice, "100.00", by=finance, to="59.50")
    assert fresh(invoice).settled == invoice.total == Decimal("59.50")
    assert payment.amount - payment.allocated == Decimal("40.50")
    assert check_books() == []


def test_more_than_is_open_is_refused_and_nothing_is_recorded(invoice, finance):
    with pytest.raises(Refused, match="is open"):
        transfer(invoice, "100.00", by=finance)
    assert not Payment.objects.exists()


def test_only_unapplied_money_goes_back_and_not_by_who_recorded_it(invoice, finance, db):
    payment = transfer(invoice, "100.00", by=finance, to="59.50")
    boss = User.objects.create_user("b@acme.example", full_name="B", role="finance_manager")
    give = {"reason": "Paid too much", "key": "r1", "at": NOW()}
    with pytest.raises(Refused, match="Only unapplied"):
        settling.refund_payment(payment.pk, Decimal("40.51"), by=boss, **give)
    refund = settling.refund_payment(payment.pk, Decimal("40.50"), by=boss, **give)
    assert settling.refund_payment(payment.pk, Decimal("40.50"), by=boss, **give) == refund
    assert fresh(payment).refunded == Decimal("40.50")
    assert check_books() == []
    own = settling.record_transfer(
        invoice.customer_id, Decimal(5), received_on=date(2026, 1, 20), reference="", key="own",
        by=boss, at=NOW(),
    )  # fmt: skip
    with pytest.raises(NotAllowed, match="cannot refund it"):
        settling.refund_payment(own.pk, Decimal(5), by=boss, reason="x", key="r2", at=NOW())


# The portal


def test_only_a_living_link_of_ones_own_opens_an_invoice(client, invoice):
    other = Invoice.objects.get(pk=invoice.pk)
    assert client.get(f"/portal/invoices/{invoice.pk}/").status_code == 404
    url = make_link(
        PortalLink.INVOICE, customer_id=invoice.customer_id, document_id=invoice.pk, contact=None,
        by=None, at=NOW(), expires_at=NOW() + timedelta(days=5),
    )  # fmt: skip
    answer = client.get(url.partition("8000")[2] or "/p/" + url.rpartition("/")[2])
    assert answer.status_code == 302
    assert "/p/" not in answer["Location"]
    assert client.get(answer["Location"]).status_code == 200
    assert client.get(f"/portal/invoices/{other.pk + 1}/").status_code == 404
    revoke_links(PortalLink.INVOICE, invoice.pk, at=NOW())
    assert client.get(answer["Location"]).status_code == 404


def test_an_expired_link_offers_a_new_one(client, invoice):
    url = make_link(
        PortalLink.INVOICE, customer_id=invoice.customer_id, document_id=invoice.pk, contact=None,
        by=None, at=NOW() - timedelta(days=9), expires_at=NOW() - timedelta(days=3),
    )  # fmt: skip
    answer = client.get("/p/" + url.rpartition("/")[2])
    assert answer.status_code == 404
    assert b"Send me a new link" in answer.content
