"""What customers bring to the shared pages: navigation, search, home."""

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse

from q2c.customers.models import Customer
from q2c.customers.queries import find_customers
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.web.registry import Card, Item, register_home, register_nav, register_search


def register() -> None:
    register_nav(
        "Sell", "Customers", "customers:list",
        icon="building-office", permission=Permission.VIEW_CUSTOMERS, order=25, shortcut="c",
    )  # fmt: skip
    register_nav(
        "Setup", "Legal entities", "customers:legal_entities",
        icon="building-library", permission=Permission.MANAGE_SETTINGS, order=82,
    )  # fmt: skip
    register_search("customers", _search)
    register_home("customers", _home)


def _search(user: User, text: str) -> list[Item]:
    if not user.may(Permission.VIEW_CUSTOMERS):
        return []
    return [_item(customer) for customer in find_customers(text, limit=6)]


def _home(user: User, at: datetime) -> Iterable[Card]:
    if not user.may(Permission.EDIT_CUSTOMERS):
        return
    alone = Customer.objects.filter(owner=user, contacts=None).order_by("-created_at", "-id")
    yield Card(
        title="Your customers without a contact",
        count=alone.count(),
        items=[_item(customer) for customer in alone[:5]],
        tone="amber",
        url=reverse("customers:list") + "?of=mine",
        empty="Everybody has somebody to write to.",
    )


def _item(customer: Customer) -> Item:
    url = reverse("customers:detail", args=[customer.pk])
    return Item(customer.legal_name, url, customer.number, "Customers")
