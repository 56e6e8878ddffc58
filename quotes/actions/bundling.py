"""Make the lines of products and bundles from the price book."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from q2c.catalog.models import BundleOption, Product, ProductKind
from q2c.catalog.queries import Costs, described
from quotes.models import Price, Quote, QuoteLine
from quotes.queries import list_price
from quotes.rules.bundles import Option, choose


@dataclass(frozen=True, kw_only=True)
class NewLine:
    """A product to add. `months` chooses among its billing periods (None: the shortest).

    `options` maps products of a bundle to their quantity in one bundle; the rest take defaults.
    """

    product_id: int
    quantity: Decimal = Decimal(1)
    discount_percent: Decimal = Decimal(0)
    months: int | None = None
    options: Mapping[int, Decimal] = field(default_factory=dict)


def product_line(quote: Quote, new: NewLine, position: int) -> QuoteLine:
    """Write a line for a product at the price in force when the quote starts."""
    price = list_price(quote.price_book_id, new.product_id, on=quote.starts_on, months=new.months)
    line = line_at(price, quote, new.quantity, position, costs=Costs([new.product_id]))
    line.description = _name(price.product, quote)
    line.discount_percent = new.discount_percent
    line.save()
    return line


def bundle_lines(quote: Quote, bundle: Product, new: NewLine, position: int) -> QuoteLine:
    """Write a bundle's own line, which has no price, and one for each option taken."""
    taken = choose(options_of(bundle.pk), new.options)
    parent = QuoteLine.objects.create(
        quote=quote,
        position=position,
        product=bundle,
        description=_name(bundle, quote),
        kind=ProductKind.BUNDLE,
        charge_kind="one_time",
        charge_model="flat",
        unit=bundle.unit,
        tax_class=bundle.tax_class,
        revenue_pattern=bundle.revenue_pattern,
        quantity=new.quantity,
        list_unit_price=Decimal(0),
        discount_percent=new.discount_percent,
    )
    children: list[QuoteLine] = []
    costs = Costs(taken)
    for product_id, each in taken.items():
        price = list_price(quote.price_book_id, product_id, on=quote.starts_on)
        place = position + len(children) + 1
        child = line_at(price, quote, each * new.quantity, place, costs=costs)
        child.description = _name(price.product, quote)
        child.parent, child.discount_percent = parent, new.discount_percent
        children.append(child)
    QuoteLine.objects.bulk_create(children)
    return parent


def _name(product: Product, quote: Quote) -> str:
    """Return how the customer reads the product's name."""
    return described(product, quote.customer.language)[0]


def options_of(bundle_id: int) -> list[Option]:
    """Return what one may choose within a bundle."""
    rows = BundleOption.objects.filter(bundle_id=bundle_id).select_related("product")
    return [
        Option(o.product_id, o.product.name, o.min_quantity, o.max_quantity, o.default_quantity)
        for o in rows
    ]


def line_at(
    price: Price, quote: Quote, quantity: Decimal, position: int, *, costs: Costs
) -> QuoteLine:
    """Return an unsaved line with a copy of everything its price is made from."""
    product = price.product
    cost = costs.of(product.pk, quote.currency, on=quote.starts_on)
    return QuoteLine(
        quote=quote,
        position=position,
        product=product,
        product_version=product.version,
        description=product.name,
        kind=product.kind,
        charge_kind=price.charge_kind,
        months=price.months,
        weeks=price.weeks,
        in_advance=price.in_advance,
        charge_model=price.charge_model,
        tiers=price.tiers,
        unit=product.unit,
        tax_class=product.tax_class,
        revenue_pattern=product.revenue_pattern,
        quantity=quantity,
        list_unit_price=price.unit_price,
        floor_unit_price=price.floor_unit_price,
        # The catalog keeps it per month where it recurs.
        unit_cost=None if cost is None else cost * max(price.months, 1),
    )
