"""What can be asked about products."""

from datetime import date

from django.db.models import Prefetch, Q, QuerySet

from q2c.catalog.models import BundleOption, Product, StandalonePrice, TaxRate


def products() -> QuerySet[Product]:
    """Return all products, retired ones too."""
    return Product.objects.all()


def matching(rows: QuerySet[Product], text: str) -> QuerySet[Product]:
    """Keep products whose SKU, name or description holds every word."""
    for word in text.split():
        rows = rows.filter(
            Q(sku__icontains=word) | Q(name__icontains=word) | Q(description__icontains=word)
        )
    return rows


def find_products(text: str, *, limit: int = 8) -> list[Product]:
    """Return the best matches for a search box among what is sold now."""
    found = list(
        matching(Product.objects.filter(is_active=True), text).order_by("sku")[: limit * 5]
    )
    start = text.strip().lower()
    found.sort(key=lambda product: not product.sku.lower().startswith(start))
    return found[:limit]


def with_parts(rows: QuerySet[Product]) -> QuerySet[Product]:
    """Read along the options and the standalone prices, the newest first."""
    return rows.prefetch_related(
        Prefetch("options", BundleOption.objects.select_related("product")),
        Prefetch("standalone_prices", StandalonePrice.objects.order_by("currency", "-starts_on")),
    )


def standalone_price(product_id: int, currency: str, *, on: date) -> StandalonePrice | None:
    """Return the standalone selling price that holds on a day."""
    prices = StandalonePrice.objects.filter(
        product_id=product_id, currency=currency, starts_on__lte=on
    )
    return prices.order_by("-starts_on").first()


def tax_rates() -> QuerySet[TaxRate]:
    """Return all rates, by place and class, the newest first."""
    return TaxRate.objects.order_by("country", "region", "tax_class", "-starts_on")
