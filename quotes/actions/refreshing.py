"""Take list prices anew from the price book; what was negotiated stays as it is."""

from collections.abc import Collection, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from operator import attrgetter

from django.db import transaction

from q2c.catalog.models import ProductKind
from q2c.identity.models import User
from q2c.kernel.errors import Refused
from q2c.kernel.rating import plain
from quotes.actions.bundling import take_off
from quotes.actions.carrying import price_for
from quotes.actions.drafting import draft_of, saved
from quotes.actions.repricing import price_amounts, reprice
from quotes.models import TEXT_KINDS, Quote, QuoteLine
from quotes.queries import prices_by_beat
from quotes.rules.ramps import HUNDRED
from quotes.rules.tiers import raised

_COPIED = ("list_unit_price", "tiers", "charge_model", "floor_unit_price", "price_months")
_WRITTEN = (*_COPIED, "unit_cost", "agreed_unit_price")  # for as long as the list price
_listed = attrgetter(*_COPIED)


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A line whose list price the price book has changed, as it is and as it would be."""

    before: QuoteLine
    after: QuoteLine

    @property
    def kept(self) -> str:
        """What was negotiated and stays, in words."""
        line, parts = self.after, []
        if line.agreed_unit_price is not None:
            parts.append(f"the agreed price of {plain(line.agreed_unit_price)}")
        if line.discount_percent:
            parts.append(f"{plain(line.discount_percent)} % discount")
        if line.uplift_percent:
            parts.append(f"{plain(line.uplift_percent)} % uplift")
        return " and ".join(parts)


def price_changes(quote: Quote, lines: Sequence[QuoteLine]) -> list[PriceChange]:
    """Return the lines that the price book would price otherwise today; one query, no totals."""
    sold = [line for line in lines if _has_list_price(line)]
    ids = [line.product_id for line in sold if line.product_id]
    prices = prices_by_beat(quote.price_book_id, ids, on=quote.starts_on)
    found = []
    for line in sold:
        price = prices.get((line.product_id or 0, line.months, line.weeks))
        if price is None:
            continue
        listed = (
            price.unit_price, price.tiers, price.charge_model, price.floor_unit_price,
            price.price_months,
        )  # fmt: skip
        is_as_listed = not line.bundle_discount_percent and not line.uplift_percent
        if is_as_listed and listed == _listed(line):
            continue
        after = copy(line)
        after.list_unit_price, after.tiers = price.unit_price, price.tiers
        after.charge_model, after.floor_unit_price = price.charge_model, price.floor_unit_price
        price_for(after, price.price_months)
        take_off(after, line.bundle_discount_percent)
        if line.uplift_percent:
            after.tiers = raised(after.tiers, (HUNDRED + line.uplift_percent) / HUNDRED)
        if _listed(after) != _listed(line):
            found.append(PriceChange(line, after))
    return found


def with_new_prices(
    quote: Quote, lines: Sequence[QuoteLine], changes: Sequence[PriceChange]
) -> Quote:
    """Return an unsaved quote as it would be; the changes' lines get their new amounts."""
    after = {change.after.pk: change.after for change in changes}
    new = copy(quote)
    price_amounts([after.get(line.pk, copy(line)) for line in lines], new)
    return new


@transaction.atomic
def refresh_prices(
    quote_id: int, line_ids: Collection[int], *, by: User, at: datetime, seen: int | None = None
) -> Quote:
    """Give lines the list prices of the price book; agreed prices and discounts stay."""
    cells = [(str(pk), "list_unit_price") for pk in line_ids]
    quote = draft_of(quote_id, by=by, seen=seen, cells=cells)
    changes = [
        change
        for change in price_changes(quote, list(quote.lines.order_by("position")))
        if change.before.pk in line_ids
    ]
    if not changes:
        raise Refused("These lines have the price book's prices already.")
    QuoteLine.objects.bulk_update([change.after for change in changes], _WRITTEN)
    reprice(quote)
    words = {
        f"{change.before.description}, list price": [
            plain(change.before.list_unit_price),
            plain(change.after.list_unit_price),
        ]
        for change in changes
    }
    return saved(quote, by=by, at=at, changes=words)


def _has_list_price(line: QuoteLine) -> bool:
    is_priced = line.kind not in (ProductKind.BUNDLE, *TEXT_KINDS)
    is_kept = line.is_adjustment or line.is_contract_price
    return is_priced and not is_kept and line.list_unit_price >= Decimal(0)
