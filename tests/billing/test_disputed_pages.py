"""What finance sees of a disputed payment, at a desk and on a phone."""

from datetime import date, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from billing.actions import disputes, runs, settling
from billing.gateways.stripe import Contest
from billing.models import Invoice, Payment
from q2c.customers.models import PortalLink
from q2c.customers.portal import make_link
from q2c.identity.models import User
from q2c.kernel.money import Money
from tests.billing.factories import a_charge, a_customer

NOW = timezone.now
PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}


@pytest.fixture
def payment(db):
    customer = a_customer()
    a_charge(customer)
    run = runs.start_run(on=date(2026, 1, 1), post=True, deliver=False, by=None, at=NOW())
    runs.work_off(run.pk, at=NOW())
    invoice = Invoice.objects.get()
    made = Payment.objects.create(
        kind=Payment.CARD,
        customer=customer,
        legal_entity_id=invoice.legal_entity_id,
        invoice=invoice,
        currency="EUR",
        amount=invoice.total + 10,
        idempotency_key="a",
        stripe_intent="pi_1",
        created_at=NOW(),
    )
    return settling.succeed(made.pk, at=NOW())


def decide(payment, state):
    contest = Contest(
        id="dp_1",
        intent_id="pi_1",
        state=state,
        amount=Money(payment.amount - 5, "EUR"),
        reason="product_not_received",
        answer_by=NOW() + timedelta(days=7),
    )
    disputes.settle_dispute(payment.pk, contest, at=NOW())


def test_what_settles_nothing_goes_back_before_what_settles_an_invoice(payment):
    decide(payment, "lost")
    invoice = Invoice.objects.get()
    assert (invoice.settled, invoice.open) == (5, invoice.total - 5)


@pytest.mark.parametrize("page", [{}, PHONE], indirect=True, ids=["desk", "phone"])
def test_finance_follows_a_dispute_from_home_to_its_end(signed_in, payment, axe):
    boss = User.objects.create_user("b@acme.example", full_name="Bo", role="finance_manager")
    page = signed_in(boss)
    page.goto(f"/payments/{payment.pk}/")
    expect(page.get_by_role("button", name="Refund…")).to_be_visible()
    decide(payment, "open")
    page.goto("/")
    page.get_by_role("link", name=f"{payment.number} · ").click()
    expect(page.get_by_text("Disputed", exact=True)).to_be_visible()
    expect(page.get_by_text("The payer disputes 64.50 EUR: product not received.")).to_be_visible()
    expect(page.get_by_role("button", name="Refund…")).to_have_count(0)
    expect(page.get_by_text("Apply to open invoices")).to_have_count(0)
    axe()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto("/payments/?tab=disputed")
    expect(page.get_by_role("link", name=payment.number)).to_be_visible()
    axe()
    page.goto(f"/invoices/{payment.invoice_id}/")
    expect(page.get_by_text("A payment of this invoice is disputed.")).to_be_visible()
    axe()
    decide(payment, "lost")
    page.reload()
    expect(page.get_by_text("Taken back", exact=True)).to_be_visible()
    axe()
    page.goto(f"/payments/{payment.pk}/")
    expect(page.get_by_text("The dispute was lost on")).to_be_visible()
    axe()


def test_the_customer_sees_what_was_given_back_and_pays_again(page, payment, axe):
    decide(payment, "lost")
    url = make_link(
        PortalLink.INVOICE,
        customer_id=payment.customer_id,
        document_id=payment.invoice_id,
        contact=None,
        by=None,
        at=NOW(),
        expires_at=NOW() + timedelta(days=1),
    )
    page.goto("/p/" + url.rpartition("/")[2])
    expect(page.get_by_text("Given back")).to_be_visible()
    expect(page.get_by_role("button", name="Pay by card")).to_be_visible()
    axe()
