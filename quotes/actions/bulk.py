"""Bring in quotes that were accepted elsewhere, by set and with COPY, at our own prices."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from q2c.catalog.bundles import bundle_trees
from q2c.catalog.models import Product, ProductKind
from q2c.catalog.queries import Costs
from q2c.catalog.rules.configuring import configure
from q2c.catalog.rules.sale import check_on_sale
from q2c.customers.models import Customer
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.copy import copy_rows, take_ids
from q2c.kernel.errors import Refused
from quotes.actions.adjusting import adjustment_like
from quotes.actions.bundling import line_at
from quotes.actions.configuring import chosen_of, take_off_in_bundle
from quotes.actions.drafting import take_quote_numbers
from quotes.actions.repricing import price_lines
from quotes.actions.sealing import content_of, in_full
from quotes.events import QuotesBroughtIn
from quotes.models import Acceptance, Price, Quote, QuoteLine
from quotes.rules.content import content_hash
from quotes.rules.states import QuoteState

_QUOTE = [field.attname for field in Quote._meta.concrete_fields]
_LINE = [field.attname for field in QuoteLine._meta.concrete_fields]
_ACCEPTANCE = [
    "quote_id", "contact_id", "name", "signature_kind", "signature", "consent", "content_hash",
    "document_id", "accepted_at", "user_agent",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class AcceptedLineInput:
    """A product taken, the option of a bundle, or a negotiated adjustment.

    `bundle` and `like` are places in the row's lines, from 0: an option names its bundle, an
    adjustment (with a signed `amount` a billing period) the line it is billed like.
    """

    product_id: int
    quantity: Decimal = Decimal(1)
    discount_percent: Decimal = Decimal(0)
    months: int | None = None
    description: str = ""
    bundle: int | None = None
    like: int | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class AcceptedQuoteInput:
    """A quote as it was agreed. `external_ref` makes it come in once; prices hold on `priced_on`.

    The currency is the price book's and the customer's.
    """

    external_ref: str
    customer_id: int
    legal_entity_id: int
    owner_id: int
    price_book_id: int
    term_months: int
    starts_on: date
    accepted_by: str
    accepted_at: datetime
    lines: tuple[AcceptedLineInput, ...]
    contact_id: int | None = None
    title: str = ""
    payment_terms_days: int = 30
    discount_percent: Decimal = Decimal(0)
    auto_renew: bool = True
    notes: str = ""
    priced_on: date | None = None


@transaction.atomic
def bring_in_accepted_quotes(
    rows: Sequence[AcceptedQuoteInput], *, by: User | None, at: datetime
) -> list[int]:
    """Create the accepted quotes whose reference is new; return all ids in the order given.

    The same pricing rules hold as in the browser; any bad row refuses the whole set, naming its
    reference. What was accepted is kept as its canonical text, whose hash is the content hash.
    QuoteAccepted is not published: the caller draws up contracts by set.
    """
    require(by, Permission.EDIT_QUOTES)
    _one_at_a_time()
    references = [row.external_ref for row in rows]
    if len(set(references)) < len(references):
        raise Refused("Each quote brought in needs an external reference of its own.")
    known = _known(references)
    fresh = [row for row in rows if row.external_ref not in known]
    if fresh:
        made = _made(fresh, _Shelf(fresh))
        _write(fresh, made, at=at)
        ids = tuple(quote.pk for quote, _ in made)
        publish(QuotesBroughtIn(at=at, quote_ids=ids), by=by)
        known |= dict(zip((row.external_ref for row in fresh), ids, strict=True))
    return [known[reference] for reference in references]


class _Shelf:
    """Customers, products, bundles and prices that the rows use, read once."""

    def __init__(self, rows: Sequence[AcceptedQuoteInput]) -> None:
        wanted = {line.product_id for row in rows for line in row.lines}
        self.products = Product.objects.in_bulk(wanted)
        self.costs = Costs(wanted)
        wanted_by = {row.customer_id for row in rows}
        self.customers = Customer.objects.in_bulk(wanted_by)
        held = [pk for pk, product in self.products.items() if product.kind == ProductKind.BUNDLE]
        self.trees = bundle_trees(held)
        self._prices: dict[tuple[int, int], list[Price]] = {}
        books = {row.price_book_id for row in rows}
        prices = Price.objects.filter(product_id__in=wanted, price_book_id__in=books)
        for price in prices.select_related("product", "price_book").order_by(
            "months", "-starts_on"
        ):
            key = (price.price_book_id, price.product_id)
            self._prices.setdefault(key, []).append(price)

    def price(self, book_id: int, line: AcceptedLineInput, on: date) -> Price:
        for price in self._prices.get((book_id, line.product_id), ()):
            is_meant = line.months is None or price.months == line.months
            if is_meant and price.starts_on <= on and (price.ends_on is None or on < price.ends_on):
                return price
        name = self.products[line.product_id].name if line.product_id in self.products else ""
        raise Refused(
            f"The price book has no price for {name or f'product {line.product_id}'} on "
            f"{on:%d %b %Y}."
        )


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('bring_in_accepted_quotes'))")


def _known(references: Sequence[str]) -> dict[str, int]:
    found = Quote.objects.filter(external_ref__in=references)
    return {ref: pk for ref, pk in found.values_list("external_ref", "pk") if ref is not None}


def _made(rows: Sequence[AcceptedQuoteInput], shelf: _Shelf) -> list[tuple[Quote, list[QuoteLine]]]:
    numbers = _numbers(rows)
    quote_ids = take_ids(Quote._meta.db_table, len(rows))
    line_ids = iter(take_ids(QuoteLine._meta.db_table, sum(len(row.lines) for row in rows)))
    made = []
    for row, number, pk in zip(rows, numbers, quote_ids, strict=True):
        try:
            quote = _quote(row, pk, number, shelf)
            lines = _lines(row, quote, shelf, line_ids)
            price_lines(lines, quote)
        except Refused as refusal:
            words = f"{row.external_ref}: {refusal.message}"
            raise Refused(words, field=refusal.field) from None
        made.append((quote, lines))
    return made


def _numbers(rows: Sequence[AcceptedQuoteInput]) -> list[str]:
    """Number each quote in the year in which it was accepted."""
    counts = Counter(row.accepted_at.year for row in rows)
    series = {
        year: iter(take_quote_numbers(count, year=year)) for year, count in sorted(counts.items())
    }
    return [next(series[row.accepted_at.year]) for row in rows]


def _quote(row: AcceptedQuoteInput, pk: int, number: str, shelf: _Shelf) -> Quote:
    if not row.lines or not row.accepted_by.strip():
        raise Refused("An accepted quote has lines and somebody who accepted it.")
    same = ("customer_id", "legal_entity_id", "owner_id", "price_book_id", "contact_id", "title")
    terms = ("term_months", "starts_on", "payment_terms_days", "discount_percent", "auto_renew")
    return Quote(
        **{name: getattr(row, name) for name in (*same, *terms, "notes", "external_ref")},
        id=pk,
        number=number,
        state=QuoteState.ACCEPTED.value,
        currency=_currency(row, shelf),
        language=shelf.customers[row.customer_id].language,
        valid_until=max(row.starts_on, row.accepted_at.date()),
        created_at=row.accepted_at,
        sent_at=row.accepted_at,
        decided_at=row.accepted_at,
    )


def _currency(row: AcceptedQuoteInput, shelf: _Shelf) -> str:
    """Return the price book's currency, which must be the customer's."""
    on, customer = row.priced_on or row.starts_on, shelf.customers.get(row.customer_id)
    if customer is None:
        raise Refused(f"There is no customer {row.customer_id}.")
    for line in row.lines:
        product = shelf.products.get(line.product_id)
        if product is None:
            raise Refused(f"There is no product {line.product_id}.")
        if product.kind != ProductKind.BUNDLE:
            book = shelf.price(row.price_book_id, line, on).price_book
            if book.currency != customer.currency:
                raise Refused(
                    f"{customer.legal_name} is billed in {customer.currency}, and {book} is in "
                    f"{book.currency}. A quote is in its customer's currency."
                )
            return book.currency
    raise Refused("Choose at least one option of the bundle.")


def _lines(
    row: AcceptedQuoteInput, quote: Quote, shelf: _Shelf, ids: Iterator[int]
) -> list[QuoteLine]:
    made: list[QuoteLine] = []
    for position, given in enumerate(row.lines, start=1):
        line = _line(row, given, made, quote, shelf)
        line.pk, line.quote_id, line.position = next(ids), quote.pk, position
        line.parent_id = None if given.bundle is None else made[given.bundle].pk
        made.append(line)
    for line in made:
        if line.kind == ProductKind.BUNDLE and line.parent_id is None:
            _check_bundle(line, made, shelf)
    return made


def _check_bundle(head: QuoteLine, lines: list[QuoteLine], shelf: _Shelf) -> None:
    """Hold a bundle to its options, and give them the bundle's discounts."""
    assert head.product_id is not None, "a bundle is a product"
    tree = shelf.trees[head.product_id]
    chosen = chosen_of(head, lines, tree)
    taken = configure(tree, chosen, quantity=head.quantity).checked()
    take_off_in_bundle(head, lines, taken)


