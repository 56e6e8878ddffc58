"""Prepaid credits: what is left, what was drawn, what expires."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import DecimalField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from orders.models import CreditDraw, CreditGrant, Subscription

ZERO = Decimal(0)


@dataclass(slots=True)
class OpenGrant:
    """Credits as a billing run draws them; `item_id` None: any item of the product may."""

    id: int
    customer_id: int
    product_id: int
    item_id: int | None
    starts_on: date
    expires_on: date | None
    left: Decimal


class Draw(NamedTuple):
    """What the use of an item in a period took of a grant."""

    grant_id: int
    item_id: int
    period_start: date
    period_end: date
    revision: int
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class CreditBalance:
    """The credits of a product on a day: all that came by then, less what was used and what expired."""

    product_id: int
    name: str
    unit: str
    granted: Decimal
    drawn: Decimal
    expired: Decimal
    balance: Decimal
    expiring: list[tuple[date, Decimal]]


def open_grants(customer_ids: Collection[int]) -> dict[int, list[OpenGrant]]:
    """Return what is left of customers' credits, locked until the transaction ends."""
    rows = (
        _with_draws(CreditGrant.objects.filter(customer_id__in=customer_ids))
        .select_for_update(no_key=True, of=("self",))
        .order_by("pk")
    )
    found: dict[int, list[OpenGrant]] = defaultdict(list)
    for row in rows:
        left = row.quantity - row.drawn
        if left > 0:
            found[row.customer_id].append(
                OpenGrant(
                    row.pk, row.customer_id, row.product_id, row.item_id, row.starts_on,
                    row.expires_on, left,
                )
            )  # fmt: skip
    return found


def drawn_by(item_id: int) -> dict[date, Decimal]:
    """Return what an item's use took of credits, by the start of the billing period."""
    rows = CreditDraw.objects.filter(item_id=item_id)
    return dict(rows.values_list("period_start").annotate(Sum("quantity")))


def credit_balances(subscription: Subscription, *, on: date) -> list[CreditBalance]:
    """Return the credits that a subscription can use on a day, or when it starts, by product."""
    on = max(on, subscription.starts_on)
    items = subscription.items.filter(charge_kind="usage")
    grants = CreditGrant.objects.filter(
        Q(item__in=items)
        | Q(item=None, customer_id=subscription.customer_id, product__in=items.values("product")),
        starts_on__lte=on,
    )
    by_product: dict[int, list[Any]] = defaultdict(list)
    for grant in _with_draws(grants).select_related("product").order_by("product__name", "pk"):
        by_product[grant.product_id].append(grant)
    return [_balance(found, on) for found in by_product.values()]


def _balance(grants: list[Any], on: date) -> CreditBalance:
    product = grants[0].product
    expired, expiring = ZERO, dict[date, Decimal]()
    for grant in grants:
        left = max(grant.quantity - grant.drawn, ZERO)
        if grant.expires_on is None or not left:
            continue
        if grant.expires_on <= on:
            expired += left
        else:
            expiring[grant.expires_on] = expiring.get(grant.expires_on, ZERO) + left
    granted = _sum(grant.quantity for grant in grants)
    drawn = _sum(grant.drawn for grant in grants)
    return CreditBalance(
        product.pk, product.name, product.unit, granted, drawn, expired,
        max(granted - drawn - expired, ZERO), sorted(expiring.items()),
    )  # fmt: skip


def _with_draws(grants: QuerySet[CreditGrant]) -> QuerySet[Any]:
    draws = CreditDraw.objects.filter(grant=OuterRef("pk")).order_by().values("grant")
    total = draws.annotate(total=Sum("quantity")).values("total")
    return grants.annotate(drawn=Coalesce(Subquery(total), ZERO, output_field=DecimalField()))


def _sum(quantities: Iterable[Decimal]) -> Decimal:
    return sum(quantities, ZERO)
