"""Build a quote: its header, its lines, and the prices that follow."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max

from q2c.catalog.models import Product, ProductKind
from q2c.catalog.taxes import TaxTable
from q2c.customers.models import Address, Contact, Customer
from q2c.customers.portal import primary_contact
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.clock import day_in
from q2c.infra.locks import check_version, locked
from q2c.infra.numbers import next_number
from q2c.kernel.errors import NotAllowed, Refused
from q2c.kernel.money import round_amount
from q2c.kernel.periods import months_after
from q2c.kernel.tax import Place, tax_on
from quotes.events import QuoteCreated, QuoteEdited
from quotes.models import Price, PriceBook, Quote, QuoteLine
from quotes.queries import line_terms, list_price, quote_terms, visible_to
from quotes.rules.bundles import Option, choose
from quotes.rules.pricing import LineTerms, PricedLine, check_terms, price_quote
from quotes.rules.states import LIFECYCLE, QuoteState

HEADER = (
    "title",
    "term_months",
    "starts_on",
    "valid_until",
    "payment_terms_days",
    "discount_percent",
    "auto_renew",
    "notes",
    "contact_id",
)
LINE = ("quantity", "discount_percent", "description")
VALID_FOR = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class NewQuote:
    """What a new quote starts from; what is left out comes from the customer."""

    customer_id: int
    title: str = ""
    term_months: int = 12
    starts_on: date | None = None
    price_book_id: int | None = None


@transaction.atomic
def create_quote(new: NewQuote, *, by: User, at: datetime) -> Quote:
    """Start a draft for a customer, in their currency, from the first of the next month."""
    require(by, Permission.EDIT_QUOTES)
    customer = Customer.objects.select_related("legal_entity").filter(pk=new.customer_id).first()
    if customer is None:
        raise Refused("There is no such customer.", field="customer")
    entity = customer.legal_entity
    today = day_in(entity.time_zone, at)
    contact = primary_contact(customer)
    quote = Quote(
        number=next_number("Q", entity_id=entity.pk, year=today.year),
        customer=customer,
        contact=contact,
        legal_entity=entity,
        price_book=_price_book(customer, new.price_book_id),
        owner=by,
        title=new.title,
        currency=customer.currency,
        term_months=new.term_months,
        starts_on=new.starts_on or months_after(today.replace(day=1), 1),
        valid_until=today + VALID_FOR,
        payment_terms_days=customer.payment_terms_days,
        created_at=at,
    )
    check_terms(quote_terms(quote))
    quote.save()
    publish(QuoteCreated(at=at, quote_id=quote.pk), by=by, customer_id=customer.pk)
    return quote


@transaction.atomic
def change_quote(
    quote_id: int, changes: Mapping[str, Any], *, by: User, at: datetime, seen: int | None = None
) -> Quote:
    """Change fields of a draft's header; `seen` is the edit version the person looked at."""
    quote = _draft(quote_id, by=by, seen=seen)
    if unknown := set(changes) - set(HEADER):
        raise Refused(f"{', '.join(sorted(unknown))} cannot be changed.")
    before = {name: getattr(quote, name) for name in changes}
    for name, value in changes.items():
        setattr(quote, name, value)
    _check_header(quote)
    reprice(quote)
    changed = {n: [str(v), str(changes[n])] for n, v in before.items() if v != changes[n]}
    return _saved(quote, by=by, at=at, changes=changed)


