"""Prepaid credits: what brings them, and what use takes of them."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Coalesce, Least

from orders.models import CreditDraw, CreditGrant, Order, OrderLine, SubscriptionItem
from orders.queries.credits import Draw
from orders.rules.credits import Credited, granted
from q2c.kernel.bands import read_tiers
from q2c.kernel.billing_time import Billing, settled_policy
from q2c.kernel.periods import Cadence
from q2c.kernel.rating import ChargeKind, ChargeModel


@transaction.atomic
def grant_credits(order_id: int, *, at: datetime) -> None:
    """Give what an order bought, and what the first billing period of its items brings."""
    order = Order.objects.select_related("contract").get(pk=order_id)
    bought = order.lines.filter(kind="usage", charge_kind=ChargeKind.ONE_TIME.value)
    CreditGrant.objects.bulk_create(
        [_bought(order, line, at=at) for line in bought], ignore_conflicts=True
    )
    items = SubscriptionItem.objects.filter(order_line__order=order)
    ids = list(items.filter(charge_model=ChargeModel.CREDITS.value).values_list("pk", flat=True))
    if ids:
        grant_period_credits(ids, through=order.ordered_on, at=at)


@transaction.atomic
def grant_period_credits(item_ids: Collection[int], *, through: date, at: datetime) -> None:
    """Give the items what their billing periods bring that have begun by a day; at least the first.

    The latest grant is set anew: its item may end within the period. Safe to call twice.
    """
    latest = dict(
        CreditGrant.objects.filter(item_id__in=item_ids)
        .values_list("item_id")
        .annotate(Max("starts_on"))
    )
    rows = [
        CreditGrant(
            customer_id=item.subscription.customer_id,
            product_id=item.product_id,
            item=item,
            quantity=one.quantity,
            starts_on=one.starts_on,
            expires_on=one.expires_on,
            created_at=at,
        )
        for item, credited in _credited(item_ids)
        for one in granted(
            credited,
            since=latest.get(item.pk) or credited.first,
            through=max(through, credited.first),
        )
    ]
    CreditGrant.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["item", "starts_on"],
        update_fields=["quantity", "expires_on"],
    )


@transaction.atomic
def draw_credits(draws: Sequence[Draw], *, at: datetime) -> None:
    """Write down what use took of grants; the same use can take nothing twice."""
    CreditDraw.objects.bulk_create(
        [CreditDraw(**draw._asdict(), drawn_at=at) for draw in draws], batch_size=1000
    )


def _bought(order: Order, line: OrderLine, *, at: datetime) -> CreditGrant:
    """Return credits that a line bought: its quantity, until the contract ends unless they stay."""
    contract = order.contract
    return CreditGrant(
        customer_id=order.customer_id,
        product_id=line.product_id,
        order_line=line,
        quantity=line.quantity,
        starts_on=line.starts_on or contract.starts_on,
        expires_on=None if line.keeps_credits else contract.ends_on,
        created_at=at,
    )


def _credited(item_ids: Collection[int]) -> list[tuple[SubscriptionItem, Credited]]:
    rows = (
        SubscriptionItem.objects.filter(pk__in=item_ids)
        .select_related("subscription__order")
        .annotate(
            first=Coalesce("starts_on", "subscription__starts_on"),
            end=Least("ends_on", "subscription__ends_on"),
            anchor=Coalesce("subscription__anchor_on", "subscription__starts_on"),
        )
    )
    found: list[tuple[SubscriptionItem, Credited]] = []
    for item in rows:
        covered = read_tiers(item.tiers)[0].up_to
        assert covered is not None, "the first tier of credits says how many"
        policy = settled_policy(item.subscription.order.proration)
        grid = Billing(Cadence(item.months, item.weeks), item.anchor, policy).grid
        found.append((item, Credited(grid, item.first, item.end, covered, item.keeps_credits)))
    return found
