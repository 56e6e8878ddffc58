"""Make the lines of products and bundles from the price book."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from q2c.catalog.models import Product, ProductKind
from q2c.catalog.queries import Costs, check_sold_on, described, version_of
from q2c.catalog.rules.configuring import Path, Taken, walk
from q2c.kernel.errors import Refused
from q2c.kernel.proration import WEEKS_A_YEAR
from q2c.kernel.rating import ChargeKind
from quotes.actions.opening import first_day, open_lines
from quotes.models import Price, Quote, QuoteLine
from quotes.queries import list_price, prices_of
from quotes.rules.stacking import combined_discount


@dataclass(frozen=True, kw_only=True)
class NewLine:
    """A product to add. `months` and `weeks` choose among its billing periods (None:
    the shortest).

    `options` maps the options of a bundle, each by its path of products from the bundle down, to
    their quantity in one bundle; the rest take defaults.
    """

    product_id: int
    quantity: Decimal = Decimal(1)
    discount_percent: Decimal = Decimal(0)
    months: int | None = None
    weeks: int | None = None
    options: Mapping[Path, Decimal] = field(default_factory=dict)


def product_line(quote: Quote, new: NewLine, position: int) -> QuoteLine:
    """Write a line for a product at the price in force when the quote starts, and how it opens."""
    price = list_price(
        quote.price_book_id,
        new.product_id,
        on=quote.starts_on,
        months=0 if new.months is None and new.weeks else new.months,
        weeks=0 if new.weeks is None and new.months is not None else new.weeks,
    )
    line = line_at(price, quote, new.quantity, position, costs=Costs([new.product_id]))
    line.description = name_of(price.product, quote)
    line.discount_percent = Decimal(0) if line.is_adjustment else new.discount_percent
    line.save()
    open_lines(quote, [(line, price)], position=position + 1)
    return line


def head_line(quote: Quote, bundle: Product, quantity: Decimal, position: int = 0) -> QuoteLine:
    """Return an unsaved line for a bundle itself, which has no price: its options have."""
    return QuoteLine(
        quote=quote,
        position=position,
        product=bundle,
        product_version=version_of(bundle),
        description=name_of(bundle, quote),
        kind=ProductKind.BUNDLE,
        charge_kind="one_time",
        charge_model="flat",
        unit=bundle.unit,
        tax_class=bundle.tax_class,
        revenue_pattern=bundle.revenue_pattern,
        quantity=quantity,
        list_unit_price=Decimal(0),
    )


@dataclass(frozen=True, slots=True)
class Stock:
    """Products with their prices and costs as of a quote's first day, read once for a set of them."""

    products: Mapping[int, Product]
    prices: Mapping[int, Price]
    costs: Costs


def stock_of(quote: Quote, product_ids: Iterable[int]) -> Stock:
    """Read what lines of these products are made from."""
    wanted = sorted(set(product_ids))
    prices = prices_of(quote.price_book_id, wanted, on=quote.starts_on)
    return Stock(Product.objects.in_bulk(wanted), prices, Costs(wanted))


def option_lines(
    quote: Quote, taken: Sequence[Taken], *, discount_percent: Decimal, stock: Stock | None = None
) -> dict[Path, QuoteLine]:
    """Return an unsaved line for everything taken, at every depth, a bundle before its options.

    Refuses products that are not sold, or have no price, on the quote's first day.
    """
    stock = stock or stock_of(quote, (one.option.product_id for one in walk(taken)))
    lines: dict[Path, QuoteLine] = {}
    off: dict[Path, Decimal] = {(): Decimal(0)}
    for one in walk(taken):
        product = stock.products[one.option.product_id]
        check_sold(product, quote)
        off[one.path] = combined_discount(off[one.path[:-1]], one.option.discount_percent)
        if product.kind == ProductKind.BUNDLE:
            line = head_line(quote, product, one.quantity)
        elif price := stock.prices.get(product.pk):
            line = line_at(price, quote, one.quantity, 0, costs=stock.costs)
            take_off(line, off[one.path])
        else:
            raise Refused(
                f"The price book has no price for {product.name} on {quote.starts_on:%d %b %Y}.",
                field="options",
            )
        line.description = name_of(product, quote)
        line.discount_percent = Decimal(0) if line.is_adjustment else discount_percent
        lines[one.path] = line
    return lines


