"""Tiers as people type them: a line each, “25: 14”, “100: 12 + 5”, “500: fee 90”, “more: 9.50”.

“1000: 5 per 100” sells a band in packages. A line may also name its start, as price lists do: “1-25: 14”, “26-100: 12”, “101-more: 9.50”.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from q2c.kernel.bands import Range, bands_from_ranges
from q2c.kernel.errors import Refused
from q2c.kernel.numbers import read_number
from q2c.kernel.rating import Tier, plain

_NUMBER = r"\d(?:[\d.,’]*\d)?"
_LINE = re.compile(
    rf"(?:({_NUMBER})\s*[-–]\s*)?(?:({_NUMBER})|more)\s*:"
    rf"\s*(?:fee\s+({_NUMBER})|({_NUMBER})(?:\s+per\s+({_NUMBER}))?"
    rf"(?:\s*\+\s*(?:fee\s+)?({_NUMBER}))?)",
    re.IGNORECASE,
)


def raised(tiers: Iterable[Mapping[str, Any]], factor: Decimal) -> list[dict[str, Any]]:
    """Return stored tiers with every price and fee times a factor, rounded to eight decimals."""
    return [
        {
            **tier,
            **{
                name: plain(round(Decimal(str(tier[name])) * factor, 8))
                for name in ("unit_price", "flat_fee")
                if tier.get(name)
            },
        }
        for tier in tiers
    ]


def tiers_from_text(text: str) -> list[dict[str, Any]]:
    """Read tiers as they are stored in JSON: upper bound, unit price, fee of the band.

    Refuses lines it cannot read, and with starts named, gaps and overlaps.
    """
    rows: list[tuple[str | None, Tier]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        found = _LINE.fullmatch(line)
        if found is None:
            raise Refused(
                f"“{line}” is no tier; write one such as “25: 14”, “25: fee 90” or “more: 9.50”.",
                field="tiers",
            )
        start, end, fee, price, per, extra = (part and _plain(part) for part in found.groups())
        up_to = Decimal(end) if end else None
        numbers = (Decimal(price or 0), Decimal(fee or extra or 0), Decimal(per or 1))
        rows.append((start, Tier(up_to, *numbers)))
    if not any(start for start, _ in rows):
        return [stored(tier) for _, tier in rows]
    if not all(start for start, _ in rows):
        raise Refused("Name the start of every tier or of none.", field="tiers")
    ranges = [
        Range(Decimal(start or 0), tier.up_to, tier.unit_price, tier.flat_fee, tier.per)
        for start, tier in rows
    ]
    return [stored(tier) for tier in bands_from_ranges(ranges)]


def _plain(number: str) -> str:
    try:
        return format(read_number(number), "f")
    except Refused as refusal:
        raise Refused(f"{refusal.message}.", field="tiers") from None


def tiers_to_text(tiers: Sequence[Mapping[str, Any]]) -> str:
    """Write stored tiers the way they are typed."""
    lines = []
    for tier in tiers:
        price, fee = str(tier["unit_price"]), str(tier.get("flat_fee") or "0")
        if tier.get("per"):
            price = f"{price} per {tier['per']}"
        if Decimal(fee):
            price = f"{price} + {fee}" if Decimal(str(tier["unit_price"])) else f"fee {fee}"
        lines.append(f"{tier['up_to'] or 'more'}: {price}")
    return "\n".join(lines)


def stored(tier: Tier) -> dict[str, Any]:
    """Return a tier as documents store it: numbers as text, as typed; no upper limit as null."""
    numbers = {
        "up_to": None if tier.up_to is None else f"{tier.up_to:f}",
        "unit_price": f"{tier.unit_price:f}",
        "flat_fee": f"{tier.flat_fee:f}",
    }
    return numbers if tier.per == 1 else {**numbers, "per": f"{tier.per:f}"}
