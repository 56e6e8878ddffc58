"""Standalone selling prices: what a product sells for alone, by which bundles are split."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from q2c.catalog.actions.products import publish_change
from q2c.catalog.models import Product, StandalonePrice
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.locks import locked
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
    require(by, Permission.EDIT_CATALOG)
    minor_digits(rate.currency)
    if rate.amount < 0:
        raise Refused("A price cannot be negative.", field="amount")
    product = locked(Product, product_id)
    same_day = product.standalone_prices.filter(currency=rate.currency, starts_on=starts_on)
    before = same_day.first()
    price, _ = StandalonePrice.objects.update_or_create(
        product=product,
        currency=rate.currency,
        starts_on=starts_on,
        defaults={"amount": rate.amount},
    )
    name = f"standalone price {rate.currency} from {starts_on:%d %b %Y}"
    change = [plain(before.amount) if before else None, plain(Decimal(rate.amount))]
    publish_change(product, {name: change}, by=by, at=at)
    return price
