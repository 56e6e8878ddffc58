from orders.models.closing import ClosedLine, Closing, ClosingReason
from orders.models.credit import CreditDraw, CreditGrant
from orders.models.order import Kit, Order, OrderLine
from orders.models.shipment import Shipment, ShipmentLine
from orders.models.subscription import Subscription, SubscriptionItem
from orders.models.usage import UsageEvent

__all__ = [
    "ClosedLine",
    "Closing",
    "ClosingReason",
    "CreditDraw",
    "CreditGrant",
    "Kit",
    "Order",
    "OrderLine",
    "Shipment",
    "ShipmentLine",
    "Subscription",
    "SubscriptionItem",
    "UsageEvent",
]
