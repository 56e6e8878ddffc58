"""Invoices written by hand: draft, change, discard, post."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from billing.events import (
    InvoiceDraftDiscarded,
    InvoiceDrafted,
    InvoiceDraftEdited,
    InvoicesPosted,
)
from billing.models import Invoice, InvoiceLine, InvoiceTax
from billing.queries.lists import SERIES
from billing.queries.parties import Buyer, buyers, sellers
from billing.rules.invoicing import ZERO, tax_groups
from billing.rules.states import INVOICE_LIFECYCLE, InvoiceState
from q2c.catalog.models import Product
from q2c.catalog.taxes import AppliedTax, TaxTable
from q2c.customers.models import Customer
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.clock import day_in
from q2c.infra.locks import locked
from q2c.infra.numbers import next_number
from q2c.kernel.errors import Refused
from q2c.kernel.money import Money, minor_digits, round_amount
from q2c.kernel.rating import plain
from q2c.kernel.tax import Place


@dataclass(frozen=True)
class LineDraft:
    """One thing to invoice by hand; the price is per unit, in the invoice's currency."""

    product_id: int
    description: str
    quantity: Decimal
    unit_price: Decimal


@transaction.atomic
def draft_invoice(
    customer_id: int,
    lines: Sequence[LineDraft],
    *,
    note: str = "",
    by: User | None,
    at: datetime,
) -> Invoice:
    """Write a draft for a customer, in its currency, by its legal entity, taxed as of today.

    It has no number and binds nobody until it is posted. Refuses one without lines or below zero.
    """
    require(by, Permission.RUN_BILLING)
    customer = Customer.objects.select_related("legal_entity").get(pk=customer_id)
    on = day_in(customer.legal_entity.time_zone, at)
    invoice = Invoice(
        customer=customer,
        legal_entity=customer.legal_entity,
        currency=customer.currency,
        created_at=at,
        net=ZERO,
        tax=ZERO,
        total=ZERO,
    )
    _fill(invoice, lines, note=note, on=on)
    publish(InvoiceDrafted(at=at, invoice_id=invoice.pk), by=by, customer_id=customer_id)
    return invoice


@transaction.atomic
def change_draft(
    invoice_id: int,
    lines: Sequence[LineDraft],
    *,
    note: str = "",
    by: User | None,
    at: datetime,
) -> Invoice:
    """Replace what a draft says; a posted document is refused."""
    require(by, Permission.RUN_BILLING)
    invoice = _draft(invoice_id)
    before = (Money.rounded(invoice.total, invoice.currency), invoice.note)
    invoice.lines.all().delete()
    invoice.taxes.all().delete()
    _fill(invoice, lines, note=note, on=day_in(invoice.legal_entity.time_zone, at))
    after = (Money.rounded(invoice.total, invoice.currency), invoice.note)
    publish(
        InvoiceDraftEdited(at=at, invoice_id=invoice.pk),
        by=by,
        customer_id=invoice.customer_id,
        changes={
            name: [str(old), str(new)]
            for name, old, new in zip(("total", "note"), before, after, strict=True)
            if old != new
        },
    )
    return invoice


@transaction.atomic
def discard_draft(invoice_id: int, *, by: User | None, at: datetime) -> None:
    """Throw a draft away; it never had a number, so none is missing."""
    require(by, Permission.RUN_BILLING)
    invoice = _draft(invoice_id)
    total = str(Money.rounded(invoice.total, invoice.currency))
    publish(
        InvoiceDraftDiscarded(at=at, invoice_id=invoice_id),
        by=by,
        customer_id=invoice.customer_id,
        changes={"total": [total, None]},
    )
    invoice.delete()


