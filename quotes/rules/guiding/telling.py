"""Questions and proposals in a sentence, for the history."""

from quotes.rules.guiding.proposals import Proposal, Role
from quotes.rules.guiding.questionnaires import Questionnaire
from quotes.rules.guiding.questions import KINDS, Question, conditions_in_words


def question_words(one: Question, whole: Questionnaire) -> str:
    """Say how a question is answered and when it is asked."""
    parts = [
        KINDS[one.kind].lower(),
        " · ".join(one.choices),
        "required" if one.is_required else "",
        f"begins with {one.said(one.default)}" if one.default is not None else "",
        f"from {one.least}" if one.least is not None else "",
        f"up to {one.most}" if one.most is not None else "",
        f"“{one.help}”" if one.help else "",
        _when(conditions_in_words(one.when, whole.questions, match_any=one.match_any)),
    ]
    return "; ".join(part for part in parts if part)


def proposal_words(one: Proposal, whole: Questionnaire) -> str:
    """Say how many are proposed, as what, when and why."""
    parts = [
        one.how_many.in_words(whole.questions),
        role_words(one),
        ", ".join(f"in {known} {group}: {name}" for known, group, name in one.translations),
        _when(conditions_in_words(one.when, whole.questions, match_any=one.match_any)),
        f"{count} option{'s' if count > 1 else ''}" if (count := len(one.options)) else "",
        f"“{one.why}”" if one.why else "",
    ]
    return "; ".join(part for part in parts if part)


def role_words(one: Proposal) -> str:
    """Say as what a product is offered; empty where it simply is."""
    match one.role:
        case Role.LINE:
            return ""
        case Role.OPTION:
            return "Option"
        case Role.CHOICE:
            best = ", recommended" if one.is_recommended else ""
            return f"{one.group}: {one.choice}{best}"


def _when(words: str) -> str:
    return f"when {words}" if words else ""
