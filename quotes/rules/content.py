"""What a quote says, as one canonical text; approval, sending and acceptance hold to its hash."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any


def canonical(
    header: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    schedule: Sequence[Sequence[Any]],
) -> bytes:
    """Return a quote's terms, its lines in their order and its billing schedule as JSON."""
    text = json.dumps(
        {"header": header, "lines": lines, "schedule": schedule},
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        default=str,
    )
    return text.encode()


def content_hash(content: bytes) -> str:
    """Return the SHA-256 of a canonical text."""
    return hashlib.sha256(content).hexdigest()
