"""Start a quote and change its terms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction

from q2c.customers.models import Contact, Customer
from q2c.customers.portal import primary_contact
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.clock import day_in
from q2c.infra.locks import locked
from q2c.infra.numbers import document_number, take_numbers
from q2c.kernel.billing_time import billing_anchor
from q2c.kernel.errors import NotAllowed, Refused
from q2c.kernel.periods import months_after
from q2c.kernel.proration_policy import ProrationPolicy
from q2c.kernel.rating import plain
from quotes.actions.fitting import fit_days
from quotes.actions.journal import (
    HEADER,
    Cells,
    check_cells,
    difference,
    rows_of,
    write_down,
)
from quotes.actions.price_rules import check_coupon
from quotes.actions.repricing import reprice
from quotes.events import QuoteCreated, QuoteEdited
from quotes.models import DraftEdit, PriceBook, Quote, QuoteKind, QuoteLine
from quotes.queries import choice_of_book, pricing_day, quote_terms, read_lines, visible_to
from quotes.rules.pricing import check_terms
from quotes.rules.states import LIFECYCLE, QuoteState

# What an amendment takes from its contract.
_SETTLED = ("term_months", "starts_on", "discount_percent", "auto_renew", "proration")
VALID_FOR = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class NewQuote:
    """What a new quote starts from; what is left out comes from the customer.

    Without `term_months` it runs as long as the template it starts from, else for a year.
    """

    customer_id: int
    title: str = ""
    term_months: int | None = None
    starts_on: date | None = None
    price_book_id: int | None = None
    channel: str = ""


@transaction.atomic
def create_quote(new: NewQuote, *, by: User, at: datetime) -> Quote:
    """Start a draft for a customer, in their currency, from the first of the next month."""
    require(by, Permission.EDIT_QUOTES)
    customer = Customer.objects.select_related("legal_entity").filter(pk=new.customer_id).first()
    if customer is None:
        raise Refused("There is no such customer.", field="customer")
    entity = customer.legal_entity
    today = day_in(entity.time_zone, at)
    starts_on = new.starts_on or months_after(today.replace(day=1), 1)
    _check_channel(new.channel)
    book, why = _price_book(customer, new, on=starts_on)
    quote = Quote(
        number=take_quote_numbers(1, year=today.year)[0],
        customer=customer,
        contact=primary_contact(customer),
        legal_entity=entity,
        price_book=book,
        proration=book.proration,
        price_book_reason=why,
        channel=new.channel,
        owner=by,
        title=new.title.strip(),
        currency=customer.currency,
        term_months=12 if new.term_months is None else new.term_months,
        starts_on=starts_on,
        valid_until=today + VALID_FOR,
        payment_terms_days=customer.payment_terms_days,
        language=customer.language,
        created_at=at,
    )
    check_header(quote)
    quote.save()
    publish(QuoteCreated(at=at, quote_id=quote.pk), by=by, customer_id=customer.pk)
    return quote


@transaction.atomic
def change_quote(  # noqa: PLR0913  what, who, when, what they saw, what follows, whether it goes on
    quote_id: int,
    changes: Mapping[str, Any],
    *,
    by: User,
    at: datetime,
    seen: int | None = None,
    segments: str | None = None,
    typing_on: bool = False,
) -> Quote:
    """Change terms of a draft; `seen` is the edit version the person looked at.

    When the term moves under lines with days of their own, `segments` says what becomes of those
    (see rules.ramps.WAYS); without it the change is refused with that question.
    """
    cells = [("quote", name) for name in changes]
    quote = draft_of(quote_id, by=by, seen=seen, cells=cells)
    if unknown := set(changes) - set(HEADER):
        raise Refused(f"{', '.join(sorted(unknown))} cannot be changed.")
    before, term = {name: getattr(quote, name) for name in changes}, quote_terms(quote).term
    _check_settled(quote, changes)
    for name, value in changes.items():
        setattr(quote, name, value)
    if "coupon_code" in changes:
        quote.coupon_code = quote.coupon_code.strip().upper()
        check_coupon(quote.coupon_code, quote)
    check_header(quote)
    if "valid_until" in changes:
        check_validity(quote, at=at)
    fit_days(quote, before=term, way=segments)
    reprice(quote)
    changed = {n: [_words(v), _words(changes[n])] for n, v in before.items() if v != changes[n]}
    return saved(quote, by=by, at=at, changes=changed, typing_on=typing_on)


def _check_settled(quote: Quote, changes: Mapping[str, Any]) -> None:
    """Refuse to change in an amendment what its contract settles."""
    if quote.kind != QuoteKind.AMENDMENT:
        return
    for name in _SETTLED:
        if name in changes and changes[name] != getattr(quote, name):
            raise Refused(
                "The contract settles this; for another day, start another amendment.", field=name
            )


@transaction.atomic
def price_as_of_today(quote_id: int, *, by: User, at: datetime, seen: int | None = None) -> Quote:
    """Price a draft by the price rules of today; its list prices stay as they were copied."""
    quote = draft_of(quote_id, by=by, seen=seen)
    before = [str(pricing_day(quote)), str(quote.contract_total)]
    quote.priced_on = day_in(quote.legal_entity.time_zone, at)
    reprice(quote)
    changes = {
        "prices of": [before[0], str(quote.priced_on)],
        "contract total": [before[1], str(quote.contract_total)],
    }
    return saved(quote, by=by, at=at, changes=changes)


def take_quote_numbers(count: int, *, year: int) -> list[str]:
    """Reserve numbers such as Q-2026-000012: one series a year for the whole installation."""
    numbers = take_numbers(entity_id=0, kind="Q", year=year, count=count)
    return [document_number("Q", year, number) for number in numbers]


def draft_of(quote_id: int, *, by: User, seen: int | None, cells: Cells | None = None) -> Quote:
    """Return the quote, locked, if this person may change it and nobody changed it under them.

    `seen` is the edit version that they looked at; later edits of other `cells` than these are no
    hindrance. Without cells any later edit is.
    """
    quote = _draft(quote_id, by=by, seen=seen, cells=cells)
    quote.as_found = rows_of(quote)
    return quote


def draft_with_lines(
    quote_id: int, *, by: User, seen: int | None, cells: Cells | None = None
) -> tuple[Quote, list[QuoteLine]]:
    """Return the quote as `draft_of` does, and all of its lines, for who works with all of them."""
    quote = _draft(quote_id, by=by, seen=seen, cells=cells)
    lines = read_lines(quote)
    quote.as_found = rows_of(quote, lines)
    return quote, lines


def _draft(quote_id: int, *, by: User, seen: int | None, cells: Cells | None) -> Quote:
    quote = own_quote(quote_id, by=by)
    if QuoteState(quote.state) is not QuoteState.DRAFT:
        LIFECYCLE.after(QuoteState(quote.state), "edit")
    check_cells(quote, seen, cells)
    return quote


def own_quote(quote_id: int, *, by: User) -> Quote:
    """Return the quote, locked, if this person may work on it."""
    require(by, Permission.EDIT_QUOTES)
    quote = locked(Quote, quote_id, "customer", "legal_entity", "owner")
    if not visible_to(by).filter(pk=quote.pk).exists():
        raise NotAllowed("This quote belongs to a colleague.")
    return quote


def saved(  # noqa: PLR0913  what, who, when, its words, and how it belongs to other edits
    quote: Quote,
    *,
    by: User,
    at: datetime,
    changes: Mapping[str, list[str]],
    reverts: DraftEdit | None = None,
    merges: Quote | None = None,
    typing_on: bool = False,
) -> Quote:
    """Save the quote as its next edit version and tell the history what changed."""
    quote.edit_version += 1
    quote.save()
    left = quote.as_left.lines if quote.as_left else None
    rows = difference(quote.as_found, rows_of(quote, left))
    label = "; ".join(f"{name} {' → '.join(filter(None, pair))}" for name, pair in changes.items())
    write_down(
        quote,
        rows,
        label=label or "order",
        by=by,
        at=at,
        reverts=reverts,
        merges=merges,
        typing_on=typing_on,
    )
    if changes:
        publish(
            QuoteEdited(at=at, quote_id=quote.pk),
            by=by,
            customer_id=quote.customer_id,
            changes=changes,
        )
    return quote


def check_validity(quote: Quote, *, at: datetime) -> None:
    """Refuse an offer that would have run out before anybody could read it."""
    if quote.valid_until < day_in(quote.legal_entity.time_zone, at):
        raise Refused(
            "The quote is valid until a day that has passed; choose a later one.",
            field="valid_until",
        )


def check_header(quote: Quote) -> None:
    """Refuse terms that no quote may have, and settle the anchor of its billing periods."""
    if quote.kind != QuoteKind.AMENDMENT:  # that one goes on with what it amends
        policy = ProrationPolicy.from_json(quote.proration)
        quote.anchor_on = billing_anchor(policy, starts_on=quote.starts_on)
    check_terms(quote_terms(quote))
    if not 0 <= quote.payment_terms_days <= 365:
        raise Refused("Payment terms lie between 0 and 365 days.", field="payment_terms_days")
    for name, day in (("starts_on", quote.starts_on), ("valid_until", quote.valid_until)):
        if not 2000 <= day.year <= 2200:
            raise Refused("Choose a day between 2000 and 2200.", field=name)
    _check_texts(quote)
    if quote.language not in dict(settings.LANGUAGES):
        raise Refused("Choose one of the languages we write in.", field="language")
    _check_contact(quote)
    _check_channel(quote.channel)


def _check_contact(quote: Quote) -> None:
    if quote.contact_id:
        contact = Contact.objects.filter(pk=quote.contact_id).first()
        if contact is None or contact.customer_id != quote.customer_id:
            raise Refused("That contact belongs to another customer.", field="contact_id")


def _check_channel(channel: str) -> None:
    if channel and channel not in settings.SALES_CHANNELS:
        raise Refused(f"Choose one of {', '.join(settings.SALES_CHANNELS)}.", field="channel")


def _check_texts(quote: Quote) -> None:
    longest = {"title": 200, "notes": 10_000, "cover_letter": 10_000}
    for name, most in longest.items():
        if len(getattr(quote, name)) > most:
            raise Refused(f"There is room for {most:,} characters here.", field=name)


def _price_book(customer: Customer, new: NewQuote, *, on: date) -> tuple[PriceBook, str]:
    """Return the book to price from, the one asked for or the best, and why."""
    choice = choice_of_book(customer, channel=new.channel, on=on)
    if new.price_book_id is None:
        if choice.book is None:
            raise Refused(
                f"There is no active price book in {customer.currency}, the customer's currency.",
                field="price_book",
            )
        return PriceBook.objects.get(pk=choice.book.id), choice.words
    for book, why in choice.misfits:
        if book.id == new.price_book_id:
            raise Refused(f"“{book.name}” does not fit. {why}", field="price_book")
    for book in choice.fitting:
        if book.id == new.price_book_id:
            return PriceBook.objects.get(pk=book.id), f"“{book.name}”: chosen by hand."
    raise Refused("There is no such price book in use.", field="price_book")


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return plain(value) if isinstance(value, Decimal) else str(value)
