"""Chains of evidence: each event carries the hash of the one before, so none can be changed,
taken out or slipped in without breaking what follows.

A hash is SHA-256 over the hash before (empty at the start), a line break, and the event as
canonical JSON. No timestamp authority is asked: that the newest links were not cut off, and when
they were written, is proven only by a certificate that somebody else holds.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from q2c.infra.locks import wait_for_lock
from q2c.infra.models import Event, Evidence


@dataclass(frozen=True, slots=True)
class Link:
    """One event of a chain, as it is stored now; `holds` where its hash still fits."""

    number: int
    at: datetime
    name: str
    who: str
    entered_by: str  # who of ours did it, where it was done in somebody else's name
    reason: str
    data: Mapping[str, Any]
    details: Mapping[str, Any]
    content: str
    sha256: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Chain:
    """All links of a chain from the first; `broken_at` is the number of the first that fails."""

    links: tuple[Link, ...]
    broken_at: int | None

    @property
    def is_verified(self) -> bool:
        return bool(self.links) and self.broken_at is None

    @property
    def sha256(self) -> str:
        """The hash of the newest link, which stands for the whole."""
        return self.links[-1].sha256 if self.links else ""


def append(event: Event, chain: str, details: Mapping[str, Any]) -> Evidence:
    """Add an event to a chain, in the transaction that states it; one after the other."""
    wait_for_lock("evidence", chain)
    last = Evidence.objects.filter(chain=chain).order_by("-pk").first()
    kept = {name: value for name, value in details.items() if value not in (None, "", [])}
    content = canonical(event, kept)
    return Evidence.objects.create(
        event=event,
        chain=chain,
        previous=last,
        details=kept,
        sha256=_hash(last.sha256 if last else "", content),
    )


def read_chain(chain: str) -> Chain:
    """Return a chain with every hash reckoned anew from what is stored now; one query."""
    links: list[Link] = []
    before: Evidence | None = None
    for row in Evidence.objects.filter(chain=chain).select_related("event__actor").order_by("pk"):
        event, content = row.event, canonical(row.event, row.details)
        follows = row.previous_id == (before.pk if before else None)
        fits = row.sha256 == _hash(before.sha256 if before else "", content)
        links.append(
            Link(
                number=len(links) + 1,
                at=event.at,
                name=event.name,
                who=event.actor_label,
                entered_by=_entered_by(event),
                reason=event.reason,
                data=event.data,
                details=row.details,
                content=content,
                sha256=row.sha256,
                holds=follows and fits,
            )
        )
        before = row
    broken = next((link.number for link in links if not link.holds), None)
    return Chain(tuple(links), broken)


def _entered_by(event: Event) -> str:
    name = str(event.actor) if event.actor else ""
    return name if name != event.actor_label else ""


def canonical(event: Event, details: Mapping[str, Any]) -> str:
    """Return all that is known of an event as JSON with sorted keys and no spaces."""
    said = {
        "at": event.at.astimezone(UTC).isoformat(),
        "name": event.name,
        "document": event.document,
        "document_id": event.document_id,
        "customer_id": event.customer_id,
        "actor_id": event.actor_id,
        "actor": event.actor_label,
        "data": event.data,
        "changes": event.changes,
        "reason": event.reason,
        "details": details,
    }
    return json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _hash(previous: str, content: str) -> str:
    return hashlib.sha256(f"{previous}\n{content}".encode()).hexdigest()
