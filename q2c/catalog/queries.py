"""What can be asked about products."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.db.models import Prefetch, Q, QuerySet

from q2c.catalog.models import (
    BundleOption,
    OptionRule,
    Product,
    ProductCost,
    ProductVersion,
    StandalonePrice,
    TaxRate,
)
from q2c.catalog.rules.sale import check_on_sale
from q2c.catalog.rules.versions import changes, visible


def products() -> QuerySet[Product]:
    """Return all products, retired ones too."""
    return Product.objects.all()


def check_sold_on(product: Product, on: date) -> None:
    """Refuse a product that is not sold on a day."""
    check_on_sale(
        product.name,
        is_active=product.is_active,
        starts_on=product.starts_on,
        ends_on=product.ends_on,
        on=on,
    )


def matching(rows: QuerySet[Product], text: str) -> QuerySet[Product]:
    """Keep products whose SKU, name, description or category holds every word."""
    for word in text.split():
        rows = rows.filter(
            Q(sku__icontains=word)
            | holding(word)
            | Q(description__icontains=word)
            | Q(category__icontains=word)
        )
    return rows


def named(rows: QuerySet[Product], text: str) -> QuerySet[Product]:
    """Keep products whose SKU or name, in any language, holds every word."""
    for word in text.split():
        rows = rows.filter(Q(sku__icontains=word) | holding(word))
    return rows


def holding(text: str) -> Q:
    """Ask for a name, in any language, that holds the text."""
    asked = Q(name__icontains=text)
    for language, _ in settings.LANGUAGES:
        asked |= Q(**{f"translations__{language}__name__icontains": text})
    return asked


def closeness(product: Product, text: str) -> int:
    """Rank a match for what was typed: 0 when it is called just so, 1 when it begins so, else 2."""
    asked = " ".join(text.split()).casefold()
    names = {product.sku.casefold(), *(name.casefold() for name in all_names(product))}
    if asked in names:
        return 0
    return 1 if any(name.startswith(asked) for name in names) else 2


def all_names(product: Product) -> set[str]:
    """Return what a product is called, in every language that it has a name in."""
    others = (texts.get("name", "") for texts in product.translations.values())
    return {product.name, *(name for name in others if name)}


def sold_on(rows: QuerySet[Product], on: date) -> QuerySet[Product]:
    """Keep the products that are sold on a day."""
    return rows.filter(
        Q(starts_on=None) | Q(starts_on__lte=on),
        Q(ends_on=None) | Q(ends_on__gt=on),
        is_active=True,
    )


def find_products(text: str, *, limit: int = 8) -> list[Product]:
    """Return the best matches for a search box among what is sold now."""
    found = list(
        matching(Product.objects.filter(is_active=True), text).order_by("sku")[: limit * 5]
    )
    start = text.strip().lower()
    found.sort(key=lambda product: not product.sku.lower().startswith(start))
    return found[:limit]


def categories() -> list[str]:
    """Return the categories in use, to choose from or to suggest."""
    used = Product.objects.exclude(category="").order_by("category")
    return list(used.values_list("category", flat=True).distinct())


def with_parts(rows: QuerySet[Product]) -> QuerySet[Product]:
    """Read along the options, the pictures, the costs and standalone prices, newest first."""
    return rows.prefetch_related(
        Prefetch("options", BundleOption.objects.select_related("product", "group")),
        Prefetch("option_rules", OptionRule.objects.select_related("product", "other")),
        "option_groups",
        Prefetch("standalone_prices", StandalonePrice.objects.order_by("currency", "-starts_on")),
        Prefetch("costs", ProductCost.objects.order_by("currency", "-starts_on")),
        "pictures",
    )


def standalone_price(product_id: int, currency: str, *, on: date) -> StandalonePrice | None:
    """Return the standalone selling price that holds on a day."""
    prices = StandalonePrice.objects.filter(
        product_id=product_id, currency=currency, starts_on__lte=on
    )
    return prices.order_by("-starts_on").first()


class Costs:
    """What products cost us, read once for a set of them."""

    def __init__(self, product_ids: Iterable[int]) -> None:
        self._rows: dict[tuple[int, str], list[ProductCost]] = {}
        rows = ProductCost.objects.filter(product_id__in=set(product_ids))
        for row in rows.order_by("-starts_on"):
            self._rows.setdefault((row.product_id, row.currency), []).append(row)

    def of(self, product_id: int, currency: str, *, on: date) -> Decimal | None:
        """Return the cost of a unit (a month, where it recurs); None when it is not known."""
        for row in self._rows.get((product_id, currency), ()):
            if row.starts_on <= on:
                return row.amount
        return None


def described(product: Product, language: str) -> tuple[str, str]:
    """Return the product's name and description in a language, untranslated where it must."""
    texts = product.translations.get(language, {})
    return texts.get("name", product.name), texts.get("description", product.description)


def version_of(product: Product) -> int:
    """Return which version of a product is sold now: what documents keep beside their copy."""
    return product.version


@dataclass(frozen=True)
class Version:
    """A version of a product, and what it changed: (name, was, is)."""

    number: int
    at: datetime
    by: str
    changes: list[tuple[str, str, str]]


def versions(product_id: int, *, with_margin: bool, limit: int = 50) -> list[Version]:
    """Return the latest versions of a product, newest first."""
    rows = list(
        ProductVersion.objects.filter(product_id=product_id).select_related("changed_by")[
            : limit + 1
        ]
    )
    contents = [visible(row.content, with_margin=with_margin) for row in rows]
    older = [*contents[1:], None][: len(contents)]  # none at all of what was never saved here
    return [
        Version(
            row.version,
            row.created_at,
            row.changed_by.full_name if row.changed_by else "",
            changes(before, after),
        )
        for row, before, after in zip(rows, older, contents, strict=True)
    ][:limit]


def version_content(product_id: int, number: int, *, with_margin: bool) -> dict[str, object] | None:
    """Return a product with all its parts as a version kept it; None when there is none."""
    row = ProductVersion.objects.filter(product_id=product_id, version=number).first()
    return visible(row.content, with_margin=with_margin) if row else None


def tax_rates() -> QuerySet[TaxRate]:
    """Return all rates, by place and class, the newest first."""
    return TaxRate.objects.order_by("country", "region", "tax_class", "-starts_on")
