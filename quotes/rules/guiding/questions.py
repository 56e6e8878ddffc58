"""The questions of a questionnaire, when each is asked, and what counts as its answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from q2c.kernel.errors import Refused
from q2c.kernel.numbers import read_number
from q2c.kernel.rating import plain
from quotes.rules.conditions import Comparison, Operator, said

LONGEST_TEXT = 2000
_MOST = Decimal(10) ** 9
YES, NO = "yes", "no"
# A choice or several, yes or no, a note: words, of which several are a tuple. A number is exact.
Answer = str | tuple[str, ...] | Decimal


class Kind(StrEnum):
    """How a question is answered."""

    ONE = "one"
    MANY = "many"
    NUMBER = "number"
    YES_NO = "yes_no"
    TEXT = "text"


KINDS = {
    Kind.ONE: "One of several choices",
    Kind.MANY: "Any of several choices",
    Kind.NUMBER: "A number",
    Kind.YES_NO: "Yes or no",
    Kind.TEXT: "A note",
}
CHOICES = (Kind.ONE, Kind.MANY)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCondition(Comparison):
    """A comparison of the answer to a question; of several choices one that fits is enough."""

    question: str

    def to_json(self) -> dict[str, Any]:
        value: Any = list(self.values) if self.limit is None else str(self.limit)
        return {"question": self.question, "operator": self.operator.value, "value": value}

    def _is_one(self, actual: Any) -> bool:
        given = actual if isinstance(actual, tuple) else (actual,)
        return any(value in self.values for value in given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something a rep asks. `key` is its name in conditions; `when` speaks of earlier questions."""

    key: str
    text: str
    kind: Kind
    help: str = ""
    choices: tuple[str, ...] = ()
    is_required: bool = False
    default: Answer | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    when: tuple[AnswerCondition, ...] = ()
    match_any: bool = False

    def read(self, given: Any) -> Answer | None:
        """Return what was given as an answer, None for nothing; refuses what is none."""
        match self.kind:
            case Kind.NUMBER:
                return None if given in (None, "") else self._number(given)
            case Kind.MANY:
                words = given if isinstance(given, list | tuple) else [given]
                return tuple(self._choice(word) for word in words if word not in (None, ""))
            case Kind.YES_NO:
                if isinstance(given, bool):
                    return YES if given else NO
                return None if given in (None, "") else self._choice(given, (YES, NO))
            case Kind.ONE:
                return None if given in (None, "") else self._choice(given, self.choices)
            case Kind.TEXT:
                return self._text(given)

    def said(self, answer: Answer | None) -> str:
        """Say an answer as a person reads it."""
        if isinstance(answer, tuple):
            return ", ".join(answer) or "none of them"
        return "" if answer is None else said(answer)

    def _text(self, given: Any) -> str | None:
        text = str(given or "").strip()
        if "\0" in text:
            raise self._wrong("The text holds a character that is no text.")
        if len(text) > LONGEST_TEXT:
            raise self._wrong(f"There is room for {LONGEST_TEXT:,} characters here.")
        return text or None

    def _choice(self, given: Any, known: tuple[str, ...] = ()) -> str:
        known = known or self.choices
        if given not in known:
            raise self._wrong(f"“{given}” is no choice here; choose {' or '.join(known)}.")
        return str(given)

    def _number(self, given: Any) -> Decimal:
        try:
            number = number_of(given)
        except Refused:
            raise self._wrong(f"“{given}” is not a number.") from None
        least, most = self.least or Decimal(0), _MOST if self.most is None else self.most
        if not number.is_finite() or not least <= number <= most:
            raise self._wrong(f"Give a number from {plain(least)} to {plain(most)}.")
        if number != round(number, 6):
            raise self._wrong("A number has at most six decimals here.")
        return number

    def _wrong(self, words: str) -> Refused:
        return Refused(words, field=self.key)


@dataclass(frozen=True, slots=True)
class Answers:
    """The questions that are asked, what was answered, and what is wrong or missing, by key."""

    asked: tuple[Question, ...]
    given: Mapping[str, Answer] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)

    def fulfil(self, conditions: Sequence[AnswerCondition], *, match_any: bool) -> bool:
        """Tell whether conditions hold; one about a question without an answer never does."""
        if not conditions:
            return True
        held = [one.question in self.given and one.holds(self.given[one.question]) for one in conditions]  # fmt: skip
        return any(held) if match_any else all(held)

    def checked(self) -> "Answers":
        """Return these answers; refuses the first that is wrong or missing."""
        for question in self.asked:
            if words := self.problems.get(question.key):
                raise Refused(f"{question.text} {words}", field=question.key)
        return self

    def to_json(self) -> dict[str, Any]:
        return {key: _stored(answer) for key, answer in self.given.items()}

    def said(self) -> list[tuple[Question, str]]:
        """Return every question asked with its answer in words."""
        return [(one, one.said(self.given.get(one.key))) for one in self.asked]


