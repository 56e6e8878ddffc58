"""What this app does about facts."""

from typing import Any


def charge_shipped_goods(fact: Any) -> None:
    raise NotImplementedError


def schedule_charges(fact: Any) -> None:
    raise NotImplementedError


def stop_charges(fact: Any) -> None:
    raise NotImplementedError


def deliver_invoices(fact: dict[str, Any]) -> None:
    raise NotImplementedError


def mail_dunning_letter(fact: dict[str, Any]) -> None:
    raise NotImplementedError


def mail_failed_payment(fact: dict[str, Any]) -> None:
    raise NotImplementedError


def mail_receipt(fact: dict[str, Any]) -> None:
    raise NotImplementedError
