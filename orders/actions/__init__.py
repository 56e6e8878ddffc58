from orders.actions.amending import check_amendment, start_amendment
from orders.actions.cancelling import cancel_order
from orders.actions.closing import close_short
from orders.actions.credits import draw_credits, grant_credits, grant_period_credits
from orders.actions.placing import place_order
from orders.actions.renewing import draft_renewal
from orders.actions.shipping import ship_goods
from orders.actions.subscribing import cancel_subscription, end_contract, end_subscriptions
from orders.actions.usage import UsageInput, record_usage

__all__ = [
    "UsageInput",
    "cancel_order",
    "cancel_subscription",
    "check_amendment",
    "close_short",
    "draft_renewal",
    "draw_credits",
    "end_contract",
    "end_subscriptions",
    "grant_credits",
    "grant_period_credits",
    "place_order",
    "record_usage",
    "ship_goods",
    "start_amendment",
]
