"""Two quotes become one: what differs, names that must not collide, discounts that stay."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

HUNDRED = Decimal(100)
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Difference:
    """A term in which two quotes differ, in words; the first one's holds afterwards."""

    name: str
    what: str
    ours: str
    theirs: str


def differences(
    labels: dict[str, str], ours: dict[str, str], theirs: dict[str, str]
) -> list[Difference]:
    """Return the terms that are not the same, in the order of their labels."""
    return [
        Difference(name, label, ours[name], theirs[name])
        for name, label in labels.items()
        if ours[name] != theirs[name]
    ]


def kept_apart(there: Iterable[str], coming: Iterable[str]) -> dict[str, str]:
    """Return a name of its own for each choice group that comes to where one of that name is.

    Case does not tell names apart. “Plan” becomes “Plan (2)”; names that are free stay as they
    are and are not returned.
    """
    coming = list(dict.fromkeys(coming))
    taken = {name.casefold() for name in [*there, *coming]}
    here = {name.casefold() for name in there}
    found: dict[str, str] = {}
    for name in coming:
        if name.casefold() not in here:
            continue
        number, new = 2, name
        while new.casefold() in taken:
            ending = f" ({number})"
            new = name[: LONGEST_NAME - len(ending)].rstrip() + ending
            number += 1
        taken.add(new.casefold())
        found[name] = new
    return found


def kept_discount(line: Decimal, *, theirs: Decimal, ours: Decimal) -> Decimal:
    """Return the per cent off a line that leave its net price where it was.

    `line` is its own per cent, `theirs` those on the whole that it comes from and `ours` those on
    the whole that it comes to, which are taken besides. Rounded half up to four decimals; never
    below zero: more off the whole than there was is more off the line.
    """
    if ours == HUNDRED:
        return line
    left = (HUNDRED - line) * (HUNDRED - theirs) / (HUNDRED - ours)
    off = (HUNDRED - left).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)
    return min(max(off, Decimal(0)), HUNDRED)