@transaction.atomic
def add_line(
    quote_id: int,
    product_id: int,
    *,
    by: User,
    at: datetime,
    quantity: Decimal = Decimal(1),
    discount_percent: Decimal = Decimal(0),
    months: int | None = None,
    options: Mapping[int, Decimal] | None = None,
    seen: int | None = None,
) -> QuoteLine:
    """Add a product at the price book's list price; a bundle brings its chosen options.

    `options` maps products of the bundle to quantities a bundle; the rest take their defaults.
    Refuses inactive products and products without a price.
    """
    quote = _draft(quote_id, by=by, seen=seen)
    product = Product.objects.filter(pk=product_id).first()
    if product is None or not product.is_active:
        raise Refused("This product is no longer sold.", field="product")
    _check_quantity(quantity)
    position = (quote.lines.aggregate(last=Max("position"))["last"] or 0) + 1
    if product.kind == ProductKind.BUNDLE:
        line = _add_bundle(quote, product, quantity, options or {}, position, discount_percent)
    else:
        price = list_price(quote.price_book_id, product.pk, on=quote.starts_on, months=months)
        line = _line_at(quote, price, quantity, position, discount_percent=discount_percent)
        line.save()
    reprice(quote)
    _saved(quote, by=by, at=at, changes={"line": ["", line.description]})
    return QuoteLine.objects.get(pk=line.pk)


@transaction.atomic
def add_adjustment(
    quote_id: int,
    description: str,
    amount: Decimal,
    *,
    like: int,
    by: User,
    at: datetime,
) -> QuoteLine:
    """Add a negotiated adjustment as a line of its own: a signed amount a billing period.

    `like` is the line whose product, cadence and taxes it shares.
    """
    quote = _draft(quote_id, by=by, seen=None)
    model = quote.lines.filter(pk=like).first()
    if model is None or model.kind == ProductKind.BUNDLE:
        raise Refused("Choose the line that the adjustment belongs to.", field="like")
    if not amount or amount != round_amount(amount, quote.currency):
        raise Refused(f"Give an amount in {quote.currency}, not zero.", field="amount")
    position = (quote.lines.aggregate(last=Max("position"))["last"] or 0) + 1
    line = QuoteLine.objects.create(
        quote=quote,
        parent=model.parent,
        position=position,
        product=model.product,
        description=description[:300] or "Negotiated adjustment",
        kind=model.kind,
        charge_kind=model.charge_kind,
        months=model.months,
        in_advance=model.in_advance,
        charge_model="per_unit",
        unit="adjustment",
        tax_class=model.tax_class,
        revenue_pattern=model.revenue_pattern,
        quantity=Decimal(1),
        list_unit_price=amount,
        is_adjustment=True,
    )
    reprice(quote)
    _saved(quote, by=by, at=at, changes={"line": ["", line.description]})
    return QuoteLine.objects.get(pk=line.pk)


@transaction.atomic
def change_line(
    line_id: int, changes: Mapping[str, Any], *, by: User, at: datetime, seen: int | None = None
) -> QuoteLine:
    """Change a line's quantity, discount or description; options follow their bundle's quantity."""
    line = QuoteLine.objects.filter(pk=line_id).first()
    if line is None:
        raise Refused("This line was removed meanwhile.")
    quote = _draft(line.quote_id, by=by, seen=seen)
    if unknown := set(changes) - set(LINE):
        raise Refused(f"{', '.join(sorted(unknown))} cannot be changed on a line.")
    before = {name: getattr(line, name) for name in changes}
    if "quantity" in changes:
        _check_quantity(changes["quantity"])
        if line.kind == ProductKind.BUNDLE and line.quantity:
            factor = changes["quantity"] / line.quantity
            for child in line.children.all():
                child.quantity *= factor
                child.save(update_fields=["quantity"])
    for name, value in changes.items():
        setattr(line, name, value)
    line.save(update_fields=list(changes))
    if line.kind == ProductKind.BUNDLE and "discount_percent" in changes:
        line.children.update(discount_percent=changes["discount_percent"])
    reprice(quote)
    changed = {
        f"{line.description} {n}": [str(v), str(changes[n])]
        for n, v in before.items()
        if v != changes[n]
    }
    _saved(quote, by=by, at=at, changes=changed)
    return QuoteLine.objects.get(pk=line.pk)


@transaction.atomic
def remove_line(line_id: int, *, by: User, at: datetime, seen: int | None = None) -> Quote:
    """Take a line, and with a bundle all its options, off a draft."""
    line = QuoteLine.objects.filter(pk=line_id).first()
    if line is None:
        raise Refused("This line was removed already.")
    quote = _draft(line.quote_id, by=by, seen=seen)
    line.delete()
    reprice(quote)
    return _saved(quote, by=by, at=at, changes={"line": [line.description, ""]})


