"""What quotes bring to the shared pages: navigation, home cards, search, a customer panel."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.clock import day_in
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
from quotes.models import Quote
from quotes.queries import inbox_of, matching, visible_to, with_taken
from quotes.queries.evidence import OPEN_REASONS, WORDS

_SOON = timedelta(days=7)


def register() -> None:
    register_nav(
        "Sell", "Quotes", "quotes:list",
        icon="document-text", permission=Permission.VIEW_QUOTES, order=20, shortcut="q",
    )  # fmt: skip
    register_nav(
        "Sell", "Approvals", "quotes:approvals",
        icon="check-badge", permission=Permission.APPROVE_QUOTES, order=22, shortcut="v",
    )  # fmt: skip
    register_nav(
        "Setup", "Price books", "quotes:price_books",
        icon="book-open", permission=Permission.EDIT_CATALOG, order=83,
    )  # fmt: skip
    register_nav(
        "Setup", "Price rules", "quotes:price_rules",
        icon="scale", permission=Permission.EDIT_CATALOG, order=84,
    )  # fmt: skip
    register_nav(
        "Setup", "Questionnaires", "quotes:questionnaires",
        icon="chat-bubble-left-right", permission=Permission.EDIT_CATALOG, order=84,
    )  # fmt: skip
    register_nav(
        "Setup", "Approval policies", "quotes:policies",
        icon="shield-check", permission=Permission.MANAGE_SETTINGS, order=85,
    )  # fmt: skip
    register_nav(
        "Setup", "Reasons won and lost", "quotes:close_reasons",
        icon="trophy", permission=Permission.MANAGE_SETTINGS, order=86,
    )  # fmt: skip
    tell(WORDS, open_reasons=OPEN_REASONS)
    register_home("quotes", _home)
    register_search("quotes", _search)
    register_panel(
        "quote", "Evidence", "quotes:evidence", permission=Permission.VIEW_QUOTES, order=90
    )
    register_panel(
        "customer", "Quotes", "quotes:of_customer", permission=Permission.VIEW_QUOTES, order=10
    )


def _search(user: User, text: str) -> list[Item]:
    if not user.may(Permission.VIEW_QUOTES):
        return []
    found = (
        with_taken(matching(visible_to(user), text)).select_related("customer").order_by("-id")[:6]
    )
    return [_item(quote, kind="Quotes") for quote in found]


def _home(user: User, at: datetime) -> Iterable[Card]:
    if user.may(Permission.APPROVE_QUOTES):
        yield _approvals(user, at)
    if not user.may(Permission.EDIT_QUOTES):
        return
    mine = with_taken(Quote.objects.filter(owner=user)).select_related("customer").order_by("-id")
    today = day_in("UTC", at)
    sent = mine.filter(state="sent")
    yield _card("Your drafts", mine.filter(state="draft"), "draft", empty="Nothing half done.")
    yield _card(
        "Approved, to be sent",
        mine.filter(state="approved"),
        "approved",
        tone="amber",
        empty="Everything approved has been sent.",
    )
    yield _card(
        "Offers that run out within 7 days",
        sent.filter(valid_until__lte=today + _SOON).order_by("valid_until", "id"),
        "sent",
        tone="amber",
        empty="No offer runs out this week.",
    )
    yield _card(
        "Read by the customer lately",
        sent.filter(first_viewed_at__gte=at - _SOON).order_by("-first_viewed_at"),
        "sent",
        empty="Nobody has opened an offer this week.",
    )
    yield _card(
        "Accepted lately",
        mine.filter(state="accepted", decided_at__gte=at - _SOON).order_by("-decided_at"),
        "accepted",
        tone="green",
        empty="Nothing accepted this week.",
    )


def _approvals(user: User, at: datetime) -> Card:
    waiting = inbox_of(user, at=at)
    items = [
        Item(
            f"{request.quote.number} {request.quote.customer}",
            reverse("quotes:detail", args=[request.quote_id]),
            request.reason,
        )
        for request in waiting[:5]
    ]
    return Card(
        title="Quotes waiting for your approval",
        count=waiting.count(),
        items=items,
        tone="amber",
        url=reverse("quotes:approvals"),
        empty="Nobody waits for you.",
    )


def _card(
    title: str, quotes: QuerySet[Quote], state: str, *, empty: str, tone: str = "grey"
) -> Card:
    return Card(
        title=title,
        count=quotes.count(),
        items=[_item(quote) for quote in quotes[:5]],
        tone=tone,
        url=f"{reverse('quotes:list')}?state={state}&of=mine",
        empty=empty,
    )


def _item(quote: Any, *, kind: str = "") -> Item:
    until = f", until {day(quote.valid_until)}" if quote.state == "sent" else ""
    return Item(
        f"{quote.number} {quote.customer}",
        reverse("quotes:detail", args=[quote.pk]),
        f"{money(quote.taken_total, quote.currency)}{until}",
        kind,
    )
