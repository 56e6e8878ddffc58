"""A questionnaire as a whole: read from what is stored or sent, and refused where it makes no sense."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from q2c.kernel.errors import Refused
from q2c.kernel.rating import plain
from quotes.rules.conditions import OF_LINE, Condition, DealFacts, Field, read_conditions
from quotes.rules.guiding.proposals import HowMany, OptionProposal, Proposal, Role
from quotes.rules.guiding.questions import (
    CHOICES,
    Kind,
    Question,
    number_of,
    read_answer_conditions,
)

Row = Mapping[str, Any]
# Of whom and what a questionnaire may say that it is offered there only.
OFFERED = tuple(field for field in Field if field not in OF_LINE | {Field.COUPON})
MOST_QUESTIONS, MOST_PROPOSALS, MOST_CHOICES = 50, 200, 30
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """Questions in the order in which they are asked, and what is proposed for the answers."""

    questions: tuple[Question, ...]
    proposals: tuple[Proposal, ...]

    def in_language(self, language: str) -> "Questionnaire":
        """Return it with groups and alternatives as the customer reads them.

        A group has one name: the first that any of its proposals has in that language, else its own.
        """
        groups, choices = dict[str, str](), dict[tuple[str, str], str]()
        for one in self.proposals:
            for known, group, choice in one.translations:
                if known == language:
                    groups.setdefault(one.group, group or one.group)
                    choices.setdefault((one.group, one.choice), choice or one.choice)
        proposals = (
            replace(
                one,
                group=groups.get(one.group, one.group),
                choice=choices.get((one.group, one.choice), one.choice),
            )
            for one in self.proposals
        )
        return replace(self, proposals=tuple(proposals))


def key_of(text: str, taken: Iterable[str]) -> str:
    """Make a name out of a text that is none of those taken: how_many_sites."""
    words = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    key = base = words[:32].strip("_") if words[:1].isalpha() else f"q_{words[:30]}".strip("_")
    number, known = 2, set(taken)
    while key in known:
        key, number = f"{base}_{number}", number + 1
    return key


def read_questionnaire(questions: Sequence[Row], proposals: Sequence[Row]) -> Questionnaire:
    """Read a questionnaire; a refusal names its place: `questions.2.conditions`."""
    if len(questions) > MOST_QUESTIONS or len(proposals) > MOST_PROPOSALS:
        raise Refused(
            f"A questionnaire has up to {MOST_QUESTIONS} questions and {MOST_PROPOSALS} proposals.",
            field="questions",
        )
    known: dict[str, Question] = {}
    for place, row in enumerate(questions):
        question = _at(f"questions.{place}", row.get("text"), _question, row, known)
        known[question.key] = question
    found: dict[str, Proposal] = {}
    for place, row in enumerate(proposals):
        what = f"proposal {place + 1}"
        proposal = _at(f"proposals.{place}", what, _proposal, row, known, found)
        found[proposal.key] = proposal
    return Questionnaire(tuple(known.values()), tuple(found.values()))


def read_offered(stored: Sequence[Row]) -> tuple[Condition, ...]:
    """Read for whom a questionnaire is offered; refuses what only a line has."""
    conditions = read_conditions(stored)
    for condition in conditions:
        if condition.field not in OFFERED:
            raise Refused("A questionnaire looks at the quote, not at its lines.", field="offered")
    return conditions


def not_offered(conditions: Iterable[Condition], deal: DealFacts) -> str:
    """Say why a questionnaire is not offered for a deal; empty when it is."""
    for condition in conditions:
        if not condition.holds(actual := condition.actual(None, deal)):
            return condition.why_not(actual)
    return ""


def stored(questionnaire: Questionnaire) -> dict[str, list[dict[str, Any]]]:
    """Return a questionnaire as plain values, as `read_questionnaire` reads it."""
    return {
        "questions": [_question_row(one) for one in questionnaire.questions],
        "proposals": [_proposal_row(one) for one in questionnaire.proposals],
    }


def _at(place: str, what: Any, read: Any, *given: Any) -> Any:
    try:
        return read(*given)
    except Refused as refusal:
        name = f"“{what}”: " if what else ""
        raise Refused(f"{name}{refusal.message}", field=f"{place}.{refusal.field}") from None


def _question(row: Row, known: Mapping[str, Question]) -> Question:
    text, key = str(row.get("text", "")).strip(), str(row.get("key", "")).strip()
    if not 1 <= len(text) <= 200:
        raise Refused("A question has 1 to 200 characters.", field="text")
    key = _key(key or key_of(text, known), known, "question")
    try:
        kind = Kind(row.get("kind", ""))
    except ValueError:
        raise Refused("Choose how it is answered.", field="kind") from None
    if len(help_text := str(row.get("help") or "").strip()) > 300:
        raise Refused("There is room for 300 characters here.", field="help")
    question = Question(
        key=key,
        text=text,
        kind=kind,
        help=help_text,
        choices=_choices(row.get("choices") or ()) if kind in CHOICES else (),
        is_required=bool(row.get("is_required")),
        when=read_answer_conditions(row.get("conditions") or (), known),
        match_any=bool(row.get("match_any")),
        **(_bounds(row) if kind is Kind.NUMBER else {}),
    )
    try:
        default = question.read(row.get("default"))
    except Refused as refusal:
        raise Refused(refusal.message, field="default") from None
    return replace(question, default=default if default != () else None)


def _choices(given: Iterable[Any]) -> tuple[str, ...]:
    choices = tuple(str(one).strip() for one in given if str(one).strip())
    if not 2 <= len(choices) <= MOST_CHOICES:
        raise Refused(f"Give 2 to {MOST_CHOICES} choices, one a line.", field="choices")
    if len(set(choices)) < len(choices):
        twice = next(one for one in choices if choices.count(one) > 1)
        raise Refused(f"The choice “{twice}” is there twice.", field="choices")
    if any(len(one) > 100 or ";" in one for one in choices):
        words = "A choice has up to 100 characters and no semicolon, which parts choices elsewhere."
        raise Refused(words, field="choices")
    return choices


def _bounds(row: Row) -> dict[str, Decimal | None]:
    least, most = _number(row, "least"), _number(row, "most")
    if least is not None and most is not None and most < least:
        raise Refused("The largest number lies below the smallest.", field="most")
    return {"least": least, "most": most}


def _proposal(row: Row, questions: Mapping[str, Question], known: Mapping[str, Proposal]) -> Proposal:  # fmt: skip
    if not row.get("product_id"):
        raise Refused("Choose the product.", field="product_id")
    role = row.get("role") or Role.LINE.value
    if role not in [one.value for one in Role]:
        raise Refused("Choose as what it is offered.", field="role")
    group, choice = (str(row.get(name) or "").strip() for name in ("group", "choice"))
    if role == Role.CHOICE and not (1 <= len(group) <= 60 and 1 <= len(choice) <= 60):
        words = "An alternative needs a group and a name of its own, up to 60 characters each."
        raise Refused(words, field="group")
    if len(why := str(row.get("why") or "").strip()) > 300:
        raise Refused("There is room for 300 characters here.", field="why")
    is_choice = role == Role.CHOICE
    default_key = f"p{len(known) + 1}"
    return Proposal(
        key=_key(str(row.get("key") or key_of(default_key, known)), known, "proposal"),
        product_id=int(row["product_id"]),
        how_many=_how_many(row, questions),
        why=why,
        role=Role(role),
        group=group if is_choice else "",
        choice=choice if is_choice else "",
        translations=_translations(row) if is_choice else (),
        is_recommended=is_choice and bool(row.get("is_recommended")),
        when=read_answer_conditions(row.get("conditions") or (), questions),
        match_any=bool(row.get("match_any")),
        options=tuple(_option(option, questions) for option in row.get("options") or ()),
    )


def _translations(row: Row) -> tuple[tuple[str, str, str], ...]:
    found = []
    for language, words in sorted((row.get("translations") or {}).items()):
        group, choice = (str(words.get(name) or "").strip() for name in ("group", "choice"))
        if max(len(group), len(choice)) > 60:
            raise Refused("There is room for 60 characters here.", field="translations")
        if group or choice:
            found.append((language, group, choice))
    return tuple(found)


def _option(row: Row, questions: Mapping[str, Question]) -> OptionProposal:
    if len(row.get("conditions") or ()) > 1:
        raise Refused(
            "An option has one condition; say another as a row of its own.", field="options"
        )
    return OptionProposal(
        path=tuple(int(step) for step in row.get("path") or ()),
        how_many=_how_many(row, questions),
        when=read_answer_conditions(row.get("conditions") or (), questions),
    )


def _how_many(row: Row, questions: Mapping[str, Question]) -> HowMany:
    key = str(row.get("quantity_from") or "")
    if not key:
        fixed = _number(row, "quantity")
        if fixed is not None and not 0 < fixed <= Decimal(10) ** 9:
            raise Refused("A quantity lies above 0 and below a billion.", field="quantity")
        return HowMany(Decimal(1) if fixed is None else fixed)
    if key not in questions or questions[key].kind is not Kind.NUMBER:
        raise Refused(f"“{key}” is no question for a number.", field="quantity_from")
    factor = _number(row, "factor")
    if factor is not None and not 0 < factor <= 10**6:
        raise Refused("A factor lies above 0, up to a million.", field="factor")
    return HowMany(question=key, factor=Decimal(1) if factor is None else factor)


def _key(key: str, known: Iterable[str], what: str) -> str:
    if not _KEY.fullmatch(key):
        words = "A name is made of small letters, digits and underscores, such as how_many_sites."
        raise Refused(words, field="key")
    if key in set(known):
        raise Refused(f"Another {what} has the name {key}.", field="key")
    return key


def _number(row: Row, name: str) -> Decimal | None:
    given = row.get(name)
    if given is None or given == "":
        return None
    try:
        number = number_of(given)
    except Refused:
        raise Refused(f"“{given}” is not a number.", field=name) from None
    if not number.is_finite() or not 0 <= number <= Decimal(10) ** 9 or number != round(number, 6):
        raise Refused("Give a number from 0 to a billion, with six decimals at most.", field=name)
    return number


def _question_row(one: Question) -> dict[str, Any]:
    default: Any = one.default
    if isinstance(default, tuple):
        default = list(default)
    return {
        "key": one.key,
        "text": one.text,
        "kind": one.kind.value,
        "help": one.help,
        "choices": list(one.choices),
        "is_required": one.is_required,
        "default": plain(default) if isinstance(default, Decimal) else default,
        "least": None if one.least is None else plain(one.least),
        "most": None if one.most is None else plain(one.most),
        "conditions": [condition.to_json() for condition in one.when],
        "match_any": one.match_any,
    }


def _proposal_row(one: Proposal) -> dict[str, Any]:
    return {
        "key": one.key,
        "product_id": one.product_id,
        **_how_many_row(one.how_many),
        "why": one.why,
        "role": one.role.value,
        "group": one.group,
        "choice": one.choice,
        "translations": {
            language: {"group": group, "choice": choice}
            for language, group, choice in one.translations
        },
        "is_recommended": one.is_recommended,
        "conditions": [condition.to_json() for condition in one.when],
        "match_any": one.match_any,
        "options": [
            {
                "path": list(option.path),
                **_how_many_row(option.how_many),
                "conditions": [condition.to_json() for condition in option.when],
            }
            for option in one.options
        ],
    }


def _how_many_row(one: HowMany) -> dict[str, Any]:
    return {
        "quantity": plain(one.fixed),
        "quantity_from": one.question,
        "factor": plain(one.factor),
    }
