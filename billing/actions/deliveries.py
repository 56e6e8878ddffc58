"""Get posted documents to the customer: a PDF kept for good, an e-mail with a private link."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from billing.models import Invoice
from q2c.infra.jobs import enqueue_many

DELIVERY_JOB = "billing.deliver_invoice"


def enqueue_deliveries(invoice_ids: Sequence[int], *, at: datetime) -> int:
    """Ask for one delivery a document, once; runs that were started without mail are left out."""
    wanted = Invoice.objects.filter(Q(run=None) | Q(run__deliver=True), pk__in=invoice_ids)
    ids = list(wanted.order_by("pk").values_list("pk", flat=True))
    enqueue_many(
        DELIVERY_JOB, [(str(pk), {"invoice_id": pk}) for pk in ids], at=at, queue="pdf"
    )
    return len(ids)