def _line(
    row: AcceptedQuoteInput,
    given: AcceptedLineInput,
    before: list[QuoteLine],
    quote: Quote,
    shelf: _Shelf,
) -> QuoteLine:
    if given.amount is not None:
        if given.like is None:
            raise Refused("An adjustment names the line that it is billed like.")
        like = before[given.like]
        return adjustment_like(like, amount=given.amount, description=given.description)
    product, on = shelf.products.get(given.product_id), row.priced_on or row.starts_on
    if product is not None:
        # What is no longer offered may have been sold then; its days say so.
        days = {"starts_on": product.starts_on, "ends_on": product.ends_on}
        check_on_sale(product.name, is_active=True, on=on, **days)
        if product.kind == ProductKind.BUNDLE:
            return _bundle(given, product)
    price = shelf.price(row.price_book_id, given, on)
    line = line_at(price, quote, given.quantity, 0, costs=shelf.costs)
    line.discount_percent = given.discount_percent
    line.description = given.description or line.description
    return line


def _bundle(given: AcceptedLineInput, product: Product) -> QuoteLine:
    return QuoteLine(
        product=product,
        description=given.description or product.name,
        kind=ProductKind.BUNDLE,
        charge_kind="one_time",
        charge_model="flat",
        unit=product.unit,
        tax_class=product.tax_class,
        revenue_pattern=product.revenue_pattern,
        quantity=given.quantity,
        list_unit_price=Decimal(0),
        discount_percent=Decimal(0),
    )