@transaction.atomic
def move_line(line_id: int, *, up: bool, by: User, at: datetime, seen: int | None = None) -> Quote:
    """Move a line (a bundle with its options) one place up or down."""
    line = QuoteLine.objects.filter(pk=line_id).first()
    if line is None:
        raise Refused("This line was removed meanwhile.")
    quote = _draft(line.quote_id, by=by, seen=seen)
    heads = list(quote.lines.filter(parent=line.parent_id).order_by("position"))
    here = next(i for i, head in enumerate(heads) if head.pk == line.pk)
    there = here + (-1 if up else 1)
    if 0 <= there < len(heads):
        heads[here], heads[there] = heads[there], heads[here]
        _renumber(quote, heads)
    return _saved(quote, by=by, at=at, changes={})


def price_lines(lines: list[QuoteLine], quote: Quote) -> list[PricedLine]:
    """Write the prices into the lines and the totals into the quote, without saving either."""
    priced, totals = price_quote([line_terms(line) for line in lines], quote_terms(quote))
    for line, price in zip(lines, priced, strict=True):
        line.list_per_period = price.list_per_period.amount
        line.net_per_period = price.net_per_period.amount
        line.contract_total = price.contract_total.amount
        line.trace = list(price.trace)
    quote.one_time_total = totals.one_time.amount
    quote.monthly_total = totals.monthly.amount
    quote.first_invoice_total = totals.first_invoice.amount
    quote.contract_total = totals.contract.amount
    quote.list_total = totals.list.amount
    quote.cost_total = totals.cost.amount
    return priced



def reprice(quote: Quote) -> None:
    """Price all lines anew and save them; the quote's totals are set, not saved."""
    lines = list(quote.lines.order_by("position"))
    priced = price_lines(lines, quote)
    QuoteLine.objects.bulk_update(
        lines, ["list_per_period", "net_per_period", "contract_total", "trace"], batch_size=500
    )
    quote.tax_on_first_invoice = _first_tax(quote, lines, priced)


def _first_tax(quote: Quote, lines: list[QuoteLine], priced: list[PricedLine]) -> Decimal:
    """The tax of the first invoice at the customer's place, rounded per rate; zero without one."""
    address = Address.objects.filter(customer_id=quote.customer_id, kind=Address.BILLING).first()
    if address is None:
        return Decimal(0)
    table, taxable = TaxTable.load(), {}
    for line, price in zip(lines, priced, strict=True):
        if not price.first_invoice:
            continue
        try:
            applied = table.decide(
                seller=Place(quote.legal_entity.country, quote.legal_entity.region),
                buyer=Place(address.country, address.region),
                buyer_has_tax_id=bool(quote.customer.tax_id),
                buyer_exempt=quote.customer.tax_exempt,
                tax_class=line.tax_class,
                on=quote.starts_on,
            )
        except Refused:
            return Decimal(0)  # the billing run will say so; a draft may wait for the rate
        taxable[applied] = taxable.get(applied, Decimal(0)) + price.first_invoice.amount
    return sum(
        (round_amount(tax_on(net, tax.percent), quote.currency) for tax, net in taxable.items()),
        Decimal(0),
    )


def _add_bundle(
    quote: Quote,
    bundle: Product,
    quantity: Decimal,
    chosen: Mapping[int, Decimal],
    position: int,
    discount_percent: Decimal,
) -> QuoteLine:
    rows = list(bundle.options.select_related("product"))
    options = [
        Option(o.product_id, o.product.name, o.min_quantity, o.max_quantity, o.default_quantity)
        for o in rows
    ]
    taken = choose(options, chosen)
    parent = QuoteLine.objects.create(
        quote=quote,
        position=position,
        product=bundle,
        description=bundle.name,
        kind=ProductKind.BUNDLE,
        charge_kind="one_time",
        charge_model="flat",
        unit=bundle.unit,
        tax_class=bundle.tax_class,
        revenue_pattern=bundle.revenue_pattern,
        quantity=quantity,
        list_unit_price=Decimal(0),
        discount_percent=discount_percent,
    )
    children = []
    for product_id, each in taken.items():
        price = list_price(quote.price_book_id, product_id, on=quote.starts_on)
        position += 1
        children.append(
            _line_at(
                quote,
                price,
                each * quantity,
                position,
                discount_percent=discount_percent,
                parent=parent,
            )
        )
    QuoteLine.objects.bulk_create(children)
    return parent


