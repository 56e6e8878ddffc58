"""A document's states and the verbs between them, as one table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from q2c.kernel.errors import IllegalTransition

State = TypeVar("State", bound=StrEnum)


@dataclass(frozen=True)
class Lifecycle(Generic[State]):
    """All moves of one kind of document: (state, verb) leads to a state.

    `advice` says for a verb that a state refuses what to do instead.
    """

    start: State
    moves: Mapping[tuple[State, str], State]
    advice: Mapping[tuple[State, str], str] = field(default_factory=dict)

    def after(self, state: State, verb: str) -> State:
        """Return the state that `verb` leads to; refuses when the state does not allow it."""
        try:
            return self.moves[state, verb]
        except KeyError:
            words = f"You cannot {verb.replace('_', ' ')} while {state.replace('_', ' ')}."
            advice = self.advice.get((state, verb), "")
            raise IllegalTransition(f"{words} {advice}".rstrip()) from None

    def verbs(self, state: State) -> tuple[str, ...]:
        """Return the verbs that `state` allows, in the table's order: these are the buttons."""
        return tuple(verb for (before, verb) in self.moves if before == state)

    def allows(self, state: State, verb: str) -> bool:
        return (state, verb) in self.moves
