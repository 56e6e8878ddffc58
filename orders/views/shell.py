"""What orders bring to the shared pages: navigation, search, home, panels."""

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse

from orders.models import Order, Subscription
from orders.queries import matching, owned_products
from orders.queries.deliveries import to_ship
from q2c.catalog.bundles import register_owned
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.web.registry import (
    Card,
    Item,
    register_home,
    register_nav,
    register_panel,
    register_search,
)
from q2c.web.templatetags.q2c import day, money


def register() -> None:
    """Join the shared pages; called once, when the app is ready."""
    see = Permission.VIEW_ORDERS
    for label, name, icon, order, shortcut in (
        ("Orders", "list", "truck", 40, "o"),
        ("Subscriptions", "subscriptions", "arrow-path", 42, "s"),
        ("Usage", "usage", "chart-bar", 44, "u"),
    ):
        register_nav(
            "Deliver", label, f"orders:{name}",
            icon=icon, permission=see, order=order, shortcut=shortcut,
        )  # fmt: skip
    register_home("orders", _home)
    register_owned("orders", owned_products)
    register_search("orders", _search)
    register_panel(
        "customer", "Orders and subscriptions", "orders:customer_panel", permission=see, order=40
    )
    register_panel("goods", "Reserved", "orders:product_panel", permission=see, order=10)
    register_panel(
        "contract", "Order and subscriptions", "orders:contract_panel", permission=see, order=10
    )


def _home(user: User, at: datetime) -> Iterable[Card]:
    if user.may(Permission.FULFIL_ORDERS):
        waiting = to_ship()
        yield Card(
            title="Orders to ship",
            count=waiting.count(),
            items=[
                Item(
                    f"{order.number} · {order.customer.legal_name}",
                    reverse("orders:detail", args=[order.pk]),
                    f"since {day(order.ordered_on)}",
                )
                for order in waiting[:5]
            ],
            tone="amber",
            url=reverse("orders:list") + "?state=to_ship",
            empty="Everything ordered has left the house.",
        )


def _search(user: User, text: str) -> list[Item]:
    if not user.may(Permission.VIEW_ORDERS):
        return []
    newest = ("-created_at", "-id")
    orders = matching(Order.objects.select_related("customer"), text).order_by(*newest)
    subscriptions = matching(Subscription.objects.select_related("customer"), text)
    return [
        *(
            Item(
                f"{order.number} · {order.customer.legal_name}",
                reverse("orders:detail", args=[order.pk]),
                money(order.total, order.currency),
                "Orders",
            )
            for order in orders[:5]
        ),
        *(
            Item(
                f"{subscription.number} · {subscription.customer.legal_name}",
                reverse("orders:subscription", args=[subscription.pk]),
                f"since {day(subscription.starts_on)}",
                "Subscriptions",
            )
            for subscription in subscriptions.order_by(*newest)[:5]
        ),
    ]
