"""Prepaid credits: what is left, what was drawn, what expires."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import DecimalField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from orders.models import CreditDraw, CreditGrant, Subscription
from q2c.catalog.models import Product

ZERO = Decimal(0)
LATEST = 36
_DAY = timedelta(days=1)


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


@dataclass(frozen=True, slots=True)
class Granted:
    """Credits that came on a day, with what is left of them: with a period, or bought."""

    quantity: Decimal
    starts_on: date
    last_day: date | None
    left: Decimal
    is_bought: bool
    has_expired: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the use of a billing period drew of a product's credits; `last_day` is inclusive."""

    start: date
    last_day: date
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class CreditAccount:
    """A customer's credits of a product: how they stand, what came and what drew on them, latest first."""

    product: Product
    balance: CreditBalance
    grants: list[Granted]
    draws: list[Drawn]


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


def has_credits(customer_id: int, *, on: date) -> bool:
    """Say whether a customer was ever given credits by a day."""
    return CreditGrant.objects.filter(customer_id=customer_id, starts_on__lte=on).exists()


def credit_accounts(customer_id: int, *, on: date) -> list[CreditAccount]:
    """Return a customer's prepaid credits on a day by product, and what drew on them by period.

    Of each at most LATEST grants and periods are told; the balance counts all.
    """
    grants = CreditGrant.objects.filter(customer_id=customer_id, starts_on__lte=on)
    by_product: dict[int, list[Any]] = defaultdict(list)
    for grant in _with_draws(grants).select_related("product").order_by("product__name", "pk"):
        by_product[grant.product_id].append(grant)
    draws: dict[int, list[Drawn]] = defaultdict(list)
    rows = CreditDraw.objects.filter(grant__customer_id=customer_id).order_by("-period_start")
    periods = rows.values_list("grant__product", "period_start", "period_end")
    for product_id, start, end, quantity in periods.annotate(Sum("quantity")):
        draws[product_id].append(Drawn(start, end - _DAY, quantity))
    return [
        CreditAccount(
            product=found[0].product,
            balance=_balance(found, on),
            grants=[_granted(grant, on) for grant in sorted(found, key=_start, reverse=True)][
                :LATEST
            ],
            draws=draws[product_id][:LATEST],
        )
        for product_id, found in by_product.items()
    ]


def _start(grant: Any) -> tuple[date, int]:
    return grant.starts_on, grant.pk


def _granted(grant: Any, on: date) -> Granted:
    end = grant.expires_on
    return Granted(
        quantity=grant.quantity,
        starts_on=grant.starts_on,
        last_day=end - _DAY if end else None,
        left=max(grant.quantity - grant.drawn, ZERO),
        is_bought=grant.item_id is None,
        has_expired=end is not None and end <= on,
    )


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
