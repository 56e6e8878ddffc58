"""Create and edit what we sell."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from q2c.catalog.events import ProductCreated, ProductEdited
from q2c.catalog.models import Product, ProductKind, RevenuePattern, TaxClass
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.locks import check_version, locked
from q2c.kernel.errors import Refused
from q2c.kernel.money import minor_digits

FIELDS = (
    "sku", "name", "description", "kind", "unit", "tax_class", "revenue_pattern", "unit_cost",
    "cost_currency", "is_active",
)  # fmt: skip
_SKU = re.compile(r"[A-Z0-9][A-Z0-9._-]{0,39}")
_LONGEST = {"name": 200, "unit": 20, "description": 10_000}
_CHOICES: dict[str, tuple[type[Any], str]] = {
    "kind": (ProductKind, "Choose what kind of product this is."),
    "tax_class": (TaxClass, "Choose one of the tax classes."),
    "revenue_pattern": (RevenuePattern, "Choose when the price is earned."),
}
_DEFAULTS = {"description": "", "unit": "piece", "tax_class": "standard", "unit_cost": Decimal(0)}


@transaction.atomic
def create_product(values: Mapping[str, Any], *, by: User | None, at: datetime) -> Product:
    """Create a product; `unit_cost` is per unit, and per month where it recurs.

    Refuses a SKU that is taken or oddly written, and choices that do not exist.
    """
    require(by, Permission.EDIT_CATALOG)
    checked = _checked({**_DEFAULTS, "is_active": True, **values})
    missing = [name for name in FIELDS if name not in checked]
    if missing:
        raise Refused("This is needed.", field=missing[0])
    _check_sku_is_free(checked["sku"])
    try:
        with transaction.atomic():
            product = Product.objects.create(created_at=at, **checked)
    except IntegrityError:
        raise Refused(_taken(checked["sku"]), field="sku") from None
    publish(ProductCreated(at=at, product_id=product.pk), by=by)
    return product


@transaction.atomic
def edit_product(
    product_id: int, values: Mapping[str, Any], *, seen: int | None, by: User | None, at: datetime
) -> Product:
    """Change the named fields; documents keep what they copied.

    Refuses when somebody saved in between, and another kind once the product stands in a bundle or
    holds options.
    """
    require(by, Permission.EDIT_CATALOG)
    product = locked(Product, product_id)
    check_version(product.version, seen)
    checked = _checked(values)
    before = {name: getattr(product, name) for name in checked}
    different = {name: value for name, value in checked.items() if value != before[name]}
    if not different:
        return product
    if "sku" in different:
        _check_sku_is_free(different["sku"])
    if "kind" in different and product.options.exists():
        raise Refused("Remove the bundle's options before it becomes something else.", field="kind")
    for name, value in different.items():
        setattr(product, name, value)
    product.version += 1
    product.save(update_fields=[*different, "version"])
    changes = {name: [_plain(before[name]), _plain(v)] for name, v in different.items()}
    publish(ProductEdited(at=at, product_id=product.pk), by=by, changes=changes)
    return product


def publish_change(
    product: Product, changes: dict[str, list[Any]], *, by: User | None, at: datetime
) -> None:
    """State that a part of the product (an option, a price) changed, as a new version."""
    product.version += 1
    product.save(update_fields=["version"])
    publish(ProductEdited(at=at, product_id=product.pk), by=by, changes=changes)


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    assert set(values) <= set(FIELDS), f"not a product's field: {set(values) - set(FIELDS)}"
    checked: dict[str, Any] = {
        name: value.strip() if isinstance(value, str) else value for name, value in values.items()
    }
    _check_texts(checked)
    for name in _CHOICES.keys() & checked.keys():
        choices, words = _CHOICES[name]
        if checked[name] not in choices.values:
            raise Refused(words, field=name)
    if "sku" in checked:
        checked["sku"] = _checked_sku(checked["sku"])
    if checked.get("unit_cost", 0) < 0:
        raise Refused("A cost cannot be negative.", field="unit_cost")
    if "cost_currency" in checked:
        checked["cost_currency"] = checked["cost_currency"].upper()
        _check_currency(checked["cost_currency"])
    return checked


def _check_texts(values: Mapping[str, Any]) -> None:
    for name, longest in _LONGEST.items():
        if len(values.get(name, "")) > longest:
            raise Refused(f"At most {longest} characters, please.", field=name)
    for name in {"name", "unit"} & values.keys():
        if not values[name]:
            raise Refused("This is needed.", field=name)


def _checked_sku(text: str) -> str:
    sku = text.upper()
    if not _SKU.fullmatch(sku):
        raise Refused(
            "A SKU is up to 40 letters, digits, dots, dashes and underscores.", field="sku"
        )
    return sku


def _check_currency(currency: str) -> None:
    try:
        minor_digits(currency)
    except Refused as refusal:
        raise Refused(refusal.message, field="cost_currency") from None


def _check_sku_is_free(sku: str) -> None:
    if Product.objects.filter(sku__iexact=sku).exists():
        raise Refused(_taken(sku), field="sku")


def _taken(sku: str) -> str:
    return f"There is a product {sku} already."


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | bool | None) else str(value)
