"""Tiers as people type them: a line each, “25: 14”, “100: 12 + 5”, “more: 9.50”."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from q2c.kernel.errors import Refused

_NUMBER = r"\d+(?:[.,]\d+)?"
_LINE = re.compile(
    rf"(?:({_NUMBER})|more)\s*:\s*({_NUMBER})(?:\s*\+\s*({_NUMBER}))?", re.IGNORECASE
)


def tiers_from_text(text: str) -> list[dict[str, Any]]:
    """Read tiers as they are stored in JSON: upper bound, unit price, fee of the band."""
    tiers = []
    for line in filter(None, map(str.strip, text.splitlines())):
        found = _LINE.fullmatch(line)
        if found is None:
            raise Refused(f"“{line}” is no tier; write one such as “25: 14”.", field="tiers")
        bound, price, fee = (part and part.replace(",", ".") for part in found.groups())
        tiers.append({"up_to": bound, "unit_price": price, "flat_fee": fee or "0"})
    return tiers


def tiers_to_text(tiers: Sequence[Mapping[str, Any]]) -> str:
    """Write stored tiers the way they are typed."""
    lines = []
    for tier in tiers:
        fee = tier.get("flat_fee") or "0"
        price = f"{tier['unit_price']} + {fee}" if fee != "0" else str(tier["unit_price"])
        lines.append(f"{tier['up_to'] or 'more'}: {price}")
    return "\n".join(lines)
