"""Invoices and credit notes for programs."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import serializers

from billing.actions import cards, credit_invoice
from billing.documents import invoice_pdf
from billing.models import Invoice, InvoiceLine, InvoiceTax
from billing.queries import lists
from q2c.api.fields import Amount, Id, Input, Plain
from q2c.api.filters import Filter, days, instants, number, one_of, search, text
from q2c.api.resources import Resource, download, verb
from q2c.identity.access import require
from q2c.identity.roles import Permission
from q2c.infra.jobs import enqueue
from q2c.kernel.errors import Refused

_FIELDS = [
    "id", "number", "kind", "state", "status", "customer_id", "legal_entity_id", "contract_id",
    "corrects_id", "run_id", "currency", "issued_on", "due_on", "net", "tax", "total",
    "tax_rounding", "settled", "posted_at", "created_at",
]  # fmt: skip


class InvoiceSummarySerializer(serializers.ModelSerializer):
    """An invoice or credit note; a credit note's amounts are positive.

    `status` is the word people use: draft, open, partly_paid, overdue, paid or credit_note.
    """

    customer_id = serializers.IntegerField()
    legal_entity_id = serializers.IntegerField()
    corrects_id = serializers.IntegerField(allow_null=True)
    run_id = serializers.IntegerField(allow_null=True)
    status = serializers.CharField()
    net = Amount()
    tax = Amount()
    total = Amount()
    settled = Amount()

    class Meta:
        model = Invoice
        fields = _FIELDS
        read_only_fields = fields


class InvoiceLineSerializer(serializers.ModelSerializer):
    """A line covers the days from `period_start` up to, not including, `period_end`."""

    product_id = serializers.IntegerField()
    credits_line_id = serializers.IntegerField(allow_null=True)
    quantity = Plain()
    unit_price = Plain()
    discount_percent = Plain()
    tax_percent = Plain()
    net = Amount(currency="invoice.currency")

    class Meta:
        model = InvoiceLine
        fields = [
            "id", "position", "product_id", "contract_id", "description", "quantity", "unit",
            "unit_price", "discount_percent", "period_start", "period_end", "net", "tax_category",
            "tax_percent", "credits_line_id",
        ]  # fmt: skip
        read_only_fields = fields


class InvoiceTaxSerializer(serializers.ModelSerializer):
    """The tax of one category (EN 16931) and rate."""

    percent = Plain()
    taxable = Amount(currency="invoice.currency")
    tax = Amount(currency="invoice.currency")

    class Meta:
        model = InvoiceTax
        fields = ["category", "country", "percent", "taxable", "tax", "note"]
        read_only_fields = fields


class InvoiceSerializer(InvoiceSummarySerializer):
    """An invoice with its parties, lines and taxes."""

    seller = serializers.DictField()
    buyer = serializers.DictField()
    lines = InvoiceLineSerializer(many=True)
    taxes = InvoiceTaxSerializer(many=True)

    class Meta(InvoiceSummarySerializer.Meta):
        fields = [*_FIELDS, "seller", "buyer", "note", "reason", "lines", "taxes"]
        read_only_fields = fields


class CreditLineInput(Input):
    line_id = Id()
    net = serializers.DecimalField(max_digits=19, decimal_places=4)


class CreditInput(Input):
    """Which lines to credit, with how much net each; all that is left, when there are none."""

    lines = CreditLineInput(many=True, required=False)
    reason = serializers.CharField(max_length=2000)


def _status() -> Filter:
    words = ["credits", "draft", "open", "overdue", "paid"]
    read = one_of("status", words)

    def narrow(rows: QuerySet[Invoice], asked: list[str]) -> QuerySet[Invoice]:
        found = [lists.in_tab(rows, tab, on=timezone.localdate()) for tab in asked]
        kept = found[0]
        for more in found[1:]:
            kept = kept | more
        return kept

    return Filter("", read.read, read.schema, narrow=narrow)


class Invoices(Resource):
    """Invoices and credit notes, the newest first."""

    scope = "invoices"
    permission = Permission.VIEW_INVOICES
    order = ("-issued_on", "-id")
    serializer_class = InvoiceSerializer
    summary_class = InvoiceSummarySerializer
    filters = {
        "q": search(lists.matching),
        "number": text("number"),
        "status": _status(),
        "kind": one_of("kind", [Invoice.INVOICE, Invoice.CREDIT_NOTE]),
        "customer_id": number("customer_id"),
        "legal_entity_id": number("legal_entity_id"),
        "contract_id": number("contract_id"),
        "run_id": number("run_id"),
        "currency": text("currency"),
        "issued_on": days("issued_on"),
        "due_on": days("due_on"),
        "created": instants("created_at"),
    }

    def rows(self) -> QuerySet[Invoice]:
        found = Invoice.objects.defer("seller", "buyer")
        return lists.with_status(found, on=timezone.localdate())

    def whole(self, rows: QuerySet[Invoice]) -> QuerySet[Invoice]:
        return rows.defer(None).prefetch_related("lines", "taxes")

    @download("application/pdf")
    def pdf(self, invoice: Invoice) -> Any:
        """Get the PDF of a posted document, byte for byte as it was mailed."""
        return invoice_pdf(invoice, at=self.at).content if invoice.posted_at else None

    @verb("invoices:write", takes=CreditInput, status=201)
    def credit(self, invoice: Invoice, data: dict[str, Any]) -> int:
        """Credit some or all of a posted invoice; the credit note is the answer."""
        lines = {line["line_id"]: line["net"] for line in data.get("lines", ())} or None
        note = credit_invoice(
            invoice.pk, lines=lines, reason=data["reason"], by=self.by, at=self.at
        )
        return note.pk

    @verb("payments:write", status=202)
    def pay(self, invoice: Invoice) -> None:
        """Charge the customer's saved card for what is open.

        A worker asks the card's bank; `payments?invoice_id=…` then shows how it went.
        """
        require(self.by, Permission.RECORD_PAYMENTS)
        if invoice.state != "posted" or invoice.kind != Invoice.INVOICE:
            raise Refused("Only a posted invoice can be paid.")
        if invoice.settled == invoice.total:
            raise Refused("Nothing of this invoice is open.")
        if cards.default_card(invoice.customer) is None:
            raise Refused("The customer has no saved card that may be charged without asking.")
        tries = invoice.payment_attempts.exclude(state__in=cards.OPEN).count()
        key, payload = f"{invoice.pk}:asked:{tries}", {"invoice_id": invoice.pk}
        enqueue(cards.AUTOPAY_JOB, key=key, payload=payload, at=self.at, queue="money")
