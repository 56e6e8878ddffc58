"""The invoice and credit note as PDF, made once and kept."""

from datetime import datetime
from typing import Any

from django.utils import translation

from billing.models import Invoice
from q2c.infra.blobs import keep
from q2c.infra.models import Blob
from q2c.infra.pdf import render_pdf

LABELS: dict[str, dict[str, str]] = {
    "en": {
        "invoice": "Invoice",
        "credit_note": "Credit note",
        "number": "Number",
        "issued": "Date",
        "due": "Due",
        "customer": "Customer no.",
        "corrects": "Corrects invoice",
        "reason": "Reason",
        "your_tax_id": "Your tax ID",
        "our_tax_id": "Tax ID",
        "position": "No.",
        "description": "Description",
        "period": "Period",
        "quantity": "Quantity",
        "unit_price": "Unit price",
        "tax": "Tax",
        "amount": "Amount",
        "net": "Net amount",
        "taxable": "on",
        "total": "Total",
        "total_due": "Amount due",
        "total_credit": "Amount credited",
        "pay_by": "Please pay by",
        "pay_to": "Pay by bank transfer",
        "reference": "Payment reference",
        "account": "IBAN",
        "bank": "Bank",
        "credited": "The amount is set off against what is open, or paid back on request.",
        "page": "Page",
        "of": "of",
        "no_tax": "No tax",
        "charged_once": "once",
    },
    "de": {
        "invoice": "Rechnung",
        "credit_note": "Gutschrift",
        "number": "Nummer",
        "issued": "Datum",
        "due": "Fällig",
        "customer": "Kundennr.",
        "corrects": "Zu Rechnung",
        "reason": "Grund",
        "your_tax_id": "Ihre USt-IdNr.",
        "our_tax_id": "USt-IdNr.",
        "position": "Pos.",
        "description": "Beschreibung",
        "period": "Zeitraum",
        "quantity": "Menge",
        "unit_price": "Einzelpreis",
        "tax": "USt.",
        "amount": "Betrag",
        "net": "Nettobetrag",
        "taxable": "auf",
        "total": "Gesamtbetrag",
        "total_due": "Zu zahlen",
        "total_credit": "Gutgeschrieben",
        "pay_by": "Bitte zahlen Sie bis",
        "pay_to": "Zahlung per Überweisung",
        "reference": "Verwendungszweck",
        "account": "IBAN",
        "bank": "Bank",
        "credited": "Der Betrag wird mit offenen Posten verrechnet oder auf Wunsch ausgezahlt.",
        "page": "Seite",
        "of": "von",
        "no_tax": "Keine USt.",
        "charged_once": "einmalig",
    },
}
_TRACE_WORDS = {
    "de": {
        "negotiated adjustment": "vereinbarte Anpassung",
        "discount": "Rabatt",
        " days": " Tage",
    }
}


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
    """Render a posted document in its customer's language (English and German are there)."""
    language = invoice.buyer.get("language", "en")
    language = language if language in LABELS else "en"
    with translation.override(language):
        context = _context(invoice, language)
        return render_pdf(
            "documents/invoice.html", context, at=invoice.posted_at or invoice.created_at
        )


def _context(invoice: Invoice, language: str) -> dict[str, Any]:
    label = LABELS[language]
    return {
        "invoice": invoice,
        "is_credit": invoice.kind == Invoice.CREDIT_NOTE,
        "label": label,
        "language": language,
        "title": label[invoice.kind],
        "seller": invoice.seller,
        "buyer": invoice.buyer,
        "lines": [
            {"row": line, "trace": _trace(line.trace, language), "is_once": _is_once(line)}
            for line in invoice.lines.order_by("position")
        ],
        "taxes": invoice.taxes.order_by("id"),
        "notes": list(dict.fromkeys(invoice.taxes.exclude(note="").values_list("note", flat=True))),
    }


def _trace(trace: list[str], language: str) -> str:
    text = " ".join(trace)
    if text == "negotiated adjustment":
        return ""  # the description says it
    for english, translated in _TRACE_WORDS.get(language, {}).items():
        text = text.replace(english, translated)
    return text


def _is_once(line: Any) -> bool:
    return (line.period_end - line.period_start).days == 1
