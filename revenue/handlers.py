"""What this app does about facts."""

from typing import Any


def post_application(fact: Any) -> None:
    raise NotImplementedError


def post_invoices(fact: Any) -> None:
    raise NotImplementedError


def post_payment(fact: Any) -> None:
    raise NotImplementedError


def post_refund(fact: Any) -> None:
    raise NotImplementedError
