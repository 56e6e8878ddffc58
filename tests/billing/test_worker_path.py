"""The whole way with a real Celery worker: due, billed, posted, rendered, mailed."""

import time

import pytest
from django.utils import timezone

from billing import tasks
from billing.models import BillingRun, Invoice
from q2c import wiring
from q2c.infra import bus
from q2c.infra.models import Mail
from q2c.kernel.periods import months_after
from tests.billing.factories import a_charge, a_customer


@pytest.mark.django_db(transaction=True)
def test_what_is_due_reaches_the_customer_by_itself(celery_worker):
    bus.connect(wiring.NOW, wiring.LATER)
    today = timezone.localdate()
    for _ in range(3):
        a_charge(a_customer(), starts_on=today, ends_on=months_after(today, 1))
    tasks.tick()
    deadline = time.monotonic() + 60
    while Mail.objects.exclude(sent_at=None).count() < 3:
        assert time.monotonic() < deadline, celery_worker.log.read_text()[-3000:]
        time.sleep(0.1)
    assert BillingRun.objects.get().finished_at
    for invoice in Invoice.objects.all():
        assert invoice.document_id
        mail = Mail.objects.get(document="invoice", document_id=invoice.pk)
        assert mail.to == invoice.buyer["email"]
        assert mail.attachments.get().blob_id == invoice.document_id
    tasks.tick()
    assert BillingRun.objects.count() == 1
