"""Raise the prices of a book from a day on: look first, then write."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.locks import locked
from q2c.kernel.errors import Refused
from q2c.kernel.rating import ChargeModel
from quotes.actions.price_books import PriceDraft, set_price
from quotes.models import Price, PriceBook
from quotes.rules.increases import Increase


@dataclass(frozen=True, slots=True)
class Raised:
    """A price in force on the day and what takes its place."""

    price: Price
    draft: PriceDraft


def preview_increase(
    book: PriceBook, increase: Increase, *, product_ids: Sequence[int], on: date
) -> list[Raised]:
    """Return the old and new prices of a book's products (none chosen: of all), unsaved.

    Percentages of other lines follow what they are taken of and stay as they are, as does what
    takes off; what is no longer sold by that day has no new price.
    """
    increase.check()
    prices = book.prices.filter(
        Q(ends_on=None) | Q(ends_on__gt=on), starts_on__lte=on
    ).select_related("product")
    if product_ids:
        prices = prices.filter(product_id__in=product_ids)
    found = prices.exclude(charge_model=ChargeModel.PERCENT_OF.value)
    found = found.exclude(unit_price__lt=0).exclude(product__ends_on__lte=on)
    raised = []
    for price in found.order_by("product__sku", "months", "weeks"):
        try:
            raised.append(Raised(price, _raised(price, increase, on)))
        except Refused as refusal:
            raise Refused(f"{price.product.name}: {refusal.message}", field=refusal.field) from None
    return raised


@transaction.atomic
def raise_prices(
    book_id: int,
    increase: Increase,
    *,
    product_ids: Sequence[int],
    on: date,
    by: User,
    at: datetime,
) -> int:
    """Write the raised prices, in force from a day on; what runs by then ends there.

    Quotes made before and running subscriptions keep their prices. Refuses when a later price is
    set already, or one starts on that very day. Returns how many prices were written.
    """
    require(by, Permission.EDIT_CATALOG)
    book = locked(PriceBook, book_id)
    raised = preview_increase(book, increase, product_ids=product_ids, on=on)
    if not raised:
        raise Refused("No price of these products is in force on that day.", field="products")
    for row in raised:
        try:
            set_price(book.pk, row.draft, by=by, at=at)
        except Refused as refusal:
            much = "percent" if increase.percent is not None else "amount"
            field = "starts_on" if refusal.field in ("starts_on", "ends_on") else much
            raise Refused(f"{row.price.product.name}: {refusal.message}", field=field) from None
    return len(raised)


def _raised(price: Price, increase: Increase, on: date) -> PriceDraft:
    """Return what takes a price's place; how it opens, its fee and its floor stay."""
    values = {field.name: getattr(price, field.name) for field in fields(PriceDraft)}
    return PriceDraft(
        **values
        | {
            "unit_price": increase.of(price.unit_price),
            "tiers": tuple(increase.of_tiers(price.tiers)),
            "starts_on": on,
        }
    )
