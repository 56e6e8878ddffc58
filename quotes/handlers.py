"""What this app does about facts."""

from typing import Any


def mail_acceptance(fact: dict[str, Any]) -> None:
    raise NotImplementedError


def mail_approvers(fact: dict[str, Any]) -> None:
    raise NotImplementedError


def mail_comment(fact: dict[str, Any]) -> None:
    raise NotImplementedError


def mail_declined(fact: dict[str, Any]) -> None:
    raise NotImplementedError


def mail_owner_approved(fact: dict[str, Any]) -> None:
    raise NotImplementedError


def mail_owner_refused(fact: dict[str, Any]) -> None:
    raise NotImplementedError


def mail_quote(fact: dict[str, Any]) -> None:
    raise NotImplementedError
