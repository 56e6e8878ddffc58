"""The invoice and credit note as PDF, made once and kept."""

from datetime import datetime
from typing import Any

from django.utils import translation
from django.utils.translation import pgettext

from billing.models import Invoice, InvoiceLine
from q2c.infra.blobs import keep
from q2c.infra.models import Blob
from q2c.infra.pdf import render_pdf
from q2c.web.retelling import retold, told


def invoice_pdf(invoice: Invoice, *, at: datetime) -> Blob:
    """Return the document's PDF, rendered on the first call and the same bytes ever after."""
    if invoice.document is not None:
        return invoice.document
    blob = keep(render_invoice(invoice), media_type="application/pdf", at=at)
    Invoice.objects.filter(pk=invoice.pk, document=None).update(document=blob)
    invoice.refresh_from_db(fields=["document"])
    assert invoice.document is not None, "set a line above"
    return invoice.document


def render_invoice(invoice: Invoice) -> bytes:
    """Render a posted document in its customer's language."""
    language = invoice.buyer.get("language", "en")
    with translation.override(language):
        context = _context(invoice, language)
        return render_pdf(
            "documents/invoice.html", context, at=invoice.posted_at or invoice.created_at
        )


def _context(invoice: Invoice, language: str) -> dict[str, Any]:
    label = _labels()
    return {
        "invoice": invoice,
        "is_credit": invoice.kind == Invoice.CREDIT_NOTE,
        "label": label,
        "language": language,
        "title": label[invoice.kind],
        "seller": invoice.seller,
        "buyer": invoice.buyer,
        "lines": [
            {"row": line, "trace": _why(line), "is_once": _is_once(line)}
            for line in invoice.lines.order_by("position")
        ],
        "taxes": invoice.taxes.order_by("id"),
        "notes": [
            retold(note)
            for note in dict.fromkeys(invoice.taxes.exclude(note="").values_list("note", flat=True))
        ],
        "reason": retold(invoice.reason),
    }


def _labels() -> dict[str, str]:
    """Return what stands beside the figures, in the language in force."""
    return {
        "invoice": pgettext("invoice", "Invoice"),
        "credit_note": pgettext("invoice", "Credit note"),
        "number": pgettext("invoice", "Number"),
        "issued": pgettext("invoice", "Date"),
        "due": pgettext("invoice", "Due"),
        "customer": pgettext("invoice", "Customer no."),
        "corrects": pgettext("invoice", "Corrects invoice"),
        "reason": pgettext("invoice", "Reason"),
        "your_tax_id": pgettext("invoice", "Your tax ID"),
        "our_tax_id": pgettext("invoice", "Tax ID"),
        "position": pgettext("invoice", "No."),
        "description": pgettext("invoice", "Description"),
        "period": pgettext("invoice", "Period"),
        "quantity": pgettext("invoice", "Quantity"),
        "unit_price": pgettext("invoice", "Unit price"),
        "tax": pgettext("invoice", "Tax"),
        "amount": pgettext("invoice", "Amount"),
        "net": pgettext("invoice", "Net amount"),
        "taxable": pgettext("invoice", "on"),
        "total_due": pgettext("invoice", "Amount due"),
        "total_credit": pgettext("invoice", "Amount credited"),
        "pay_by": pgettext("invoice", "Please pay by"),
        "pay_to": pgettext("invoice", "Pay by bank transfer"),
        "reference": pgettext("invoice", "Payment reference"),
        "account": pgettext("invoice", "IBAN"),
        "credited": pgettext(
            "invoice", "The amount is set off against what is open, or paid back on request."
        ),
        "page": pgettext("invoice", "Page"),
        "of": pgettext("invoice", "of"),
    }


def _why(line: InvoiceLine) -> str:
    # Of an adjustment the description says it.
    return "" if line.trace == ["negotiated adjustment"] else told(line.trace)


def _is_once(line: Any) -> bool:
    return (line.period_end - line.period_start).days == 1
