"""Copies on the way from an accepted quote to an order and its subscription."""

from datetime import date

from orders.models import OrderLine, SubscriptionItem
from quotes.queries import AcceptedLine


def order_line(order_id: int, line: AcceptedLine) -> OrderLine:
    """Copy an accepted line onto an order, without saving."""
    return OrderLine(
        order_id=order_id,
        position=line.position,
        quote_line_id=line.id,
        product_id=line.product_id,
        description=line.description,
        kind=line.kind,
        charge_kind=line.charge_kind,
        months=line.months,
        weeks=line.weeks,
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
