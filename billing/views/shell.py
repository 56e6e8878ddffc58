"""What billing brings to the shared pages: navigation, search, home, panels."""

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse
from django.utils import timezone

from billing.models import Invoice
from billing.queries import lists
from billing.queries.disputes import open_disputes
from billing.queries.runs import failing, parked
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.kernel.money import minor_digits
from q2c.web.registry import (
    Card,
    Item,
    register_home,
    register_nav,
    register_panel,
    register_search,
)


def register() -> None:
    """Join the shared pages; called once, when the app is ready."""
    see, run = Permission.VIEW_INVOICES, Permission.RUN_BILLING
    register_nav(
        "Bill", "Invoices", "billing:invoices",
        icon="document-text", permission=see, order=50, shortcut="i",
    )  # fmt: skip
    register_nav(
        "Bill", "Billing runs", "billing:runs", icon="play-circle", permission=run, order=52
    )
    register_nav(
        "Bill", "Payments", "billing:payments",
        icon="credit-card", permission=see, order=54, shortcut="y",
    )  # fmt: skip
    register_nav(
        "Bill", "Collections", "billing:collections",
        icon="bell-alert", permission=Permission.MANAGE_COLLECTIONS, order=56,
    )  # fmt: skip
    register_home("billing", _home)
    register_search("billing", _search)
    register_panel("customer", "Open invoices", "billing:customer_panel", permission=see, order=10)
    register_panel("contract", "Invoices", "billing:contract_panel", permission=see, order=30)
    register_panel(
        "contract", "Agreed and invoiced", "billing:agreed_panel", permission=see, order=40
    )
    register_panel(
        "subscription", "Charges", "billing:subscription_panel", permission=see, order=10
    )


def _home(user: User, at: datetime) -> Iterable[Card]:
    if user.may(Permission.RUN_BILLING):
        yield _parked()
        yield from _failing()
    if user.may(Permission.MANAGE_COLLECTIONS):
        yield from _disputed()
        yield _overdue(at)


def _parked() -> Card:
    rows = parked()
    return Card(
        title="Customers that could not be billed",
        count=rows.count(),
        items=[
            Item(row.customer.legal_name, reverse("billing:runs"), f"since {row.at:%d %b}")
            for row in rows[:5]
        ],
        tone="red",
        url=reverse("billing:runs"),
        empty="Everybody with something due was billed.",
    )


def _failing() -> Iterable[Card]:
    parts = failing()
    if parts:
        yield Card(
            title="Billing runs that keep failing",
            count=len(parts),
            items=[
                Item(
                    f"Run of {part.on:%d %b %Y}",
                    reverse("billing:run", args=[part.run_id]),
                    part.error[:40],
                )
                for part in parts[:5]
            ],
            tone="red",
            url=reverse("billing:runs"),
        )


def _disputed() -> Iterable[Card]:
    rows = open_disputes()
    if count := rows.count():
        yield Card(
            title="Disputed payments",
            count=count,
            items=[
                Item(
                    f"{dispute.payment} · {dispute.payment.customer.legal_name}",
                    reverse("billing:payment", args=[dispute.payment_id]),
                    f"answer by {dispute.answer_by:%d %b}" if dispute.answer_by else "",
                )
                for dispute in rows[:5]
            ],
            tone="red",
            url=reverse("billing:payments") + "?tab=disputed",
        )


def _overdue(at: datetime) -> Card:
    on = timezone.localdate(at)
    rows = lists.in_tab(lists.invoices(), "overdue", on=on)
    return Card(
        title="Overdue invoices",
        count=rows[: lists.MOST_COUNTED].count(),
        items=[
            Item(
                f"{invoice} · {invoice.customer.legal_name}",
                reverse("billing:invoice", args=[invoice.pk]),
                f"{_money(invoice)}, {(on - invoice.due_on).days} days",
            )
            for invoice in rows.order_by("due_on", "id")[:5]
        ],
        tone="red",
        url=reverse("billing:invoices") + "?tab=overdue",
        empty="Nobody is late.",
    )


def _search(user: User, text: str) -> list[Item]:
    if not user.may(Permission.VIEW_INVOICES):
        return []
    rows = lists.matching(lists.invoices(), text).order_by("-issued_on", "-id")[:6]
    return [
        Item(
            f"{invoice} · {invoice.customer.legal_name}",
            reverse("billing:invoice", args=[invoice.pk]),
            f"{invoice.total:,.{minor_digits(invoice.currency)}f} {invoice.currency}",
            "Credit notes" if invoice.kind == Invoice.CREDIT_NOTE else "Invoices",
        )
        for invoice in rows
    ]


def _money(invoice: Invoice) -> str:
    return f"{invoice.open:,.{minor_digits(invoice.currency)}f} {invoice.currency}"
