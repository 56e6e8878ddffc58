from orders.models.credit import CreditDraw, CreditGrant
from orders.models.order import Order, OrderLine
from orders.models.shipment import Shipment, ShipmentLine
from orders.models.subscription import Subscription, SubscriptionItem
from orders.models.usage import UsageEvent

__all__ = [
    "CreditDraw",
    "CreditGrant",
    "Order",
    "OrderLine",
    "Shipment",
    "ShipmentLine",
    "Subscription",
    "SubscriptionItem",
    "UsageEvent",
]
