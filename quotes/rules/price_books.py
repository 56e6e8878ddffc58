"""Which price book a new quote takes its prices from, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Book:
    """A price book as far as it is chosen by. Empty: it is for all; the days are [start, end)."""

    id: int
    name: str
    currency: str
    customer_id: int | None = None
    region: str = ""
    channel: str = ""
    segment: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    priority: int = 0
    has_prices: bool = True


@dataclass(frozen=True, slots=True)
class Deal:
    """What a book is wanted for; `on` is the day that the quote's term starts."""

    currency: str
    on: date
    customer_id: int = 0
    region: str = ""
    channel: str = ""
    segment: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """The books that fit, the best first, and in words why the first is it."""

    fitting: tuple[Book, ...]
    words: str
    misfits: tuple[tuple[Book, str], ...]

    @property
    def book(self) -> Book | None:
        return self.fitting[0] if self.fitting else None


def choose_book(books: Sequence[Book], deal: Deal) -> Choice:
    """Choose among books in whatever order they are given.

    The customer's own goes first, then the higher priority, then the one that asks for more, then
    the older one.
    """
    reasons = [(book, misfit(book, deal)) for book in books]
    fitting = tuple(sorted((book for book, why in reasons if not why), key=_rank))
    misfits = tuple((book, why) for book, why in reasons if why)
    if not fitting:
        return Choice((), "No price book fits.", misfits)
    return Choice(fitting, _words(fitting), misfits)


def misfit(book: Book, deal: Deal) -> str:
    """Return why the book is not for the deal; empty when it is."""
    if book.currency != deal.currency:
        return f"It is in {book.currency}, the customer pays in {deal.currency}."
    if book.customer_id is not None and book.customer_id != deal.customer_id:
        return "It holds another customer's prices."
    if book.region and not is_within(deal.region, book.region):
        return f"It is for {book.region}; the customer is in {deal.region or 'no known region'}."
    for name in ("channel", "segment"):
        wanted, is_so = getattr(book, name), getattr(deal, name)
        if wanted and wanted != is_so:
            return f"It is for the {name} {wanted}; this is {is_so or 'none'}."
    return _untimely(book, deal.on) or ("" if book.has_prices else "It has no prices yet.")


def _untimely(book: Book, on: date) -> str:
    if book.starts_on is not None and on < book.starts_on:
        return f"It is for quotes that start on or after {book.starts_on:%d %b %Y}."
    if book.ends_on is not None and on >= book.ends_on:
        return f"It was for quotes that start before {book.ends_on:%d %b %Y}."
    return ""


def is_within(region: str, wider: str) -> bool:
    """Tell whether a region such as US-CA lies in another such as US."""
    return region == wider or region.startswith(f"{wider}-")


def _rank(book: Book) -> tuple[bool, int, int, int]:
    return book.customer_id is None, -book.priority, -len(_asks(book)), book.id


def _asks(book: Book) -> list[str]:
    names = [
        f"{name} {getattr(book, name)}"
        for name in ("region", "channel", "segment")
        if getattr(book, name)
    ]
    return names + (["these dates"] if book.starts_on or book.ends_on else [])


def _words(fitting: Sequence[Book]) -> str:
    best = fitting[0]
    if best.customer_id is not None:
        why = "it holds the prices agreed with this customer"
    elif asks := _asks(best):
        why = f"it is for {', '.join(asks)}"
    else:
        why = f"it is the list in {best.currency}"
    if len(fitting) == 1:
        return f"“{best.name}”: {why}."
    return f"“{best.name}”: {why}. It goes before “{fitting[1].name}” {_before(best, fitting[1])}."


def _before(best: Book, next_: Book) -> str:
    if best.customer_id is not None and next_.customer_id is None:
        return "as contract prices do"
    if best.priority != next_.priority:
        return f"by its priority, {best.priority} to {next_.priority}"
    if len(_asks(best)) != len(_asks(next_)):
        return "as the narrower of the two"
    return "as the older of the two"
