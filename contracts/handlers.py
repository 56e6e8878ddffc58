"""What this app does about facts."""

from typing import Any


def draw_up_contract(fact: Any) -> None:
    raise NotImplementedError


def mail_countersigners(fact: dict[str, Any]) -> None:
    raise NotImplementedError


def mail_desks(fact: dict[str, Any]) -> None:
    raise NotImplementedError


def mail_reminder(fact: dict[str, Any]) -> None:
    raise NotImplementedError


def mail_signed_contract(fact: dict[str, Any]) -> None:
    raise NotImplementedError
