"""Copies on the way from an accepted quote to an order and its subscription."""

from collections.abc import Mapping, Sequence
from datetime import date

from orders.models import Kit, OrderLine, SubscriptionItem
from quotes.queries import AcceptedLine


def save_kits(accepted: Mapping[int, Sequence[AcceptedLine]]) -> dict[int, Kit]:
    """Save the kits of orders, given their accepted lines by order; returns them by line of goods.

    A kit is the outermost bundle of goods: a bundle within it adds parts to it.
    """
    kits: dict[int, Kit] = {}
    part_of = {}
    for order_id, lines in accepted.items():
        by_id = {line.id: line for line in lines}
        for line in lines:
            head = line
            while head.parent_id in by_id:
                head = by_id[head.parent_id]
            if line.kind == "goods" and head.kind == "bundle" and line.quantity and head.quantity:
                kits.setdefault(head.id, _kit(order_id, head))
                part_of[line.id] = head.id
    Kit.objects.bulk_create(kits.values(), batch_size=1000)
    return {line_id: kits[head_id] for line_id, head_id in part_of.items()}


def _kit(order_id: int, head: AcceptedLine) -> Kit:
    return Kit(
        order_id=order_id,
        position=head.position,
        quote_line_id=head.id,
        product_id=head.product_id,
        description=head.description,
        quantity=head.quantity,
    )


def order_line(order_id: int, line: AcceptedLine, *, kit: Kit | None = None) -> OrderLine:
    """Copy an accepted line onto an order, without saving; its kit is saved already."""
    return OrderLine(
        order_id=order_id,
        kit=kit,
        position=line.position,
        quote_line_id=line.id,
        product_id=line.product_id,
        description=line.description,
        kind=line.kind,
        charge_kind=line.charge_kind,
        months=line.months,
        weeks=line.weeks,
        price_months=line.price_months,
        starts_on=line.starts_on,
        ends_on=line.ends_on,
        in_advance=line.in_advance,
        charge_model=line.charge_model,
        tiers=line.tiers,
        unit=line.unit,
        tax_class=line.tax_class,
        revenue_pattern=line.revenue_pattern,
        quantity=line.quantity,
        list_unit_price=line.list_unit_price,
        discount_percent=line.discount_percent,
        net_per_period=line.net_per_period,
        is_adjustment=line.is_adjustment,
        keeps_credits=line.keeps_credits,
    )


def subscription_item(
    subscription_id: int, line: OrderLine, *, contract_ends_on: date | None = None
) -> SubscriptionItem:
    """Copy a recurring or usage line onto a subscription, without saving.

    What lasts to the end of the contract, such as the last segment of a ramp, has no end of its
    own: it goes on where the subscription renews itself.
    """
    return SubscriptionItem(
        subscription_id=subscription_id,
        order_line_id=line.pk,
        product_id=line.product_id,
        description=line.description,
        charge_kind=line.charge_kind,
        months=line.months,
        weeks=line.weeks,
        price_months=line.price_months,
        starts_on=line.starts_on,
        ends_on=None if line.ends_on == contract_ends_on else line.ends_on,
        in_advance=line.in_advance,
        charge_model=line.charge_model,
        tiers=line.tiers,
        unit=line.unit,
        tax_class=line.tax_class,
        revenue_pattern=line.revenue_pattern,
        quantity=line.quantity,
        unit_price=line.list_unit_price,
        discount_percent=line.discount_percent,
        net_per_period=line.net_per_period,
        is_adjustment=line.is_adjustment,
        keeps_credits=line.keeps_credits,
    )
