"""Publish facts: write them to the log, run the handlers of this transaction, queue the others."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from q2c.infra.copy import copy_rows
from q2c.infra.evidence import append
from q2c.infra.jobs import enqueue, register
from q2c.infra.models import Event
from q2c.infra.requests import request_id
from q2c.kernel.facts import Fact

F = TypeVar("F", bound=Fact)
Handler = Callable[[Any], None]

_now: dict[type[Fact], Sequence[Handler]] = {}
_later: dict[type[Fact], Sequence[Handler]] = {}


def connect(
    now: Mapping[type[Fact], Sequence[Handler]], later: Mapping[type[Fact], Sequence[Handler]]
) -> None:
    """Take the tables of `q2c.wiring`: who acts within the transaction, and who after it."""
    _now.clear()
    _now.update(now)
    _later.clear()
    _later.update(later)
    for handlers in later.values():
        for handler in handlers:
            register(job_kind(handler), handler)


def job_kind(handler: Handler) -> str:
    return f"{handler.__module__}.{handler.__qualname__}"


def publish(  # noqa: PLR0913  what is said about a fact
    fact: Fact,
    *,
    by: AbstractBaseUser | None,
    label: str = "",
    customer_id: int | None = None,
    changes: Mapping[str, Sequence[Any]] | None = None,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    """State a fact inside the transaction that made it true.

    `by` is the user (None: the system, or a customer, named by `label`); `changes` maps a field to
    [before, after]; `details` are what proves a fact that belongs to a chain of evidence. Handlers for now run at once and may refuse; those for later become jobs, each
    called with the fact's fields as a dict.
    """
    assert transaction.get_connection().in_atomic_block, "publish inside the action's transaction"
    name, data = type(fact).__name__, fact.as_json()
    log(
        fact.document_ids,
        fact=fact,
        by=by,
        label=label,
        customer_id=customer_id,
        changes=changes or {},
        reason=reason,
        details=details,
    )
    for handler in _now.get(type(fact), ()):
        handler(fact)
    for handler in _later.get(type(fact), ()):
        ids = fact.document_ids
        subject = ids[0] if len(ids) == 1 else f"{ids[0]}..{ids[-1]}" if ids else "none"
        key = f"{name}:{subject}:{fact.at.isoformat()}"
        enqueue(job_kind(handler), key=key, payload=data, at=fact.at)


def log(  # noqa: PLR0913  the columns of a row of history
    document_ids: Sequence[int],
    *,
    fact: Fact,
    by: AbstractBaseUser | None,
    label: str = "",
    customer_id: int | None = None,
    changes: Mapping[str, Sequence[Any]] | None = None,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write one row of history for each document, and the link of a chain for what is evidence."""
    shown = label or (str(by) if by else "q2c")
    row = {
        "at": fact.at,
        "name": type(fact).__name__,
        "document": fact.document,
        "customer_id": customer_id,
        "actor_id": by.pk if by else None,
        "actor_label": shown,
        "data": fact.as_json() if len(document_ids) == 1 else {"at": fact.at.isoformat()},
        "changes": dict(changes or {}),
        "reason": reason,
        "request_id": request_id.get(),
    }
    if fact.chain:
        [document_id] = document_ids
        event = Event.objects.create(**row, document_id=document_id)
        append(event, fact.chain, details or {})
        return
    # By COPY: a billing run states one fact about a thousand documents.
    row |= {name: json.dumps(row[name]) for name in ("data", "changes")}
    values = tuple(row.values())
    copy_rows("infra_event", [*row, "document_id"], ((*values, pk) for pk in document_ids))


def history(document: str, document_id: int) -> Any:
    """Return a document's events, newest first."""
    return (
        Event.objects.filter(document=document, document_id=document_id)
        .select_related("actor")
        .order_by("-id")
    )
