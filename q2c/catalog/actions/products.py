"""Create and edit what we sell."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from q2c.catalog.actions.fields import FIELDS, checked_fields
from q2c.catalog.actions.versions import keep_version, product_to_edit, publish_change
from q2c.catalog.events import ProductCreated
from q2c.catalog.models import Product
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.locks import check_version
from q2c.kernel.errors import Refused

_DEFAULTS: dict[str, Any] = {
    "description": "", "category": "", "unit": "piece", "tax_class": "standard", "attributes": [],
    "translations": {}, "min_margin_percent": None, "starts_on": None, "ends_on": None,
    "is_active": True,
}  # fmt: skip


@transaction.atomic
def create_product(values: Mapping[str, Any], *, by: User | None, at: datetime) -> Product:
    """Create a product as its first version.

    Refuses a SKU that is taken or oddly written, and choices that do not exist.
    """
    require(by, Permission.EDIT_CATALOG)
    checked = checked_fields({**_DEFAULTS, **values})
    missing = [name for name in FIELDS if name not in checked]
    if missing:
        raise Refused("This is needed.", field=missing[0])
    _check_dates(checked["starts_on"], checked["ends_on"])
    _check_sku_is_free(checked["sku"])
    try:
        with transaction.atomic():
            product = Product.objects.create(created_at=at, **checked)
    except IntegrityError:
        raise Refused(_taken(checked["sku"]), field="sku") from None
    keep_version(product, by=by, at=at)
    publish(ProductCreated(at=at, product_id=product.pk), by=by)
    return product


@transaction.atomic
def edit_product(
    product_id: int, values: Mapping[str, Any], *, seen: int | None, by: User | None, at: datetime
) -> Product:
    """Change the named fields, as a new version; documents keep what they copied.

    Refuses when somebody saved in between, and another kind once the product stands in a bundle or
    holds options.
    """
    product = product_to_edit(product_id, by=by)
    check_version(product.version, seen)
    checked = checked_fields(values)
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
    _check_dates(product.starts_on, product.ends_on)
    product.save(update_fields=list(different))
    changes = {name: [_words(before[name]), _words(v)] for name, v in different.items()}
    publish_change(product, changes, by=by, at=at)
    return product


def _check_dates(starts_on: date | None, ends_on: date | None) -> None:
    if starts_on and ends_on and ends_on <= starts_on:
        raise Refused(
            f"It is sold from {starts_on:%d %b %Y} on; end that on a later day.", field="ends_on"
        )


def _check_sku_is_free(sku: str) -> None:
    if Product.objects.filter(sku__iexact=sku).exists():
        raise Refused(_taken(sku), field="sku")


def _taken(sku: str) -> str:
    return f"There is a product {sku} already."


def _words(value: Any) -> Any:
    if isinstance(value, list):
        return "; ".join(f"{pair['name']}: {pair['value']}" for pair in value)
    if isinstance(value, dict):
        return "; ".join(f"{code}: {text.get('name', '')}" for code, text in value.items())
    return value if isinstance(value, str | int | bool | None) else str(value)
