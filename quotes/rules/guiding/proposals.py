"""What a questionnaire proposes for answers: products, how many, and as what."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum

from q2c.kernel.rating import plain
from quotes.rules.guiding.questions import AnswerCondition, Answers, Question

Path = tuple[int, ...]  # products from the bundle down to the option


class Role(StrEnum):
    """As what a product is offered: simply, as an option, or as one of several alternatives."""

    LINE = "line"
    OPTION = "option"
    CHOICE = "choice"


ROLES = {
    Role.LINE: "Part of the offer",
    Role.OPTION: "An option, switched off, that the customer may switch on",
    Role.CHOICE: "One of several alternatives",
}


@dataclass(frozen=True, slots=True)
class HowMany:
    """A quantity: fixed, or the answer to a number question times a factor, rounded up."""

    fixed: Decimal = Decimal(1)
    question: str = ""
    factor: Decimal = Decimal(1)

    def of(self, answers: Answers) -> Decimal:
        """Return the quantity for answers, never below zero; zero without the answer."""
        if not self.question:
            return max(self.fixed, Decimal(0))
        number = answers.given.get(self.question)
        if not isinstance(number, Decimal):
            return Decimal(0)
        return max((number * self.factor).to_integral_value(ROUND_CEILING), Decimal(0))

    def in_words(self, questions: Iterable[Question]) -> str:
        """Say it as an administrator reads it."""
        if not self.question:
            return plain(self.fixed)
        text = next((q.text for q in questions if q.key == self.question), self.question)
        return f"“{text}”" if self.factor == 1 else f"“{text}” × {plain(self.factor)}, rounded up"


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionProposal:
    """An option of a bundle: so many in one bundle where the conditions hold, else none."""

    path: Path
    how_many: HowMany = HowMany()
    when: tuple[AnswerCondition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A product to propose. Options that it does not speak of take the bundle's defaults.

    Alternatives share a `group`; of those proposed the recommended one is taken, else the first.
    The customer reads group and choice: `translations` are rows of a language and both in it.
    """

    key: str
    product_id: int
    how_many: HowMany = HowMany()
    why: str = ""
    role: Role = Role.LINE
    group: str = ""
    choice: str = ""
    translations: tuple[tuple[str, str, str], ...] = ()
    is_recommended: bool = False
    when: tuple[AnswerCondition, ...] = ()
    match_any: bool = False
    options: tuple[OptionProposal, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal that answers bring up: how many, and of a bundle which options in each."""

    proposal: Proposal
    quantity: Decimal
    options: Mapping[Path, Decimal]
    is_recommended: bool = False

    @property
    def key(self) -> str:
        return self.proposal.key

    @property
    def is_taken(self) -> bool:
        """Whether it counts in the offer as it is proposed."""
        role = self.proposal.role
        return role is Role.LINE or (role is Role.CHOICE and self.is_recommended)


def propose(proposals: Iterable[Proposal], answers: Answers) -> tuple[Proposed, ...]:
    """Return what the answers bring up, in the order of the proposals; nothing of quantity zero."""
    found = []
    for one in proposals:
        quantity = one.how_many.of(answers)
        if quantity and answers.fulfil(one.when, match_any=one.match_any):
            found.append((one, quantity, _options(one, answers)))
    best: dict[str, str] = {}
    for is_first_pass in (True, False):
        for one, _, _ in found:
            if one.role is Role.CHOICE and (one.is_recommended or not is_first_pass):
                best.setdefault(one.group, one.choice)
    return tuple(
        Proposed(one, quantity, options, is_recommended=best.get(one.group) == one.choice)
        if one.role is Role.CHOICE
        else Proposed(one, quantity, options)
        for one, quantity, options in found
    )


def _options(proposal: Proposal, answers: Answers) -> dict[Path, Decimal]:
    """Return how many of each option one bundle takes; two lines about one option add up."""
    found: dict[Path, Decimal] = {}
    for option in proposal.options:
        holds = answers.fulfil(option.when, match_any=False)
        more = option.how_many.of(answers) if holds else Decimal(0)
        found[option.path] = found.get(option.path, Decimal(0)) + more
    return found
