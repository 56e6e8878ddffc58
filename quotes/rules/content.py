"""The hash of what a quote says: approval, sending and acceptance are bound to it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any


def content_hash(header: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> str:
    """Return the SHA-256 of the canonical JSON of a quote's terms and lines, in their order."""
    text = json.dumps(
        {"header": header, "lines": lines},
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        default=str,
    )
    return hashlib.sha256(text.encode()).hexdigest()
