"""A dispute by the stand-in's own webhooks and a real worker, from the bank to finance's mail."""

import time
from datetime import date

import pytest
from django.utils import timezone

from billing.actions import cards, runs
from billing.models import Dispute, Invoice, Payment
from q2c import wiring
from q2c.identity.models import User
from q2c.infra import bus
from q2c.infra.models import Mail
from revenue.queries.checks import check_books
from tests.billing.factories import a_charge, a_customer
from tests.scenarios.test_disputes import lever, page_for, post

NOW = timezone.now


@pytest.mark.django_db(transaction=True)
def test_the_bank_takes_the_money_back_and_finance_hears_of_it(
    live_server, stripe_standin, celery_worker
):
    bus.connect(wiring.NOW, wiring.LATER)
    finance = User.objects.create_user("f@acme.example", full_name="F", role="finance")
    a_charge(a_customer())
    run = runs.start_run(on=date(2026, 1, 1), post=True, deliver=False, by=None, at=NOW())
    runs.work_off(run.pk, at=NOW())
    invoice = Invoice.objects.get()
    post(page_for(invoice), card="pm_card_visa", do="pay")

    def until(condition):
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline, celery_worker.log.read_text()[-3000:]
            time.sleep(0.1)

    until(lambda: Payment.objects.filter(state="succeeded").exists())
    intent = cards.reconcile(Payment.objects.get().pk, at=NOW()).stripe_intent
    for outcome, state in (("open", "open"), ("lost", "lost")):
        lever(stripe_standin, f"dispute/{intent}/{outcome}")
        until(lambda state=state: Dispute.objects.filter(state=state).exists())
    until(lambda: Mail.objects.filter(to=finance.email).exclude(sent_at=None).count() == 2)
    invoice.refresh_from_db()
    assert invoice.settled == 0
    assert check_books() == []
