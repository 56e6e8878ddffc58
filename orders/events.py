from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from q2c.kernel.facts import Fact


@dataclass(frozen=True, kw_only=True)
class OrderPlaced(Fact):
    """A contract became an order; its subscriptions exist and start on their date."""

    document: ClassVar[str] = "order"
    order_id: int


@dataclass(frozen=True, kw_only=True)
class GoodsShipped(Fact):
    """Some lines of an order were shipped."""

    document: ClassVar[str] = "order"
    order_id: int
    shipment_id: int


@dataclass(frozen=True, kw_only=True)
class LinesClosedShort(Fact):
    """Some of what was ordered will not be delivered; nothing of it is charged."""

    document: ClassVar[str] = "order"
    order_id: int
    closing_id: int


@dataclass(frozen=True, kw_only=True)
class OrderCompleted(Fact):
    """Everything ordered was delivered or given up."""

    document: ClassVar[str] = "order"
    order_id: int


@dataclass(frozen=True, kw_only=True)
class OrderCancelled(Fact):
    """Nothing of the order will be delivered, and nothing of it is charged."""

    document: ClassVar[str] = "order"
    order_id: int


@dataclass(frozen=True, kw_only=True)
class SubscriptionsStarted(Fact):
    """A set of subscriptions came to be."""

    document: ClassVar[str] = "subscription"
    subscription_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class SubscriptionCancelled(Fact):
    """A subscription ends on its `ends_on`."""

    document: ClassVar[str] = "subscription"
    subscription_id: int


@dataclass(frozen=True, kw_only=True)
class SubscriptionRevived(Fact):
    """A subscription that was to end on `ended_on` runs on: what renewed it was given up."""

    document: ClassVar[str] = "subscription"
    subscription_id: int
    ended_on: date


@dataclass(frozen=True, kw_only=True)
class OrdersBroughtIn(Fact):
    """Orders placed elsewhere were brought in; charges follow by set."""

    document: ClassVar[str] = "order"
    order_ids: tuple[int, ...]