def write_below(head: QuoteLine, lines: Mapping[Path, QuoteLine], *, position: int) -> None:
    """Write the lines under a saved bundle; those already saved are the parents of the others."""
    fresh = [path for path, line in lines.items() if line.pk is None]
    for place, path in enumerate(fresh, start=position):
        lines[path].position = place
    for depth in sorted({len(path) for path in fresh}):
        level = [path for path in fresh if len(path) == depth]
        for path in level:
            lines[path].parent = lines.get(path[:-1], head)
        QuoteLine.objects.bulk_create([lines[path] for path in level])
    quote = head.quote
    sold = [lines[path] for path in fresh if lines[path].kind != ProductKind.BUNDLE]
    prices = prices_of(
        quote.price_book_id,
        [line.product_id for line in sold if line.product_id],
        on=quote.starts_on,
    )
    opened = [(line, prices[line.product_id]) for line in sold if line.product_id in prices]
    open_lines(quote, opened, position=position + len(fresh))


def check_sold(product: Product, quote: Quote) -> None:
    """Refuse a product that is not sold on the quote's first day."""
    check_sold_on(product, quote.starts_on)


def take_off(line: QuoteLine, percent: Decimal) -> None:
    """Make the list price what it is within the bundle."""
    if not percent:
        return
    left = (100 - percent) / 100
    line.bundle_discount_percent = percent
    line.list_unit_price = round(line.list_unit_price * left, 8)
    line.tiers = [_tier_at(tier, left) for tier in line.tiers]


def _tier_at(tier: Mapping[str, Any], left: Decimal) -> dict[str, Any]:
    lower = {
        name: str(round(Decimal(tier[name]) * left, 8).normalize() + 0)
        for name in ("unit_price", "flat_fee")
        if tier.get(name)
    }
    return {**tier, **lower}


def name_of(product: Product, quote: Quote) -> str:
    """Return how the customer reads the product's name."""
    return described(product, quote.customer.language)[0]


def line_at(
    price: Price, quote: Quote, quantity: Decimal, position: int, *, costs: Costs
) -> QuoteLine:
    """Return an unsaved line with a copy of everything its price is made from."""
    product = price.product
    return QuoteLine(
        quote=quote,
        position=position,
        product=product,
        product_version=version_of(product),
        description=product.name,
        kind=product.kind,
        charge_kind=price.charge_kind,
        months=price.months,
        weeks=price.weeks,
        price_months=price.price_months,
        in_advance=price.in_advance,
        charge_model=price.charge_model,
        tiers=price.tiers,
        unit=product.unit,
        tax_class=product.tax_class,
        revenue_pattern=product.revenue_pattern,
        quantity=quantity,
        list_unit_price=price.unit_price,
        floor_unit_price=price.floor_unit_price,
        min_margin_percent=product.min_margin_percent,
        is_adjustment=price.unit_price < 0,
        keeps_credits=price.keeps_credits,
        starts_on=first_day(price, quote),
        unit_cost=_cost_a_period(price, costs.of(product.pk, quote.currency, on=quote.starts_on)),
    )


def _cost_a_period(price: Price, cost: Decimal | None) -> Decimal | None:
    """Return the cost of a unit for as long as its price; the catalog keeps it a month, or once."""
    is_once = price.charge_kind != ChargeKind.RECURRING  # what is used costs what it costs
    if cost is None or is_once:
        return cost
    if price.weeks:
        return round(cost * 12 * price.weeks / WEEKS_A_YEAR, 8)
    return cost * (price.price_months or price.months)
