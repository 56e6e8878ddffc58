"""What this app does about facts."""

from typing import Any


def place_order(fact: Any) -> None:
    raise NotImplementedError


def mail_shipment(fact: dict[str, Any]) -> None:
    raise NotImplementedError
