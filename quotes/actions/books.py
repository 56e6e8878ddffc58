"""Price books: in one currency, for everybody or for the customers and deals they name."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from q2c.customers.models import Customer
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.locks import check_version, locked
from q2c.kernel.codes import checked_country, checked_currency
from q2c.kernel.errors import Refused
from q2c.kernel.proration_policy import ProrationPolicy
from quotes.events import PriceBookEdited
from quotes.models import PriceBook
from quotes.rules.billing_terms import in_words


@dataclass(frozen=True, kw_only=True)
class BookDraft:
    """A price book as told; what is empty does not limit whom it is for. Days are [start, end).

    Quotes from it begin with its `proration`, a kernel ProrationPolicy as JSON.
    """

    name: str
    currency: str
    is_active: bool = True
    base_id: int | None = None
    customer_id: int | None = None
    region: str = ""
    channel: str = ""
    segment: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    priority: int = 0
    proration: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def add_price_book(draft: BookDraft, *, by: User, at: datetime) -> PriceBook:
    """Open an empty book in a currency."""
    require(by, Permission.EDIT_CATALOG)
    values = _checked(draft)
    book = PriceBook.objects.create(**values)
    changes = {
        _label(n): ["", _words(n, v)] for n, v in values.items() if v not in (None, "", 0, True)
    }
    publish(PriceBookEdited(at=at, price_book_id=book.pk), by=by, changes=changes)
    return book


@transaction.atomic
def change_price_book(
    price_book_id: int, draft: BookDraft, *, by: User, at: datetime, seen: int | None = None
) -> PriceBook:
    """Rename a book, retire it, or change whom it is for; quotes made from it keep their prices.

    `seen` is the version that the person looked at.
    """
    require(by, Permission.EDIT_CATALOG)
    book = locked(PriceBook, price_book_id)
    check_version(book.version, seen)
    values = _checked(draft, besides=book)
    before = {name: getattr(book, name) for name in values}
    for name, value in values.items():
        setattr(book, name, value)
    book.version += 1
    book.save()
    changes = {
        _label(n): [_words(n, old), _words(n, values[n])]
        for n, old in before.items()
        if old != values[n]
    }
    publish(PriceBookEdited(at=at, price_book_id=book.pk), by=by, changes=changes)
    return book


def _checked(draft: BookDraft, *, besides: PriceBook | None = None) -> dict[str, Any]:
    values = asdict(draft) | {"name": draft.name.strip(), "region": draft.region.strip().upper()}
    values["currency"] = checked_currency(draft.currency)
    if not 1 <= len(values["name"]) <= 100:
        raise Refused("Give the book a name of 1 to 100 characters.", field="name")
    if any(same != besides for same in PriceBook.objects.filter(name=values["name"])):
        raise Refused("Another price book has this name.", field="name")
    if besides and besides.currency != values["currency"]:
        raise Refused("A book stays in its currency; add another one.", field="currency")
    if values["region"]:
        checked_country(values["region"].partition("-")[0], field="region")
    _check_choices(draft)
    ProrationPolicy.from_json(draft.proration)
    if draft.starts_on and draft.ends_on and draft.ends_on <= draft.starts_on:
        raise Refused("The book must end after it starts.", field="ends_on")
    if not -1000 <= draft.priority <= 1000:
        raise Refused("A priority lies between −1000 and 1000.", field="priority")
    if draft.customer_id and not Customer.objects.filter(pk=draft.customer_id).exists():
        raise Refused("There is no such customer.", field="customer")
    _check_base(draft, besides)
    return values


def _check_choices(draft: BookDraft) -> None:
    known = {"channel": settings.SALES_CHANNELS, "segment": settings.CUSTOMER_SEGMENTS}
    for name, choices in known.items():
        if getattr(draft, name) and getattr(draft, name) not in choices:
            raise Refused(f"Choose one of {', '.join(choices)}.", field=name)


def _check_base(draft: BookDraft, book: PriceBook | None) -> None:
    if draft.base_id is None:
        return
    base = PriceBook.objects.filter(pk=draft.base_id).first()
    if base is None or base == book:
        raise Refused("Choose another book that fills the gaps.", field="base")
    if base.currency != draft.currency:
        raise Refused(
            f"“{base.name}” is in {base.currency}, this book in {draft.currency}.", field="base"
        )
    is_base = book is not None and PriceBook.objects.filter(base=book).exists()
    if base.base_id is not None or is_base:
        raise Refused("A book that fills gaps has none that fills its own.", field="base")


_LABELS = {
    "customer_id": "contract prices of",
    "base_id": "gaps filled from",
    "starts_on": "quotes that start from",
    "ends_on": "quotes that start until",
    "proration": "billing periods",
    "is_active": "in use for new quotes",
}


def _label(name: str) -> str:
    return _LABELS.get(name, name)


def _words(name: str, value: Any) -> str:
    """Say a value as the book's page does."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return f"{value - timedelta(days=name == 'ends_on'):%d %b %Y}"
    if name == "proration":
        return in_words(value)
    rows: dict[str, Any] = {"customer_id": Customer.objects, "base_id": PriceBook.objects}
    return str(rows[name].get(pk=value) if name in rows else value)
