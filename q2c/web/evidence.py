"""A chain of evidence in words: what a certificate says of an offer and its contract.

Apps say here what their facts mean (`tell`), so that a certificate tells a chain through all apps.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import translation

from q2c.infra.evidence import Link, read_chain
from q2c.infra.models import Blob
from q2c.infra.pdf import render_pdf
from q2c.web.templatetags.q2c import fact_words

Words = Callable[[Link], str]

_words: dict[str, Words] = {}
_open: set[str] = set()


def tell(words: Mapping[str, Words], *, open_reasons: tuple[str, ...] = ()) -> None:
    """Say what facts (by name) mean, in the language of the moment.

    Of `open_reasons` both sides may read the reason; of others it is ours alone.
    """
    _words.update(words)
    _open.update(open_reasons)


@dataclass(frozen=True, slots=True)
class Told:
    """One event in words. `reason` may be read by both sides; `note` is ours alone."""

    number: int
    at: datetime
    words: str
    who: str
    entered_by: str
    reason: str
    note: str
    ip: str
    user_agent: str
    document_sha256: str
    content_hash: str
    sha256: str
    content: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Document:
    """A document of the chain, kept under its hash: which events were about exactly these bytes."""

    sha256: str
    size: int | None
    is_intact: bool  # kept, and its bytes have this hash now
    events: list[Told] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Certificate:
    """All that a chain proves: its events, their documents, and whether every hash fits."""

    events: tuple[Told, ...]
    documents: tuple[Document, ...]
    broken_at: int | None
    sha256: str

    @property
    def is_verified(self) -> bool:
        """Whether every hash fits, and every document is what it was."""
        is_whole = bool(self.events) and self.broken_at is None
        return is_whole and all(document.is_intact for document in self.documents)


def certificate_of(chain: str) -> Certificate:
    """Return what a chain proves, all hashes reckoned anew; two queries."""
    read = read_chain(chain)
    events = tuple(_told(link) for link in read.links)
    return Certificate(events, _documents(events), read.broken_at, read.sha256)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a certificate is about."""

    title: str
    seller: str
    customer: str


def certificate_pdf(chain: str, subject: Subject, *, language: str, at: datetime) -> bytes:
    """Render the certificate of a chain as it stands, in the customer's language."""
    with translation.override(language):
        context = {
            "language": language,
            "subject": subject,
            "certificate": certificate_of(chain),
        }
        return render_pdf("documents/certificate.html", context, at=at)


def _told(link: Link) -> Told:
    words = _words.get(link.name)
    details: Mapping[str, Any] = link.details
    is_open = link.name in _open
    return Told(
        number=link.number,
        at=link.at,
        words=words(link) if words else fact_words(link.name),
        who=link.who,
        entered_by=link.entered_by,
        reason=link.reason if is_open else "",
        note="" if is_open else link.reason,
        ip=details.get("ip", ""),
        user_agent=details.get("user_agent", ""),
        document_sha256=details.get("document_sha256", ""),
        content_hash=details.get("content_hash", ""),
        sha256=link.sha256,
        content=link.content,
        holds=link.holds,
    )


def _documents(events: tuple[Told, ...]) -> tuple[Document, ...]:
    about: dict[str, list[Told]] = {}
    for event in events:
        if event.document_sha256:
            about.setdefault(event.document_sha256, []).append(event)
    kept = Blob.objects.in_bulk(list(about))
    return tuple(_document(sha256, kept.get(sha256), of) for sha256, of in about.items())


def _document(sha256: str, blob: Blob | None, events: list[Told]) -> Document:
    if blob is None:
        return Document(sha256, None, is_intact=False, events=events)
    is_intact = hashlib.sha256(bytes(blob.content)).hexdigest() == sha256
    return Document(sha256, blob.size, is_intact, events)
