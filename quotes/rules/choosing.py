"""What a customer takes of an offer: options on or off, quantities, one choice of each group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal


@dataclass(frozen=True, slots=True)
class Offered:
    """A line as it is offered. What `follows` another (an option of a bundle, a segment of a ramp)
    is taken only with it, and where that one is optional always with it; in the same proportion
    unless it `stands_once` (a fee, an option that does not follow its bundle's quantity)."""

    id: int
    label: str
    is_optional: bool
    is_chosen: bool
    quantity: Decimal
    least: Decimal | None = None
    most: Decimal | None = None
    group: str = ""
    choice: str = ""
    follows: int | None = None
    stands_once: bool = False

    @property
    def is_adjustable(self) -> bool:
        return self.least is not None or self.most is not None


@dataclass(frozen=True, slots=True)
class Picks:
    """What the customer picked: optional lines that are on, quantities, and group → choice."""

    on: frozenset[int] = frozenset()
    quantities: Mapping[int, Decimal] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Taken:
    """Whether a line is taken, and how many."""

    is_chosen: bool
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Problem:
    """Why picks cannot be taken: a line's quantity, a part of a whole one, or a group's choice."""

    kind: Literal["quantity", "whole", "choice"]
    label: str
    line: int | None = None
    least: Decimal | None = None
    most: Decimal | None = None


def as_proposed(lines: Sequence[Offered]) -> Picks:
    """Return the picks that the offer was sent with."""
    return Picks(
        on=frozenset(line.id for line in lines if line.is_optional and line.is_chosen),
        choices={line.group: line.choice for line in lines if line.group and line.is_chosen},
    )


def with_all_options(lines: Sequence[Offered]) -> Picks:
    """Return the picks with every option on, and the choices as proposed."""
    return Picks(
        on=frozenset(line.id for line in lines if line.is_optional),
        choices=as_proposed(lines).choices,
    )


def take(lines: Sequence[Offered], picks: Picks) -> tuple[dict[int, Taken], list[Problem]]:
    """Return what becomes of each line, and what is wrong with the picks.

    Of a group exactly one choice is taken; lines that follow another go with it, their quantity
    in the same proportion; whoever switches an optional bundle on takes all that it was offered
    with. Quantities of what is not taken do not matter. What is offered in whole numbers is taken
    in whole numbers.
    """
    problems = _wrong_choices(lines, picks)
    taken: dict[int, Taken] = {}
    by_id = {line.id: line for line in lines}
    for line in sorted(lines, key=lambda one: one.follows is not None):
        leader = by_id.get(line.follows) if line.follows else None
        is_chosen = _is_chosen(line, picks)
        quantity = line.quantity
        if leader is not None:
            goes_along = leader.is_optional and line.choice == leader.choice
            is_chosen = taken[leader.id].is_chosen and (goes_along or is_chosen)
            quantity = _in_proportion(line, leader, taken[leader.id])
        if line.is_adjustable and is_chosen:
            quantity = picks.quantities.get(line.id, quantity)
            is_moved = line.id in picks.quantities or quantity != line.quantity
            if is_moved and not _fits(line, quantity):
                problems.append(Problem("quantity", line.label, line.id, line.least, line.most))
            elif line.id in picks.quantities and _is_whole(line.quantity) > _is_whole(quantity):
                problems.append(Problem("whole", line.label, line.id))
        taken[line.id] = Taken(is_chosen, quantity)
    return taken, problems


def astray(lines: Sequence[Offered]) -> Offered | None:
    """Return a line that could not be proposed as it is: of a group not exactly one choice is
    taken, or an option is taken without what it goes with."""
    taken, _problems = take(lines, as_proposed(lines))
    return next((line for line in lines if taken[line.id].is_chosen != line.is_chosen), None)


def _is_chosen(line: Offered, picks: Picks) -> bool:
    if line.group and picks.choices.get(line.group) != line.choice:
        return False
    return not line.is_optional or line.id in picks.on


def _in_proportion(line: Offered, leader: Offered, taken: Taken) -> Decimal:
    if line.stands_once or taken.quantity == leader.quantity or not leader.quantity:
        return line.quantity
    return round(line.quantity * taken.quantity / leader.quantity, 6)


def _fits(line: Offered, quantity: Decimal) -> bool:
    if quantity <= 0 or quantity != round(quantity, 6) or quantity > 10**9:
        return False
    return (line.least is None or quantity >= line.least) and (
        line.most is None or quantity <= line.most
    )


def _is_whole(quantity: Decimal) -> bool:
    return quantity == quantity.to_integral_value()


def _wrong_choices(lines: Sequence[Offered], picks: Picks) -> list[Problem]:
    choices: dict[str, set[str]] = {}
    for line in lines:
        if line.group:
            choices.setdefault(line.group, set()).add(line.choice)
    return [
        Problem("choice", group)
        for group, known in choices.items()
        if picks.choices.get(group) not in known
    ]
