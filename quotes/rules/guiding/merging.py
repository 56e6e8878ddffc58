"""What answers change on a quote: what is added, changed and taken off, and what stays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from quotes.rules.guiding.proposals import Proposed


class Change(StrEnum):
    """What becomes of a proposal's line."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"
    KEEP = "keep"
    LEAVE_OUT = "leave_out"


@dataclass(frozen=True, slots=True)
class Standing:
    """A line of the quote that an earlier answer brought there."""

    line_id: int
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one proposal: the quantity that its line has afterwards.

    `takes_options` where the answers propose other options than they did before.
    """

    key: str
    change: Change
    quantity: Decimal = Decimal(0)
    was: Standing | None = None
    proposed: Proposed | None = None
    takes_options: bool = False


def usual(
    one: Proposed, before: Mapping[str, Proposed], standing: Mapping[str, Standing]
) -> Decimal:
    """Return the quantity to take unless somebody says otherwise; zero is not taken.

    What a person changed on the quote by hand stays, as long as the proposal is the one it was.
    """
    old, line = before.get(one.key), standing.get(one.key)
    if old is None or old.quantity != one.quantity:
        return one.quantity
    return line.quantity if line else Decimal(0)


def plan(
    before: Sequence[Proposed],
    after: Sequence[Proposed],
    standing: Mapping[str, Standing],
    taken: Mapping[str, Decimal],
) -> list[Step]:
    """Return what becomes of each proposal and of what earlier answers left on the quote.

    `before` is what those proposed, `taken` the quantity a person wants of a proposal (zero: not
    this one); who says nothing takes the usual.
    """
    old = {one.key: one for one in before}
    steps = [_step(one, old, standing.get(one.key), _wanted(one, old, standing, taken)) for one in after]  # fmt: skip
    gone = standing.keys() - {one.key for one in after}
    return steps + [Step(key, Change.REMOVE, was=standing[key]) for key in sorted(gone)]


def _wanted(
    one: Proposed,
    old: Mapping[str, Proposed],
    standing: Mapping[str, Standing],
    taken: Mapping[str, Decimal],
) -> Decimal:
    wanted = taken.get(one.key)
    return usual(one, old, standing) if wanted is None else max(wanted, Decimal(0))


def _step(
    one: Proposed, old: Mapping[str, Proposed], line: Standing | None, quantity: Decimal
) -> Step:
    if not quantity:
        change = Change.REMOVE if line else Change.LEAVE_OUT
        return Step(one.key, change, was=line, proposed=one)
    if line is None:
        return Step(one.key, Change.ADD, quantity, proposed=one, takes_options=True)
    was = old.get(one.key)
    has_other_options = was is None or was.options != one.options
    is_same = quantity == line.quantity and not has_other_options
    change = Change.KEEP if is_same else Change.CHANGE
    return Step(one.key, change, quantity, line, one, has_other_options)
