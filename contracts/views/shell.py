"""What contracts bring to the shared pages: navigation, search, home, panels."""

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse
from django.utils import timezone

from contracts.models import Contract
from contracts.queries import ending_soon, inbox_of, matching, to_countersign, visible_to
from contracts.queries.clauses import library, matching_clauses
from contracts.queries.evidence import OPEN_REASONS, WORDS
from contracts.queries.final_text import awaiting_customer
from contracts.rules.renewal import notice_by
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.web.evidence import tell
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
    see = Permission.VIEW_CONTRACTS
    register_nav(
        "Sell", "Contracts", "contracts:list",
        icon="document-text", permission=see, order=30, shortcut="k",
    )  # fmt: skip
    register_nav(
        "Setup", "Clauses", "contracts:clauses",
        icon="bookmark-square", permission=Permission.EDIT_CONTRACTS, order=83,
    )  # fmt: skip
    register_nav(
        "Setup", "Contract templates", "contracts:templates",
        icon="document-duplicate", permission=Permission.EDIT_CONTRACTS, order=84,
    )  # fmt: skip
    register_nav(
        "Setup", "Contract policies", "contracts:policies",
        icon="scale", permission=Permission.MANAGE_SETTINGS, order=85,
    )  # fmt: skip
    tell(WORDS, open_reasons=OPEN_REASONS)
    register_home("contracts", _home)
    register_search("contracts", _search)
    register_search("clauses", _search_clauses)
    register_panel("contract", "Evidence", "contracts:evidence", permission=see, order=90)
    register_panel("customer", "Contracts", "contracts:customer_panel", permission=see, order=30)
    register_panel("quote", "Contract", "contracts:quote_panel", permission=see, order=10)


def _home(user: User, at: datetime) -> Iterable[Card]:
    if user.may(Permission.APPROVE_CONTRACTS_LEGAL) or user.may(
        Permission.APPROVE_CONTRACTS_FINANCE
    ):
        yield _inbox(user)
    if user.may(Permission.COUNTERSIGN_CONTRACTS):
        yield _to_sign(user)
    if user.may(Permission.VIEW_CONTRACTS):
        yield from _with_customers(user)
        yield from _ending(user, at)


def _inbox(user: User) -> Card:
    waiting = inbox_of(user)
    return Card(
        title="Contracts waiting for your approval",
        count=waiting.count(),
        items=[_item(one.contract, meta=f"{one.desk}: {one.reason}") for one in waiting[:5]],
        tone="amber",
        url=reverse("contracts:list") + "?state=in_approval",
        empty="No contract waits for you.",
    )


def _to_sign(user: User) -> Card:
    waiting = to_countersign(user)
    return Card(
        title="Contracts to countersign",
        count=waiting.count(),
        items=[_item(contract) for contract in waiting[:5]],
        tone="amber",
        url=reverse("contracts:list") + "?state=approved",
        empty="Every approved contract is signed.",
    )


def _with_customers(user: User) -> Iterable[Card]:
    waiting = awaiting_customer(visible_to(user).filter(owner=user))
    if count := waiting.count():
        yield Card(
            title="Final texts for your customers to sign",
            count=count,
            items=[_item(one) for one in waiting.select_related("customer").order_by("pk")[:5]],
            tone="blue",
            url=reverse("contracts:list") + "?text=unsigned",
        )


def _ending(user: User, at: datetime) -> Iterable[Card]:
    ending = ending_soon(on=timezone.localdate(at)).filter(owner=user)
    if count := ending.count():
        yield Card(
            title="Your contracts that end within 90 days",
            count=count,
            items=[
                _item(contract, meta=f"until {day(notice_by(contract.ends_on, 0))}")
                for contract in ending.select_related("customer")[:5]
            ],
            tone="blue",
            url=reverse("contracts:list") + "?state=signed",
        )


def _search(user: User, text: str) -> list[Item]:
    if not user.may(Permission.VIEW_CONTRACTS):
        return []
    found = matching(visible_to(user), text).select_related("customer")
    return [_item(contract) for contract in found.order_by("-created_at", "-id")[:6]]


def _search_clauses(user: User, text: str) -> list[Item]:
    if not user.may(Permission.EDIT_CONTRACTS):
        return []
    found = matching_clauses(library().filter(archived_at=None), text)[:6]
    return [
        Item(one.name, reverse("contracts:clause", args=[one.pk]), one.topic, "Clauses")
        for one in found
    ]


def _item(contract: Contract, *, meta: str = "") -> Item:
    return Item(
        f"{contract.number} · {contract.customer.legal_name}",
        reverse("contracts:detail", args=[contract.pk]),
        meta or money(contract.total, contract.currency),
        "Contracts",
    )
