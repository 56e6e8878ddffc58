"""List prices, and what stored lines and quotes are priced from."""

from datetime import date

from django.db.models import Case, Q, QuerySet, When

from q2c.catalog.models import Product, ProductKind
from q2c.catalog.queries import closeness, named, sold_on
from q2c.kernel.bands import read_tiers
from q2c.kernel.billing_time import settled_policy
from q2c.kernel.errors import Refused
from q2c.kernel.percent import NO_LIMITS, read_limits
from q2c.kernel.rating import ChargeKind, ChargeModel
from quotes.models import TEXT_KINDS, Price, PriceBook, Quote, QuoteLine
from quotes.rules.pricing import LineTerms, QuoteTerms


def list_price(
    price_book_id: int,
    product_id: int,
    *,
    on: date,
    months: int | None = None,
    weeks: int | None = None,
) -> Price:
    """Return the price in force on a day, the shortest billing period first.

    What the book has no price for comes from its base. Refuses when neither has one, or only for
    other billing periods.
    """
    prices = _in_force(price_book_id, on).filter(product_id=product_id)
    if months is not None:
        prices = prices.filter(months=months)
    if weeks is not None:
        prices = prices.filter(weeks=weeks)
    price = prices.order_by(
        _own_first(price_book_id), _credits_last(), "months", "weeks", "-starts_on"
    ).first()
    if price is None:
        name = Product.objects.filter(pk=product_id).values_list("name", flat=True).first()
        raise Refused(
            f"The price book has no price for {name or 'this product'} on {on:%d %b %Y}.",
            field="product",
        )
    return price


def sellable(price_book_id: int, text: str, *, on: date) -> list[Price]:
    """Return up to twenty prices in force of products sold then that match the text.

    The product that is called just so comes first, then those that begin so; a name in any of the
    catalogue's languages counts, as a line carries the one of its quote.
    """
    prices = _in_force(price_book_id, on).filter(
        product__in=named(sold_on(Product.objects.all(), on), text)
    )
    order = ("product__name", "product_id", "months", "weeks")
    found = prices.order_by(*order, _own_first(price_book_id), "-starts_on").distinct(*order)
    return sorted(found[:200], key=lambda price: closeness(price.product, text))[:20]


def prices_of(price_book_id: int, product_ids: list[int], *, on: date) -> dict[int, Price]:
    """Return the price in force of each product, the shortest billing period first."""
    prices = _in_force(price_book_id, on).filter(product_id__in=product_ids)
    best = prices.order_by(
        "product_id", _own_first(price_book_id), _credits_last(), "months", "weeks", "-starts_on"
    ).distinct("product_id")
    return {price.product_id: price for price in best}


def prices_by_beat(
    price_book_id: int, product_ids: list[int], *, on: date
) -> dict[tuple[int, int, int], Price]:
    """Return the prices in force by product, months and weeks."""
    prices = _in_force(price_book_id, on).filter(product_id__in=product_ids)
    beat = ("product_id", "months", "weeks")
    best = prices.order_by(*beat, _own_first(price_book_id), "-starts_on").distinct(*beat)
    return {(price.product_id, price.months, price.weeks): price for price in best}


def _in_force(price_book_id: int, on: date) -> QuerySet[Price]:
    """Return the prices of a book and of its base on a day."""
    base = PriceBook.objects.filter(pk=price_book_id).values("base_id")
    return Price.objects.filter(
        Q(ends_on=None) | Q(ends_on__gt=on),
        Q(price_book_id=price_book_id) | Q(price_book_id__in=base),
        starts_on__lte=on,
    ).select_related("product")


def _own_first(price_book_id: int) -> Case:
    return Case(When(price_book_id=price_book_id, then=0), default=1)


def _credits_last() -> Case:
    """Order prices of what goes by usage: measured ones go before credits that are bought once."""
    return Case(When(product__kind="usage", charge_kind="one_time", then=1), default=0)


def bundles(text: str, *, on: date) -> list[Product]:
    """Return up to five bundles that match the text; their options carry the prices."""
    found = named(sold_on(Product.objects.filter(kind=ProductKind.BUNDLE), on), text)
    return sorted(found.order_by("name")[:50], key=lambda bundle: closeness(bundle, text))[:5]


def line_terms(line: QuoteLine) -> LineTerms:
    """Return what a stored line is priced from."""
    if line.kind in TEXT_KINDS:
        return LineTerms.text(line.description, line.kind)
    model = ChargeModel(line.charge_model)
    is_percent = model is ChargeModel.PERCENT_OF
    # What a contract agreed stands, until somebody agrees another price for it.
    is_held = line.is_free_by_list or (line.is_contract_price and line.negotiated_by_id is None)
    return LineTerms(
        label=line.description,
        kind=line.kind,
        charge_kind=ChargeKind(line.charge_kind),
        months=line.months,
        weeks=line.weeks,
        price_months=line.price_months,
        starts_on=line.starts_on,
        ends_on=line.ends_on,
        in_advance=line.in_advance,
        charge_model=model,
        quantity=line.quantity,
        list_unit_price=line.list_unit_price,
        agreed_unit_price=line.agreed_unit_price,
        # What the list itself gives free is no discount: neither rules nor floors have a say.
        is_contract_price=line.is_contract_price or line.is_free_by_list,
        floor_unit_price=None if is_held else line.floor_unit_price,
        min_margin_percent=None if is_held else line.min_margin_percent,
        ramp=line.ramp_of_id or line.pk,
        is_counted=line.is_sold,
        tiers=() if is_percent else tuple(read_tiers(line.tiers)),
        discount_percent=line.discount_percent,
        unit_cost=line.unit_cost,
        bundle_discount_percent=line.bundle_discount_percent,
        is_adjustment=line.is_adjustment,
        product_id=line.product_id or 0,
        bundle=line.parent_id,
        limits=read_limits(line.tiers) if is_percent else NO_LIMITS,
    )


def quote_terms(quote: Quote) -> QuoteTerms:
    """Return what the whole quote adds to its lines."""
    return QuoteTerms(
        currency=quote.currency,
        starts_on=quote.starts_on,
        term_months=quote.term_months,
        discount_percent=quote.discount_percent,
        ends_on=quote.ends_on,
        anchor_on=quote.anchor_on,
        policy=settled_policy(quote.proration),
    )
