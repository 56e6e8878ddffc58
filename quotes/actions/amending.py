"""Amend what runs: an amendment's draft lists every item; the rep keeps, changes, ends and adds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from q2c.catalog.models import ProductKind
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import publish
from q2c.infra.clock import day_in
from q2c.kernel.errors import Refused
from q2c.kernel.rating import ChargeKind, plain
from quotes.actions.bundling import NewLine
from quotes.actions.carrying import (
    RESTORED,
    carried_lines,
    change_of,
    cover,
    mark_ended,
    restore,
    set_price,
    unit_price_of,
)
from quotes.actions.cells import check_quantity
from quotes.actions.drafting import VALID_FOR, draft_of, saved, take_quote_numbers
from quotes.actions.lines import put_line
from quotes.actions.repricing import reprice
from quotes.events import QuoteCreated
from quotes.models import LineChange, Quote, QuoteKind, QuoteLine
from quotes.queries import coterm_ends
from quotes.rules.amending import Coterm
from quotes.rules.pricing import check_percent
from quotes.rules.running import Before, RunningItem
from quotes.rules.states import LIFECYCLE

ITEM = ("quantity", "unit_price", "discount_percent", "ends_on")
_PRICES = frozenset({"unit_price", "discount_percent"})


@dataclass(frozen=True, kw_only=True)
class Amended:
    """The contract to amend: its first quote, its present end, how it is billed."""

    contract_id: int
    number: str
    quote_id: int
    ends_on: date
    auto_renew: bool
    payment_terms_days: int
    anchor_on: date


@dataclass(frozen=True, kw_only=True)
class Addition:
    """A product to add, when it ends (`own_months` for a term of its own), and whose place it takes."""

    line: NewLine
    coterm: Coterm = Coterm.CONTRACT_END
    own_months: int = 12
    swaps_line_id: int | None = None


def _title(amended: Amended, *, language: str) -> str:
    """Return the heading, which the customer reads, too."""
    with translation.override(language):
        return _("Amendment to contract %(number)s") % {"number": amended.number}


@transaction.atomic
def create_amendment_quote(
    amended: Amended, items: Sequence[RunningItem], *, on: date, by: User, at: datetime
) -> Quote:
    """Draft an amendment of a day: every item that runs then or later is kept, until changed.

    Segments of a ramp that are over are not in it, so nothing can change them.
    """
    require(by, Permission.EDIT_QUOTES)
    first = Quote.objects.select_related("legal_entity").get(pk=amended.quote_id)
    today = day_in(first.legal_entity.time_zone, at)
    quote = Quote(
        number=take_quote_numbers(1, year=today.year)[0],
        state=LIFECYCLE.start.value,
        kind=QuoteKind.AMENDMENT,
        amends_contract_id=amended.contract_id,
        owner=by,
        title=_title(amended, language=first.language),
        starts_on=on,
        anchor_on=amended.anchor_on,
        amended_ends_on=amended.ends_on,
        valid_until=today + VALID_FOR,
        auto_renew=amended.auto_renew,
        payment_terms_days=amended.payment_terms_days,
        created_at=at,
        **{name: getattr(first, name) for name in _FROM_FIRST},
    )
    lasting = [item for item in items if item.ends_on is None or item.ends_on > on]
    ends = [amended.ends_on, *(item.ends_on for item in lasting if item.ends_on)]
    cover(quote, max(ends))
    quote.save()
    lines = carried_lines(quote, lasting)
    for line, item in zip(lines, lasting, strict=True):
        line.item_id, line.change = item.id, LineChange.KEEP
        line.starts_on = max(on, item.since)
        line.ends_on = item.ends_on or amended.ends_on
        line.before = Before(
            quantity=line.quantity,
            unit_price=unit_price_of(line),
            discount_percent=line.discount_percent,
            net_per_period=item.net_per_period,
            since=item.since,
            ends_on=line.ends_on,
        ).to_json()
    QuoteLine.objects.bulk_create(lines)
    reprice(quote)
    quote.save()
    publish(
        QuoteCreated(at=at, quote_id=quote.pk),
        by=by,
        customer_id=quote.customer_id,
        reason=f"Amendment of {amended.number} from {on:%d %b %Y}",
    )
    return quote


@transaction.atomic
def change_item(
    line_id: int, changes: Mapping[str, Any], *, by: User, at: datetime, seen: int | None = None
) -> QuoteLine:
    """Change an item's quantity, unit price, discount or last day from the amendment on.

    It stays the same item in lineage; with its old values again it is kept as it was.
    """
    line, quote = _item_line(line_id, by=by, seen=seen)
    if unknown := set(changes) - set(ITEM):
        raise Refused(f"{', '.join(sorted(unknown))} cannot be changed on an item.")
    if line.is_adjustment:
        raise Refused("An adjustment can only be ended; add another one instead.")
    old = {name: _value(line, name) for name in changes}
    for name, value in changes.items():
        _set(line, name, value)
    line.change = change_of(line)
    if not _PRICES.isdisjoint(changes):
        is_changed = line.change == LineChange.CHANGE
        line.negotiated_by, line.negotiated_at = (by, at) if is_changed else (None, None)
    line.save()
    cover(quote)
    reprice(quote)
    said = {
        f"{line.description}, {name.replace('_', ' ')}": [_words(value), _words(changes[name])]
        for name, value in old.items()
        if value != changes[name]
    }
    saved(quote, by=by, at=at, changes=said)
    return QuoteLine.objects.get(pk=line.pk)


@transaction.atomic
def end_item(line_id: int, *, by: User, at: datetime, seen: int | None = None) -> QuoteLine:
    """End an item with the day of the amendment; what was billed for later days is credited."""
    line, quote = _item_line(line_id, by=by, seen=seen)
    mark_ended(line)
    line.save()
    reprice(quote)
    saved(quote, by=by, at=at, changes={line.description: ["kept", "ended"]})
    return line


@transaction.atomic
def keep_item(line_id: int, *, by: User, at: datetime, seen: int | None = None) -> QuoteLine:
    """Keep an item as it was after all; what was to follow it is dropped."""
    line, quote = _item_line(line_id, by=by, seen=seen)
    quote.lines.filter(item_id=line.item_id, change="").delete()
    was = line.change
    restore(line)
    line.change, line.negotiated_by, line.negotiated_at = LineChange.KEEP, None, None
    line.save()
    reprice(quote)
    saved(quote, by=by, at=at, changes={line.description: [was, "kept"]})
    return line


@transaction.atomic
def end_all_items(quote_id: int, *, by: User, at: datetime, seen: int | None = None) -> Quote:
    """Cancel everything with the day of the amendment: the contract ends then."""
    quote = _amendment(draft_of(quote_id, by=by, seen=seen))
    quote.lines.filter(change="").delete()
    lines = list(quote.lines.all())
    for line in lines:
        mark_ended(line)
    QuoteLine.objects.bulk_update(lines, [*RESTORED, "change"])
    reprice(quote)
    return saved(quote, by=by, at=at, changes={"everything": ["kept", "ended"]})


@transaction.atomic
def add_to_amendment(
    quote_id: int,
    addition: Addition,
    *,
    by: User,
    at: datetime,
    seen: int | None = None,
) -> QuoteLine:
    """Add a product that ends as chosen; in the place of an item, where one is named.

    A swapped item ends with the day of the amendment, and the new one follows it in lineage.
    """
    quote = _amendment(draft_of(quote_id, by=by, seen=seen))
    follows = None
    if addition.swaps_line_id is not None:
        follows, _ = _item_line(addition.swaps_line_id, by=by, seen=seen)
        if follows.quote_id != quote.pk:
            raise Refused("Choose an item of this amendment.", field="swaps")
        mark_ended(follows)
        follows.save()
    end = coterm_ends(quote, own_months=addition.own_months)[addition.coterm]
    cover(quote, end)
    line, words = put_line(quote, addition.line)
    parts = quote.lines.filter(parent=line) if line.kind == ProductKind.BUNDLE else [line]
    for part in parts:
        if part.charge_kind != ChargeKind.ONE_TIME:
            part.starts_on, part.ends_on = quote.starts_on, end
            part.item_id = follows.item_id if follows else None
            part.save(update_fields=["starts_on", "ends_on", "item_id"])
    reprice(quote)
    saved(quote, by=by, at=at, changes=words)
    return quote.lines.get(pk=line.pk)


_FROM_FIRST = (
    "customer_id", "contact_id", "legal_entity_id", "price_book_id", "currency", "language",
    "proration",
)  # fmt: skip


def _set(line: QuoteLine, name: str, value: Any) -> None:
    match name:
        case "quantity":
            check_quantity(value)
            line.quantity = value
        case "discount_percent":
            check_percent(value)
            line.discount_percent = value
        case "unit_price":
            if line.tiers:
                raise Refused("Its price has tiers: give a discount.", field="unit_price")
            if value < 0:
                raise Refused("A price is not negative.", field="unit_price")
            set_price(line, value)
        case "ends_on":
            assert line.starts_on is not None, "an item's line has its days"
            if value <= line.starts_on:
                raise Refused(
                    f"It must last beyond {line.starts_on:%d %b %Y}; end it otherwise.",
                    field="ends_on",
                )
            line.ends_on = value


def _value(line: QuoteLine, name: str) -> Any:
    return unit_price_of(line) if name == "unit_price" else getattr(line, name)


def _item_line(line_id: int, *, by: User, seen: int | None) -> tuple[QuoteLine, Quote]:
    line = QuoteLine.objects.filter(pk=line_id).first()
    if line is None:
        raise Refused("This line was removed meanwhile. Reload the page to see the quote.")
    quote = draft_of(line.quote_id, by=by, seen=seen)
    line.refresh_from_db()
    if not line.before:
        raise Refused("This line is new in the amendment: change or remove it as a line.")
    return line, quote


def _amendment(quote: Quote) -> Quote:
    if quote.kind != QuoteKind.AMENDMENT:
        raise Refused("This quote amends no contract.")
    return quote


def _words(value: object) -> str:
    return plain(value) if isinstance(value, Decimal) else str(value)
