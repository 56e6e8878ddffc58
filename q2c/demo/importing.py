"""Bring in a telecom operator's subscribers: the same rules as the browser, in bulk."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from billing.actions.charges import schedule_many
from billing.models import PaymentMethod
from contracts.actions.bulk import bring_in_signed_contracts
from contracts.models import Contract
from orders.actions.bulk import bring_in_orders
from q2c.catalog.models import Product
from q2c.customers.actions.bulk import bring_in_customers
from q2c.customers.actions.drafts import AddressDraft, ContactDraft, CustomerDraft
from q2c.customers.models import LegalEntity
from q2c.demo.telco import BadRow, Subscriber, read
from q2c.identity.models import User
from q2c.kernel.errors import Refused
from q2c.kernel.periods import months_after
from quotes.actions.bulk import AcceptedLineInput, AcceptedQuoteInput, bring_in_accepted_quotes
from quotes.models import Price, PriceBook

BATCH = 1000
_LEFT = "Left the operator"


@dataclass
class Imported:
    """What an import did; bad rows by line number."""

    read: int = 0
    created: int = 0
    known: int = 0
    bad: list[BadRow] = field(default_factory=list)


@dataclass(frozen=True)
class _Shelf:
    """Products and list prices, read once."""

    bundle_id: int
    product_ids: dict[str, int]
    list_prices: dict[str, Decimal]
    book: PriceBook


def import_subscribers(
    lines: Sequence[str], *, as_of: date, entity: LegalEntity, by: User, at: datetime
) -> Imported:
    """Bring in every good row of the file; what is known by its customerID is left alone.

    Each becomes a customer, an accepted quote of a bundle at list price with the negotiated
    difference as a line of its own, a signed contract, and a subscription billed up to `as_of`
    elsewhere. Terms run from the anchor that their months of tenure give; who churned ends on
    `as_of`. In batches, each a transaction: killed and started again, it goes on.
    """
    result, good = Imported(), []
    for row in read(lines):
        result.read += 1
        if isinstance(row, BadRow):
            result.bad.append(row)
        else:
            good.append(row)
    shelf = _shelf(entity)
    known = set(
        Contract.objects.filter(quote__external_ref__startswith="telco:").values_list(
            "quote__external_ref", flat=True
        )
    )
    fresh = [row for row in good if _reference(row) not in known]
    result.known = len(good) - len(fresh)
    for start in range(0, len(fresh), BATCH):
        _bring_in(fresh[start : start + BATCH], shelf, as_of=as_of, entity=entity, by=by, at=at)
    result.created = len(fresh)
    return result


@transaction.atomic
def _bring_in(
    rows: Sequence[Subscriber],
    shelf: _Shelf,
    *,
    as_of: date,
    entity: LegalEntity,
    by: User,
    at: datetime,
) -> None:
    customer_ids = bring_in_customers([_customer(row, entity) for row in rows], by=by, at=at)
    PaymentMethod.objects.bulk_create(
        [
            PaymentMethod(customer_id=pk, kind=row.method, is_default=True, created_at=at)
            for pk, row in zip(customer_ids, rows, strict=True)
        ],
        ignore_conflicts=True,
    )
    quotes = [
        _quote(row, pk, shelf, as_of=as_of, entity=entity, by=by, at=at)
        for pk, row in zip(customer_ids, rows, strict=True)
    ]
    quote_ids = bring_in_accepted_quotes(quotes, by=by, at=at)
    left = {
        quote_id: (as_of, _LEFT)
        for quote_id, row in zip(quote_ids, rows, strict=True)
        if row.has_left
    }
    contract_ids = bring_in_signed_contracts(quote_ids, by=by, at=at, ended=left)
    over = Contract.objects.filter(pk__in=contract_ids, state="terminated")
    ended = dict.fromkeys(over.values_list("pk", flat=True), (as_of, _LEFT))
    order_ids = bring_in_orders(contract_ids, by=by, at=at, ended=ended)
    schedule_many(order_ids, at=at, billed_through=as_of)


def _customer(row: Subscriber, entity: LegalEntity) -> CustomerDraft:
    email = f"{row.reference.lower()}@subscribers.example"
    return CustomerDraft(
        legal_name=f"Subscriber {row.reference}",
        email=email,
        currency=entity.currency,
        legal_entity_id=entity.pk,
        # The operator's list holds no addresses, only that all live in California.
        billing=AddressDraft(
            street="Address not on file", city="California", region="CA", country="US"
        ),
        contacts=(ContactDraft(name=f"Subscriber {row.reference}", email=email),),
        payment_terms_days=14,
        external_ref=_reference(row),
        autopay=row.is_automatic,
    )


def _quote(  # noqa: PLR0913  all that a quote is made from
    row: Subscriber,
    customer_id: int,
    shelf: _Shelf,
    *,
    as_of: date,
    entity: LegalEntity,
    by: User,
    at: datetime,
) -> AcceptedQuoteInput:
    lines = [AcceptedLineInput(product_id=shelf.bundle_id)]
    lines += [AcceptedLineInput(product_id=shelf.product_ids[sku], bundle=0) for sku in row.skus]
    difference = row.monthly_charge - sum(shelf.list_prices[sku] for sku in row.skus)
    if difference:
        lines.append(
            AcceptedLineInput(
                product_id=shelf.product_ids[row.skus[0]],
                description="Negotiated adjustment",
                like=1,
                amount=difference,
            )
        )
    # The term that runs now began a whole number of terms after they joined.
    into_term = row.tenure_months % row.term_months
    return AcceptedQuoteInput(
        external_ref=_reference(row),
        customer_id=customer_id,
        legal_entity_id=entity.pk,
        owner_id=by.pk,
        price_book_id=shelf.book.pk,
        term_months=row.term_months,
        starts_on=months_after(as_of, -into_term or (-row.term_months if row.has_left else 0)),
        accepted_by=f"Subscriber {row.reference}",
        accepted_at=at,
        lines=tuple(lines),
        title=f"Subscriber for {row.tenure_months} months",
        payment_terms_days=14,
        auto_renew=True,
        priced_on=as_of,
    )


def _reference(row: Subscriber) -> str:
    return f"telco:{row.reference}"


def _shelf(entity: LegalEntity) -> _Shelf:
    book = PriceBook.objects.filter(currency=entity.currency, is_active=True).first()
    bundle = Product.objects.filter(sku="HOME").first()
    if book is None or bundle is None:
        raise Refused("The telecom catalog is missing. Run `manage.py seed_demo --size S` first.")
    prices = Price.objects.filter(price_book=book, months=1).select_related("product")
    return _Shelf(
        bundle_id=bundle.pk,
        product_ids={price.product.sku: price.product_id for price in prices},
        list_prices={price.product.sku: price.unit_price for price in prices},
        book=book,
    )