def _line_at(
    quote: Quote,
    price: Price,
    quantity: Decimal,
    position: int,
    *,
    discount_percent: Decimal,
    parent: QuoteLine | None = None,
) -> QuoteLine:
    product = price.product
    is_own_currency = product.cost_currency == quote.currency
    return QuoteLine(
        quote=quote,
        parent=parent,
        position=position,
        product=product,
        description=product.name,
        kind=product.kind,
        charge_kind=price.charge_kind,
        months=price.months,
        in_advance=price.in_advance,
        charge_model=price.charge_model,
        tiers=price.tiers,
        unit=product.unit,
        tax_class=product.tax_class,
        revenue_pattern=product.revenue_pattern,
        quantity=quantity,
        list_unit_price=price.unit_price,
        discount_percent=discount_percent,
        unit_cost=product.unit_cost if is_own_currency else Decimal(0),
    )


def _renumber(quote: Quote, heads: list[QuoteLine]) -> None:
    """Give the lines dense positions in the order of `heads`, each followed by its options."""
    everything = list(quote.lines.order_by("position"))
    moved = {head.pk: i for i, head in enumerate(heads)}
    ordered = sorted(
        (line for line in everything if line.parent_id is None),
        key=lambda line: (moved.get(line.pk, line.position), line.position),
    )
    flat = []
    for head in ordered:
        children = [line for line in everything if line.parent_id == head.pk]
        children.sort(key=lambda line: moved.get(line.pk, line.position))
        flat += [head, *children]
    for position, line in enumerate(flat, start=1):
        line.position = position
    QuoteLine.objects.bulk_update(flat, ["position"])


def _draft(quote_id: int, *, by: User, seen: int | None) -> Quote:
    require(by, Permission.EDIT_QUOTES)
    quote = locked(Quote, quote_id)
    if not visible_to(by).filter(pk=quote.pk).exists():
        raise NotAllowed("This quote belongs to a colleague.")
    if QuoteState(quote.state) is not QuoteState.DRAFT:
        LIFECYCLE.after(QuoteState(quote.state), "edit")
    check_version(quote.edit_version, seen)
    return quote


def _saved(quote: Quote, *, by: User, at: datetime, changes: Mapping[str, list[str]]) -> Quote:
    quote.edit_version += 1
    quote.save()
    if changes:
        publish(
            QuoteEdited(at=at, quote_id=quote.pk),
            by=by,
            customer_id=quote.customer_id,
            changes=changes,
        )
    return quote


def _check_header(quote: Quote) -> None:
    check_terms(quote_terms(quote))
    if not 0 <= quote.payment_terms_days <= 365:
        raise Refused("Payment terms lie between 0 and 365 days.", field="payment_terms_days")
    if quote.contact_id:
        contact = Contact.objects.filter(pk=quote.contact_id).first()
        if contact is None or contact.customer_id != quote.customer_id:
            raise Refused("That contact belongs to another customer.", field="contact_id")


def _check_quantity(quantity: Decimal) -> None:
    if not 0 < quantity <= Decimal(10) ** 9:
        raise Refused("A quantity lies above 0 and below a billion.", field="quantity")
    if quantity != round(quantity, 6):
        raise Refused("A quantity has at most six decimals.", field="quantity")


def _price_book(customer: Customer, price_book_id: int | None) -> PriceBook:
    books = PriceBook.objects.filter(is_active=True, currency=customer.currency)
    if price_book_id:
        books = books.filter(pk=price_book_id)
    book = books.order_by("pk").first()
    if book is None:
        raise Refused(
            f"There is no active price book in {customer.currency}, the customer's currency.",
            field="customer",
        )
    return book
