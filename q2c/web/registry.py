"""What apps bring to shared pages: navigation, home cards, search results, panels."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from q2c.identity.models import User
from q2c.identity.roles import Permission


@dataclass(frozen=True)
class NavEntry:
    """One link of the left navigation."""

    section: str
    label: str
    url_name: str
    icon: str
    permission: Permission | None
    order: int
    shortcut: str = ""


@dataclass(frozen=True)
class Item:
    """One line of a home card or of a search result."""

    label: str
    url: str
    meta: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Card:
    """What waits for this person, on the home page."""

    title: str
    count: int
    items: Iterable[Item] = field(default_factory=tuple)
    tone: str = "grey"
    url: str = ""
    empty: str = ""


@dataclass(frozen=True)
class Panel:
    """A fragment that an app serves on another app's page; loaded by htmx with the object's id."""

    slot: str
    title: str
    url_name: str
    permission: Permission | None
    order: int


_nav: dict[str, NavEntry] = {}
_homes: dict[str, Callable[[User, datetime], Iterable[Card]]] = {}
_searches: dict[str, Callable[[User, str], Iterable[Item]]] = {}
_panels: dict[tuple[str, str], Panel] = {}


def register_nav(  # noqa: PLR0913  what a link shows and who sees it
    section: str,
    label: str,
    url_name: str,
    *,
    icon: str,
    permission: Permission | None = None,
    order: int = 100,
    shortcut: str = "",
) -> None:
    """Add a link to the navigation; `shortcut` is the letter after `g`."""
    _nav[url_name] = NavEntry(section, label, url_name, icon, permission, order, shortcut)


def register_home(name: str, provider: Callable[[User, datetime], Iterable[Card]]) -> None:
    """Add cards to the home page; the provider leaves out what the user may not see."""
    _homes[name] = provider


def register_search(name: str, provider: Callable[[User, str], Iterable[Item]]) -> None:
    """Add a source to search and the command palette; at most a handful of items each."""
    _searches[name] = provider


def register_panel(
    slot: str,
    title: str,
    url_name: str,
    *,
    permission: Permission | None = None,
    order: int = 100,
) -> None:
    """Add a fragment to a slot: customer, subscription, invoice, payment, quote, contract, order,
    or the kind of a product.
    """
    _panels[slot, url_name] = Panel(slot, title, url_name, permission, order)


def nav_for(user: User) -> list[NavEntry]:
    entries = [e for e in _nav.values() if e.permission is None or user.may(e.permission)]
    return sorted(entries, key=lambda entry: (entry.order, entry.label))


def cards_for(user: User, at: datetime) -> list[Card]:
    return [card for provider in _homes.values() for card in provider(user, at)]


def search_for(user: User, text: str) -> list[Item]:
    return [item for provider in _searches.values() for item in provider(user, text)]


def panels_for(user: User, slot: str) -> list[Panel]:
    panels: list[Any] = [
        p
        for p in _panels.values()
        if p.slot == slot and (p.permission is None or user.may(p.permission))
    ]
    return sorted(panels, key=lambda panel: (panel.order, panel.title))
