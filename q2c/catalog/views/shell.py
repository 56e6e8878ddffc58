"""What the catalog brings to the shared pages: navigation and search."""

from django.urls import reverse

from q2c.catalog.queries import find_products
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.web.registry import Item, register_nav, register_search


def register() -> None:
    register_nav(
        "Sell", "Products", "catalog:list",
        icon="cube", permission=Permission.VIEW_CATALOG, order=28, shortcut="p",
    )  # fmt: skip
    register_nav(
        "Setup", "Tax rates", "catalog:tax_rates",
        icon="receipt-percent", permission=Permission.MANAGE_SETTINGS, order=84,
    )  # fmt: skip
    register_search("products", _search)


def _search(user: User, text: str) -> list[Item]:
    if not user.may(Permission.VIEW_CATALOG):
        return []
    return [
        Item(product.name, reverse("catalog:detail", args=[product.pk]), product.sku, "Products")
        for product in find_products(text, limit=5)
    ]
