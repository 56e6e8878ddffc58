"""What changed between two versions of a product."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
INSIDE = ("costs", "min_margin_percent")  # only for those who may see margins


def changes(
    before: Mapping[str, Any] | None, after: Mapping[str, Any]
) -> list[tuple[str, str, str]]:
    """Return what differs as (name, was, is); a part that is missing is an empty text.

    The first version is compared with nothing and so has no changes.
    """
    if before is None:
        return []
    was, now = flat(before), flat(after)
    return [
        (name, was.get(name, ""), now.get(name, ""))
        for name in sorted(was.keys() | now.keys())
        if was.get(name, "") != now.get(name, "")
    ]


def visible(content: Mapping[str, Any], *, with_margin: bool) -> dict[str, Any]:
    """Return a version's content without what it costs us, unless that may be seen."""
    return {name: value for name, value in content.items() if with_margin or name not in INSIDE}


def flat(content: Any, name: str = "") -> dict[str, str]:
    """Return every leaf of a version's content under its path: costs, currency, day."""
    if isinstance(content, Mapping):
        found: dict[str, str] = {}
        for key, value in content.items():
            words = f"{name} › {_said(key)}" if name else str(key).replace("_", " ").capitalize()
            found |= flat(value, words)
        return found
    if content in (None, ""):
        return {}
    return {name: {True: "yes", False: "no"}.get(content, str(content))}


def _said(key: str) -> str:
    """Say a day as pages do; other parts of a path stay."""
    if not _DAY.fullmatch(key):
        return key
    return f"{date.fromisoformat(key):%d %b %Y}"