def _write(
    rows: Sequence[AcceptedQuoteInput],
    made: Sequence[tuple[Quote, list[QuoteLine]]],
    *,
    at: datetime,
) -> None:
    blobs, acceptances = [], []
    for row, (quote, lines) in zip(rows, made, strict=True):
        quote.proration = in_full(quote.proration)
        text = content_of(quote, lines)
        quote.content_hash = quote.document_id = content_hash(text)
        blobs.append([quote.document_id, f"\\x{text.hex()}", "application/json", len(text), at])
        acceptances.append(_acceptance(row, quote))
    copy_rows("infra_blob", ["sha256", "content", "media_type", "size", "created_at"], blobs)
    copy_rows(Quote._meta.db_table, _QUOTE, (_row(quote, _QUOTE) for quote, _ in made))
    every_line = (line for _, lines in made for line in lines)
    copy_rows(QuoteLine._meta.db_table, _LINE, (_row(line, _LINE) for line in every_line))
    copy_rows(Acceptance._meta.db_table, _ACCEPTANCE, acceptances)


def _row(model: Quote | QuoteLine, columns: Sequence[str]) -> list[Any]:
    values = [getattr(model, column) for column in columns]
    return [json.dumps(value) if isinstance(value, list | dict) else value for value in values]


def _acceptance(row: AcceptedQuoteInput, quote: Quote) -> list[Any]:
    name = row.accepted_by.strip()[:200]
    consent = f"Agreed before it was brought in, reference {row.external_ref}."
    return [
        quote.pk, row.contact_id, name, Acceptance.TYPED, name, consent, quote.content_hash,
        quote.document_id, row.accepted_at, "",
    ]  # fmt: skip