def answer(questions: Iterable[Question], given: Mapping[str, Any]) -> Answers:
    """Read what was given to a questionnaire; what is left out takes its default.

    A question whose condition does not hold is not asked, and what was given to it does not count.
    The order of the questions does not matter.
    """
    by_key = {question.key: question for question in questions}
    reading = _Reading(by_key, given)
    for question in by_key.values():
        reading.settle(question)
    asked = tuple(question for question in by_key.values() if reading.asked[question.key])
    return Answers(asked, reading.known, reading.problems)


@dataclass(slots=True)
class _Reading:
    """Which questions are asked so far, and what is known of their answers."""

    questions: Mapping[str, Question]
    given: Mapping[str, Any]
    known: dict[str, Answer] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    asked: dict[str, bool] = field(default_factory=dict)

    def settle(self, question: Question) -> None:
        """Decide whether a question is asked, after those that its conditions speak of."""
        if question.key in self.asked:
            return
        self.asked[question.key] = False  # while it is looked at, so that a circle ends
        for condition in question.when:
            if earlier := self.questions.get(condition.question):
                self.settle(earlier)
        if Answers((), self.known).fulfil(question.when, match_any=question.match_any):
            self.asked[question.key] = True
            self._take(question)

    def _take(self, question: Question) -> None:
        key, found = question.key, question.default
        try:
            if key in self.given:
                found = question.read(self.given[key])
        except Refused as refusal:
            self.problems[key] = refusal.message
            return
        if found is not None:
            self.known[key] = found
        if question.is_required and found in (None, ()):
            self.problems[key] = "An answer is needed here."


def number_of(given: Any) -> Decimal:
    """Return a number that was typed, stored or sent; refuses anything else."""
    if isinstance(given, int | Decimal) and not isinstance(given, bool):
        return Decimal(given)
    return read_number(str(given))


def conditions_in_words(
    conditions: Sequence[AnswerCondition], questions: Iterable[Question], *, match_any: bool
) -> str:
    """Say conditions as an administrator reads them; empty for none."""
    texts = {question.key: question.text for question in questions}
    parts = [f"“{texts.get(one.question, one.question)}” is {one.in_words()}" for one in conditions]
    return (" or " if match_any else " and ").join(parts)


def read_answer_conditions(
    stored: Sequence[Mapping[str, Any]], questions: Mapping[str, Question]
) -> tuple[AnswerCondition, ...]:
    """Read conditions on answers; refuses those that no answer could be measured by."""
    return tuple(_condition(row, number, questions) for number, row in enumerate(stored, start=1))


def _condition(
    row: Mapping[str, Any], number: int, questions: Mapping[str, Question]
) -> AnswerCondition:
    key = str(row.get("question", ""))
    question = questions.get(key)
    if question is None:
        raise _wrong(number, f"speaks of “{key}”, which is no question before this one")
    try:
        operator = Operator(row.get("operator", ""))
    except ValueError:
        raise _wrong(number, "says no comparison") from None
    if question.kind is Kind.TEXT:
        raise _wrong(number, f"speaks of “{question.text}”, a note that no condition can look at")
    is_limit = operator in (Operator.AT_LEAST, Operator.AT_MOST)
    if is_limit != (question.kind is Kind.NUMBER):
        words = "is or is not" if is_limit else "at least or at most"
        raise _wrong(number, f"compares “{question.text}” with “{words}” only")
    value = row.get("value")
    if is_limit:
        return AnswerCondition(operator, limit=_limit(value, number), question=key)
    given = value if isinstance(value, list | tuple) else str(value or "").split(";")
    values = tuple(str(word).strip() for word in given if str(word).strip())
    known = (YES, NO) if question.kind is Kind.YES_NO else question.choices
    if not values:
        raise _wrong(number, f"needs an answer to compare “{question.text}” with")
    if odd := [word for word in values if word not in known]:
        raise _wrong(number, f"waits for “{odd[0]}”, which is no answer to “{question.text}”")
    return AnswerCondition(operator, values, question=key)


def _limit(value: Any, number: int) -> Decimal:
    try:
        limit = number_of(value)
    except Refused:
        raise _wrong(number, "needs a number") from None
    if not limit.is_finite():
        raise _wrong(number, "needs a number")
    return limit


def _wrong(number: int, what: str) -> Refused:
    return Refused(f"Condition {number} {what}.", field="conditions")


def _stored(answer: Answer) -> Any:
    if isinstance(answer, Decimal):
        return plain(answer)
    return list(answer) if isinstance(answer, tuple) else answer
