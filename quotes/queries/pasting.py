"""What pasted rows mean for a quote: which product each names, and at which price."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Q
from django.db.models.functions import Lower

from q2c.catalog.models import Product, ProductKind
from q2c.catalog.queries import all_names, check_sold_on, holding
from q2c.kernel.errors import Refused
from quotes.models import Price, Quote
from quotes.queries.prices import prices_of
from quotes.rules.pasting import PastedRow, pasted_rows


@dataclass(frozen=True, slots=True)
class Understood:
    """A pasted row with its product and price, or with what is wrong with it."""

    row: PastedRow
    product: Product | None = None
    price: Price | None = None
    problem: str = ""


def understood_rows(quote: Quote, text: str, *, grouping: str = ",") -> list[Understood]:
    """Say for each pasted row what it would add; the number of queries does not grow with them."""
    rows = pasted_rows(text, currency=quote.currency, grouping=grouping)
    products = _named([row.product for row in rows if not row.problem])
    ids = [product.pk for found in products.values() for product in found]
    prices = prices_of(quote.price_book_id, ids, on=quote.starts_on)
    return [_understood(row, products, prices, quote) for row in rows]


def _named(names: Sequence[str]) -> dict[str, list[Product]]:
    """Return the products that each name means: by SKU, by name, or by a part of the name.

    A name in any of the catalogue's languages will do.
    """
    wanted = {name.lower() for name in names}
    if not wanted:
        return {}
    parts = reduce(or_, (holding(name) for name in sorted(wanted)))
    candidates = [
        (product, product.sku.lower(), {name.lower() for name in all_names(product)})
        for product in Product.objects.annotate(low_sku=Lower("sku")).filter(
            Q(low_sku__in=wanted) | parts
        )
    ]
    found: dict[str, list[Product]] = {}
    for name in wanted:
        ways = (
            [product for product, sku, _ in candidates if sku == name],
            [product for product, _, called in candidates if name in called],
            [product for product, _, called in candidates if any(name in one for one in called)],
        )
        found[name] = list(next((way for way in ways if way), []))
    return found


def _understood(
    row: PastedRow, products: dict[str, list[Product]], prices: dict[int, Price], quote: Quote
) -> Understood:
    found = products.get(row.product.lower(), [])
    if row.problem:
        return Understood(row, problem=row.problem)
    if not found:
        return Understood(row, problem=f"no product is called “{row.product}”")
    if len(found) > 1:
        names = ", ".join(f"{p.name} ({p.sku})" for p in found[:4])
        return Understood(row, problem=f"“{row.product}” may be {names}; give the SKU")
    product = found[0]
    price = prices.get(product.pk)
    return Understood(row, product, price, _problem(row, product, price, quote))


def _problem(row: PastedRow, product: Product, price: Price | None, quote: Quote) -> str:
    try:
        check_sold_on(product, quote.starts_on)
    except Refused as refusal:
        return refusal.message.removesuffix(".")
    if product.kind == ProductKind.BUNDLE:
        return (
            "a bundle costs what its options cost; leave its price empty" if row.unit_price else ""
        )
    if price is None:
        return f"{product.name} has no price in {quote.price_book.name}"
    if row.unit_price is not None and price.tiers:
        return f"{product.name} has tiers: give a discount instead of a price"
    return ""
