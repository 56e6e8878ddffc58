"""Every change of a product leaves an immutable version of the whole."""

from datetime import date, datetime
from typing import Any

from q2c.catalog.events import ProductEdited
from q2c.catalog.models import BundleOption, Product, ProductVersion
from q2c.catalog.rules.configuring import bounds
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.locks import locked
from q2c.kernel.rating import plain

_PLAIN = (
    "sku", "name", "description", "kind", "category", "unit", "tax_class", "revenue_pattern",
    "is_active",
)  # fmt: skip


def product_to_edit(product_id: int, *, by: User | None) -> Product:
    """Return a product, locked, whose present state is kept as a version."""
    require(by, Permission.EDIT_CATALOG)
    product = locked(Product, product_id)
    if not product.versions.filter(version=product.version).exists():
        keep_version(product, by=None, at=product.created_at)
    return product


def publish_change(
    product: Product, changes: dict[str, list[Any]], *, by: User | None, at: datetime
) -> None:
    """State that the product or a part of it (an option, a price) changed, as a new version."""
    product.version += 1
    product.save(update_fields=["version"])
    keep_version(product, by=by, at=at)
    publish(ProductEdited(at=at, product_id=product.pk), by=by, changes=changes)


def keep_version(product: Product, *, by: User | None, at: datetime) -> None:
    """Keep the product with all its parts as it stands now."""
    ProductVersion.objects.create(
        product=product,
        version=product.version,
        content=_content(product),
        changed_by=by,
        created_at=at,
    )


def _content(product: Product) -> dict[str, Any]:
    floor = product.min_margin_percent
    return {
        **{name: getattr(product, name) for name in _PLAIN},
        "min_margin_percent": None if floor is None else plain(floor),
        "starts_on": _day(product.starts_on),
        "ends_on": _day(product.ends_on),
        "attributes": {pair["name"]: pair["value"] for pair in product.attributes},
        "translations": product.translations,
        "costs": _amounts(product.costs),
        "standalone_prices": _amounts(product.standalone_prices),
        "pictures": {p.blob_id[:12]: p.description for p in product.pictures.all()},
        "groups": _groups(product),
        "options": _options(product),
        "rules": _rules(product),
    }


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def _amounts(rows: Any) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in rows.order_by("currency", "starts_on"):
        found.setdefault(row.currency, {})[row.starts_on.isoformat()] = plain(row.amount)
    return found


def _groups(product: Product) -> dict[str, str]:
    found = {}
    for group in product.option_groups.select_related("parent"):
        above = f"{group.parent.name}: " if group.parent else ""
        found[group.name] = f"{above}choose {bounds(group.min_options, group.max_options)}"
    return found


def _options(product: Product) -> dict[str, str]:
    return {
        option.product.sku: option_words(option)
        for option in product.options.select_related("product", "group")
    }


def option_words(option: BundleOption) -> str:
    """Say how an option stands in its bundle."""
    group = f"{option.group.name}: " if option.group else ""
    words = f"{group}{option.min_quantity}–{option.max_quantity}, first {option.default_quantity}"
    if not option.follows_parent:
        words += ", once"
    if option.discount_percent:
        words += f", {plain(option.discount_percent)} % off"
    return words


def _rules(product: Product) -> dict[str, str]:
    return {
        f"{rule.product.sku} {rule.kind} {rule.other.sku}": rule.message
        or ("counts what the customer has" if rule.counts_owned else "within the bundle")
        for rule in product.option_rules.select_related("product", "other")
    }
