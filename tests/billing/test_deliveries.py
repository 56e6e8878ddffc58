"""From posted to the customer's inbox: once, with the PDF and a private link."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader

from billing.actions.credits import credit_invoice
from billing.actions.deliveries import deliver_invoice, enqueue_deliveries, send_again
from billing.actions.invoices import LineDraft, draft_invoice
from billing.actions.runs import start_run, work_off
from billing.documents import invoice_pdf
from billing.models import Invoice
from q2c.customers.models import PortalLink
from q2c.infra.models import Job, Mail
from q2c.kernel.errors import NotAllowed, Refused

AT = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)


def bill(on=date(2026, 1, 31), **options):
    run = start_run(on=on, post=True, by=None, at=AT, **options)
    return work_off(run.pk, at=AT)


@pytest.fixture
def invoice(customer, make_charge):
    make_charge(customer, ends_on=date(2026, 1, 18), discount_percent=Decimal(10))
    make_charge(customer, net_per_period=Decimal(-3), is_adjustment=True, description="Loyalty")
    bill()
    return Invoice.objects.get()


def words(content: bytes) -> str:
    pages = PdfReader(BytesIO(content)).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


def test_the_pdf_says_who_what_when_and_why(invoice):
    text = words(bytes(invoice_pdf(invoice, at=AT).content))
    for expected in (
        "Invoice INV-2026-000001", "Acme Deutschland GmbH", "DE136695976",
        invoice.buyer["name"], "20095 Hamburg", "10 × 5 − 10 % discount", "17 of 31 days × 50.00 = 27.42",
        "Loyalty", "-3.00", "27.42", "Tax 19 % DE on 24.42 EUR", "4.64 EUR", "29.06 EUR",
        "Please pay by 2 Mar 2026", "DE89 3704 0044 0532 0130 00", "Page 1 of 1",
    ):  # fmt: skip
        assert expected in text, expected


def test_the_pdf_is_kept_and_stays_the_same(invoice):
    first = invoice_pdf(invoice, at=AT)
    again = invoice_pdf(Invoice.objects.get(), at=AT + timedelta(days=9))
    assert first.sha256 == again.sha256 == Invoice.objects.get().document_id


def test_a_german_customer_gets_a_german_invoice(make_customer, make_charge):
    make_charge(make_customer(language="de"), net_per_period=Decimal("1234.5"))
    bill()
    text = words(bytes(invoice_pdf(Invoice.objects.get(), at=AT).content))
    assert "Rechnung INV-2026-000001" in text
    assert "1.469,06 EUR" in text
    deliver_invoice(Invoice.objects.get().pk, at=AT)
    assert Mail.objects.get().subject == "Rechnung INV-2026-000001 über 1.469,06 EUR"


def test_reverse_charge_is_explained(make_customer, make_charge):
    make_charge(make_customer(country="FR", tax_id="FR40303265045"))
    bill()
    invoice = Invoice.objects.get()
    assert (invoice.tax, invoice.taxes.get().category) == (0, "AE")
    assert "Reverse charge" in words(bytes(invoice_pdf(invoice, at=AT).content))


def test_a_name_with_markup_is_printed_not_run(make_customer, make_charge):
    make_charge(make_customer(legal_name='<img src="file:///etc/passwd"> & Sons'))
    bill()
    text = words(bytes(invoice_pdf(Invoice.objects.get(), at=AT).content))
    assert '<img src="file:///etc/passwd"> & Sons' in text


def test_sixty_lines_repeat_the_head_and_number_the_pages(make_customer, make_charge):
    customer = make_customer()
    for number in range(60):
        make_charge(customer, description=f"Service {number}")
    bill()
    content = bytes(invoice_pdf(Invoice.objects.get(), at=AT).content)
    pages = [page.extract_text() for page in PdfReader(BytesIO(content)).pages]
    assert len(pages) >= 3
    for number, page in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in page
    assert all("Unit price" in page for page in pages[:-1])


def test_it_is_mailed_once_with_the_pdf_and_a_link_that_ends(invoice, customer):
    mail = deliver_invoice(invoice.pk, at=AT)
    assert deliver_invoice(invoice.pk, at=AT) is None
    assert (mail.to, mail.subject) == (customer.email, "Invoice INV-2026-000001 for 29.06 EUR")
    assert mail.attachments.get().name == "INV-2026-000001.pdf"
    assert re.search(r"/p/[\w-]{43}\n", mail.text)
    link = PortalLink.objects.get()
    assert (link.purpose, link.document_id) == ("invoice", invoice.pk)
    assert link.expires_at == datetime(2026, 4, 1, tzinfo=UTC)  # thirty days after it is due


def test_sending_again_makes_a_second_mail_not_two(invoice, finance, rep):
    deliver_invoice(invoice.pk, at=AT)
    send_again(invoice.pk, by=finance, at=AT)
    with pytest.raises(Refused, match="less than a minute ago"):
        send_again(invoice.pk, by=finance, at=AT)
    with pytest.raises(NotAllowed):
        send_again(invoice.pk, by=rep, at=AT + timedelta(minutes=5))
    assert Mail.objects.count() == 2


def test_a_draft_is_never_sent(customer, product, finance):
    line = LineDraft(product.pk, "Training", Decimal(1), Decimal(5))
    draft = draft_invoice(customer.pk, [line], by=finance, at=AT)
    with pytest.raises(Refused, match="draft cannot be sent"):
        deliver_invoice(draft.pk, at=AT)


def test_a_credit_note_says_what_it_corrects(invoice, finance):
    note = credit_invoice(invoice.pk, reason="Outage in January", by=finance, at=AT)
    text = words(bytes(invoice_pdf(note, at=AT).content))
    for expected in ("Credit note CN-2026-000001", "INV-2026-000001", "Outage in January"):
        assert expected in text
    assert deliver_invoice(note.pk, at=AT).subject == "Credit note CN-2026-000001 for 29.06 EUR"


def test_a_run_without_mail_asks_for_no_delivery(customer, make_charge):
    make_charge(customer)
    bill(deliver=False)
    ids = [Invoice.objects.get().pk]
    assert enqueue_deliveries(ids, at=AT) == 0
    assert not Job.objects.exists()


def test_each_document_is_asked_for_once(invoice):
    for _ in range(2):
        assert enqueue_deliveries([invoice.pk], at=AT) == 1
    assert Job.objects.filter(kind="billing.deliver_invoice", queue="pdf").count() == 1
