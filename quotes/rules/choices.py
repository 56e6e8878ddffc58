"""Which lines of a draft count: options as they are proposed, and one choice of each group."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a line says about being taken; it may stand under another, which it `follows`."""

    id: int
    is_optional: bool
    is_chosen: bool
    group: str = ""
    choice: str = ""
    follows: int | None = None


def settled(lines: Sequence[Chosen]) -> dict[int, bool]:
    """Return which lines are taken: of each group the first choice that is, or else the first.

    An optional line of a choice is taken only with it; what follows a line goes the same way;
    what is neither optional nor a choice is always taken. Heads come before what follows them.
    """
    choices: dict[str, str] = {}
    for line in lines:
        if line.group and line.is_chosen and not line.is_optional:
            choices.setdefault(line.group, line.choice)
    for line in lines:
        if line.group:
            choices.setdefault(line.group, line.choice)
    taken: dict[int, bool] = {}
    for line in lines:
        if line.follows in taken:
            taken[line.id] = taken[line.follows]
        elif line.group and choices[line.group] != line.choice:
            taken[line.id] = False
        else:
            taken[line.id] = line.is_chosen if line.is_optional else True
    return taken
