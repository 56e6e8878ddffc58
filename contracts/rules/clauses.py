"""What a clause may say, who may take it from a contract, and how two wordings differ."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from contracts.rules.drafting import FIELDS, blanks_of
from q2c.kernel.errors import NotAllowed, Refused

Texts = Mapping[str, Mapping[str, str]]  # {"en": {"title": …, "body": …}}
MOST_TITLE, MOST_BODY = 200, 20_000
_WORD = re.compile(r"\s*\S+|\s+")


@dataclass(frozen=True, slots=True)
class Guard:
    """Who alone may swap or leave out a mandatory clause: holders of a role, or one person."""

    name: str
    is_mandatory: bool
    role: str = ""
    person_id: int | None = None
    words: str = ""  # who that is, to tell others whom to ask

    def admits(self, *, user_id: int, role: str) -> bool:
        """Return whether the person may do to this clause what its approver alone may."""
        if not self.is_mandatory:
            return True
        return self.role == role if self.role else self.person_id == user_id

    def check(self, what: str, *, user_id: int, role: str) -> None:
        """Refuse anybody but the approver of a mandatory clause; `what` ends “only … may”."""
        if not self.admits(user_id=user_id, role=role):
            raise NotAllowed(f"“{self.name}” is mandatory: only {self.words} may {what}.")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words that two wordings share, or that only one of them has."""

    kind: Literal["same", "gone", "new"]
    text: str


def checked_texts(texts: Texts, *, languages: Collection[str]) -> dict[str, dict[str, str]]:
    """Return the texts trimmed, without languages left empty; refuses what no contract can print.

    A language needs both a title and a body, and its blanks must be ones that contracts fill.
    """
    kept = {}
    for language, text in texts.items():
        if language not in languages:
            raise Refused(f"There is no language “{language}”.", field="texts")
        title, body = text.get("title", "").strip(), text.get("body", "").strip()
        if title or body:
            _check_text(language, title, body)
            kept[language] = {"title": title, "body": body}
    if not kept:
        raise Refused("A clause needs its text in at least one language.", field="texts")
    return kept


def _check_text(language: str, title: str, body: str) -> None:
    if not title:
        raise Refused("Give the text a title.", field=f"title_{language}")
    if not body:
        raise Refused("Write the text below the title.", field=f"body_{language}")
    if len(title) > MOST_TITLE:
        raise Refused(f"A title has up to {MOST_TITLE} characters.", field=f"title_{language}")
    if len(body) > MOST_BODY:
        raise Refused(f"A text has up to {MOST_BODY:,} characters.", field=f"body_{language}")
    if unknown := blanks_of(body) - set(FIELDS):
        raise Refused(
            f"It names {{{{ {min(unknown)} }}}}, which no contract has. Known: {', '.join(FIELDS)}.",
            field=f"body_{language}",
        )


def differences(before: str, after: str) -> list[Piece]:
    """Return how one wording became the other, word by word, in reading order.

    The pieces that are not new add up to `before`, those that are not gone to `after`.
    """
    old, new = _WORD.findall(before), _WORD.findall(after)
    pieces: list[Piece] = []
    for kind, i, j, k, m in SequenceMatcher(None, old, new).get_opcodes():
        if kind == "equal":
            pieces.append(Piece("same", "".join(old[i:j])))
            continue
        pieces += [Piece("gone", "".join(old[i:j]))] if j > i else []
        pieces += [Piece("new", "".join(new[k:m]))] if m > k else []
    return pieces


def places(
    body: Sequence[Mapping[str, str]], left_out: Collection[int]
) -> list[Mapping[str, str] | None]:
    """Return a contract's text by the places it was drawn up with; None where one is left out."""
    rest = iter(body)
    return [None if n in left_out else next(rest) for n in range(len(body) + len(left_out))]
