"""How questions stand on a page, and what was typed and ticked there."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import QueryDict

from q2c.kernel.errors import Refused
from q2c.kernel.rating import plain
from quotes.rules.guiding.proposals import propose
from quotes.rules.guiding.questionnaires import Questionnaire
from quotes.rules.guiding.questions import NO, YES, Answers, Kind, Question, answer
from quotes.views.asked import number_in


@dataclass(frozen=True, slots=True)
class Asked:
    """A question in its place on the page, asked now or not, with what stands in its field."""

    question: Question
    is_asked: bool
    choices: list[tuple[str, str, bool]]  # value, words, chosen
    text: str
    error: str
    is_missing: bool
    has_turned: bool  # asked now and not before, or the other way round

    @property
    def name(self) -> str:
        return f"answer-{self.question.key}"

    @property
    def input(self) -> str:
        match self.question.kind:
            case Kind.MANY:
                return "checkbox"
            case Kind.ONE | Kind.YES_NO:
                return "radio"
            case Kind.NUMBER:
                return "number"
            case Kind.TEXT:
                return "text"


def given_in(post: QueryDict, content: Questionnaire) -> dict[str, Any]:
    """Return what was typed; questions that the page did not show are left to their defaults."""
    shown = set(post.getlist("shown"))
    given: dict[str, Any] = {}
    for question in content.questions:
        name = f"answer-{question.key}"
        if question.key in shown:
            is_many = question.kind is Kind.MANY
            given[question.key] = post.getlist(name) if is_many else post.get(name, "")
    return given


def taken_in(post: QueryDict, content: Questionnaire, given: dict[str, Any]) -> dict[str, Decimal]:
    """Return the quantities that somebody wants; what changed since the page was shown is usual."""
    after = propose(content.proposals, answer(content.questions, given))
    proposed = {one.key: plain(one.quantity) for one in after}
    taken: dict[str, Decimal] = {}
    for key in post.getlist("offered"):
        if f"take-{key}" not in post:
            taken[key] = Decimal(0)
        elif post.get(f"proposed-{key}") == proposed.get(key):
            taken[key] = _quantity(post.get(f"quantity-{key}", ""), key)
    return taken


def asked_rows(
    content: Questionnaire, answers: Answers, post: QueryDict, *, is_sent: bool
) -> list[Asked]:
    """Return every question in its order; a missing answer is told once the page was sent."""
    now = {question.key for question in answers.asked}
    shown = set(post.getlist("shown"))
    rows = []
    for question in content.questions:
        key, name = question.key, f"answer-{question.key}"
        found = answers.given.get(key)
        typed = post.getlist(name) if key in shown else _texts(found)
        problem = answers.problems.get(key, "")
        is_missing = bool(problem) and not any(typed)
        rows.append(
            Asked(
                question,
                key in now,
                [(value, words, value in typed) for value, words in _choices(question)],
                typed[0] if typed else "",
                problem if is_sent or not is_missing else "",
                is_missing,
                bool(post) and (key in now) != (key in shown),
            )
        )
    return rows


def _choices(question: Question) -> list[tuple[str, str]]:
    if question.kind is Kind.YES_NO:
        return [(YES, "Yes"), (NO, "No")]
    return [(choice, choice) for choice in question.choices]


def _texts(found: Any) -> list[str]:
    if found is None:
        return []
    if isinstance(found, tuple):
        return list(found)
    return [plain(found) if isinstance(found, Decimal) else str(found)]


def _quantity(text: str, key: str) -> Decimal:
    number = number_in(text, field=f"quantity-{key}")
    if number < 0:
        raise Refused("A quantity lies above 0 and below a billion.", field=f"quantity-{key}")
    return number
