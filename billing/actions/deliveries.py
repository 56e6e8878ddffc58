"""Get posted documents to the customer: a PDF kept for good, an e-mail with a private link."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import translation

from billing.documents import invoice_pdf
from billing.models import Invoice
from billing.rules.states import InvoiceState
from q2c.customers.models import Customer
from q2c.customers.portal import make_link, primary_contact
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.jobs import enqueue_many
from q2c.infra.locks import locked
from q2c.infra.mail import compose
from q2c.infra.models import Mail
from q2c.kernel.errors import Refused

DELIVERY_JOB = "billing.deliver_invoice"
LINK_LIVES_ON = timedelta(days=30)  # after the due date


def enqueue_deliveries(invoice_ids: Sequence[int], *, at: datetime) -> int:
    """Ask for one delivery a document, once; runs that were started without mail are left out."""
    wanted = Invoice.objects.filter(Q(run=None) | Q(run__deliver=True), pk__in=invoice_ids)
    ids = list(wanted.order_by("pk").values_list("pk", flat=True))
    enqueue_many(DELIVERY_JOB, [(str(pk), {"invoice_id": pk}) for pk in ids], at=at, queue="pdf")
    return len(ids)


@transaction.atomic
def deliver_invoice(invoice_id: int, *, at: datetime) -> Mail | None:
    """Render, keep and mail a posted document; None when it was mailed before."""
    invoice = locked(Invoice, invoice_id)
    return _mail(invoice, cause=f"invoice:{invoice.pk}", by=None, at=at)


@transaction.atomic
def send_again(invoice_id: int, *, by: User | None, at: datetime) -> Mail:
    """Mail a posted document once more, with a fresh link; at most once a minute."""
    require(by, Permission.RUN_BILLING)
    invoice = locked(Invoice, invoice_id)
    mail = _mail(invoice, cause=f"invoice:{invoice.pk}:again:{at:%Y%m%d%H%M}", by=by, at=at)
    if mail is None:
        raise Refused("It was sent again less than a minute ago.")
    return mail


def _mail(invoice: Invoice, *, cause: str, by: User | None, at: datetime) -> Mail | None:
    if invoice.state != InvoiceState.POSTED:
        raise Refused("A draft cannot be sent. Post it first.")
    if Mail.objects.filter(cause=cause).exists():
        return None
    customer = Customer.objects.get(pk=invoice.customer_id)
    contact = primary_contact(customer)
    blob = invoice_pdf(invoice, at=at)
    due = datetime.combine(invoice.due_on, time(), tzinfo=UTC)
    link = make_link(
        "invoice",
        customer_id=invoice.customer_id,
        document_id=invoice.pk,
        contact=contact,
        by=by,
        at=at,
        expires_at=max(due, at) + LINK_LIVES_ON,
    )
    with translation.override(customer.language):
        return compose(
            "invoice_credit_note" if invoice.kind == Invoice.CREDIT_NOTE else "invoice_new",
            {"invoice": invoice, "customer": customer, "contact": contact, "link": link},
            cause=cause,
            to=customer.email,
            to_name=customer.legal_name,
            at=at,
            document="invoice",
            document_id=invoice.pk,
            customer_id=customer.pk,
            attachments=[(f"{invoice.number}.pdf", blob)],
        )