@transaction.atomic
def post_invoice(invoice_id: int, *, by: User | None, at: datetime) -> Invoice:
    """Number and post a draft, dated and taxed today; from here it is final."""
    require(by, Permission.RUN_BILLING)
    invoice = _draft(invoice_id)
    lines = [
        LineDraft(line.product_id, line.description, line.quantity, line.unit_price)
        for line in invoice.lines.order_by("position")
    ]
    on = day_in(invoice.legal_entity.time_zone, at)
    if invoice.issued_on != on:
        invoice.lines.all().delete()
        invoice.taxes.all().delete()
        _fill(invoice, lines, note=invoice.note, on=on)
    invoice.state = INVOICE_LIFECYCLE.after(InvoiceState(invoice.state), "post").value
    invoice.posted_at = at
    invoice.number = next_number(
        SERIES[invoice.kind], entity_id=invoice.legal_entity_id, year=on.year
    )
    invoice.save(update_fields=["state", "posted_at", "number"])
    publish(
        InvoicesPosted(at=at, invoice_ids=(invoice.pk,)), by=by, customer_id=invoice.customer_id
    )
    return invoice


def _draft(invoice_id: int) -> Invoice:
    invoice = locked(Invoice, invoice_id)
    if invoice.state != InvoiceState.DRAFT:
        raise Refused(f"{invoice.number} is posted and cannot be changed. Credit it instead.")
    return invoice


def _fill(invoice: Invoice, lines: Sequence[LineDraft], *, note: str, on: date) -> None:
    if not lines:
        raise Refused("Add at least one line.", field="lines")
    buyer = buyers([invoice.customer_id])[invoice.customer_id]
    seller = sellers([invoice.legal_entity_id])[invoice.legal_entity_id]
    products = Product.objects.in_bulk([line.product_id for line in lines])
    taxes = TaxTable.load()
    taxed = [
        (line, _net(line, invoice.currency), _tax(taxes, seller.place, buyer, product, on=on))
        for line in lines
        for product in [products[line.product_id]]
    ]
    invoice.tax_rounding = seller.tax_rounding.value
    groups = tax_groups(
        [(net, tax) for _, net, tax in taxed],
        currency=invoice.currency,
        rounding=seller.tax_rounding,
    )
    invoice.net = sum((net for _, net, _ in taxed), ZERO)
    invoice.tax = sum((group.tax for group in groups), ZERO)
    invoice.total = invoice.net + invoice.tax
    if invoice.total < 0:
        raise Refused("An invoice cannot be negative. Credit an invoice instead.", field="lines")
    invoice.issued_on = on
    invoice.due_on = on + timedelta(days=invoice.customer.payment_terms_days)
    invoice.seller, invoice.buyer, invoice.note = seller.snapshot, buyer.snapshot, note.strip()
    invoice.save()
    InvoiceLine.objects.bulk_create(
        _row(invoice, position, line, net, tax, products[line.product_id])
        for position, (line, net, tax) in enumerate(taxed, start=1)
    )
    InvoiceTax.objects.bulk_create(
        InvoiceTax(invoice=invoice, **group._asdict()) for group in groups
    )


def _net(line: LineDraft, currency: str) -> Decimal:
    if line.quantity <= 0:
        raise Refused(f"“{line.description}” needs a quantity above zero.", field="lines")
    net = round_amount(line.quantity * line.unit_price, currency)
    if abs(net) >= Decimal(10) ** (13 - minor_digits(currency)):
        raise Refused(f"“{line.description}” is too large an amount.", field="lines")
    return net


def _tax(taxes: TaxTable, seller: Place, buyer: Buyer, product: Product, *, on: date) -> AppliedTax:
    if buyer.place is None:
        raise Refused(f"{buyer.name} has no billing address. Add one on the customer's page.")
    return taxes.decide(
        seller=seller,
        buyer=buyer.place,
        buyer_has_tax_id=buyer.has_tax_id,
        buyer_exempt=buyer.is_exempt,
        tax_class=product.tax_class,
        on=on,
    )


def _row(
    invoice: Invoice,
    position: int,
    line: LineDraft,
    net: Decimal,
    tax: AppliedTax,
    product: Product,
) -> InvoiceLine:
    return InvoiceLine(
        invoice=invoice,
        position=position,
        product=product,
        description=line.description,
        quantity=line.quantity,
        unit=product.unit,
        unit_price=line.unit_price,
        period_start=invoice.issued_on,
        period_end=invoice.issued_on + timedelta(days=1),
        net=net,
        tax_class=product.tax_class,
        tax_category=tax.category,
        tax_country=tax.country,
        tax_percent=tax.percent,
        revenue_pattern="point_in_time",
        trace=[f"{plain(line.quantity)} × {plain(line.unit_price)}"],
    )
