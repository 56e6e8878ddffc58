"""What a product sells for alone, by which bundles are split, and what it costs us."""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from q2c.catalog.actions.versions import product_to_edit, publish_change
from q2c.catalog.models import Product, ProductCost, StandalonePrice
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.kernel.errors import Refused
from q2c.kernel.money import Rate, minor_digits
from q2c.kernel.rating import plain


@transaction.atomic
def set_standalone_price(
    product_id: int, rate: Rate, *, starts_on: date, by: User | None, at: datetime
) -> StandalonePrice:
    """Say what a unit sells for (a month, where it recurs) from a day, in the rate's currency.

    A price from the same day is replaced; contracts already split keep their shares.
    """
    product = product_to_edit(product_id, by=by)
    _check(rate, "A price cannot be negative.")
    price, change = _replaced(StandalonePrice, product, rate, starts_on)
    if change[1][0] != change[1][1]:
        publish_change(product, {f"standalone price {change[0]}": change[1]}, by=by, at=at)
    return price


@transaction.atomic
def remove_standalone_price(
    product_id: int, price_id: int, *, by: User | None, at: datetime
) -> None:
    """Take back a standalone price; the one before it holds on."""
    product = product_to_edit(product_id, by=by)
    name, change = _removed(product.standalone_prices, price_id, "There is no such price any more.")
    publish_change(product, {f"standalone price {name}": change}, by=by, at=at)


@transaction.atomic
def set_cost(
    product_id: int, rate: Rate, *, starts_on: date, by: User | None, at: datetime
) -> ProductCost:
    """Say what a unit costs us (a month, where it recurs) from a day, in the rate's currency.

    Quotes already made keep the cost they copied.
    """
    require(by, Permission.VIEW_MARGIN)
    product = product_to_edit(product_id, by=by)
    _check(rate, "A cost cannot be negative.")
    cost, change = _replaced(ProductCost, product, rate, starts_on)
    if change[1][0] != change[1][1]:
        publish_change(product, {f"cost {change[0]}": change[1]}, by=by, at=at)
    return cost


@transaction.atomic
def remove_cost(product_id: int, cost_id: int, *, by: User | None, at: datetime) -> None:
    """Take back a cost; the one before it holds on."""
    require(by, Permission.VIEW_MARGIN)
    product = product_to_edit(product_id, by=by)
    name, change = _removed(product.costs, cost_id, "There is no such cost any more.")
    publish_change(product, {f"cost {name}": change}, by=by, at=at)


def _check(rate: Rate, words: str) -> None:
    try:
        minor_digits(rate.currency)
    except Refused as refusal:
        raise Refused(refusal.message, field="currency") from None
    if rate.amount < 0:
        raise Refused(words, field="amount")


def _replaced(
    model: Any, product: Product, rate: Rate, starts_on: date
) -> tuple[Any, tuple[str, list[str | None]]]:
    """Write the amount from its day; return the row and (name, [was, is])."""
    key = {"product": product, "currency": rate.currency, "starts_on": starts_on}
    before = model.objects.filter(**key).first()
    row, _ = model.objects.update_or_create(**key, defaults={"amount": rate.amount})
    was = plain(before.amount) if before else None
    return row, (_name(rate.currency, starts_on), [was, plain(rate.amount)])


def _removed(rows: Any, row_id: int, words: str) -> tuple[str, list[str | None]]:
    row = rows.filter(pk=row_id).first()
    if row is None:
        raise Refused(words)
    name, was = _name(row.currency, row.starts_on), plain(row.amount)
    row.delete()
    return name, [was, None]


def _name(currency: str, starts_on: date) -> str:
    return f"{currency} from {starts_on:%d %b %Y}"
