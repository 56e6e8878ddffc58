"""The forms of a questionnaire: its head, one question, one proposal, each with its conditions."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from q2c.kernel.errors import Refused
from quotes.forms import DATE, NumberField, put_on_form
from quotes.models import Questionnaire
from quotes.rules.conditions import LABELS
from quotes.rules.guiding.questionnaires import OFFERED, key_of
from quotes.rules.guiding.questions import CHOICES, KINDS, Kind, Question
from quotes.views.price_rule_form import OPERATORS, ConditionRow

NONE = ("", "–")
MATCH = [("", "All of the conditions"), ("any", "Any of the conditions")]


class HeadForm(forms.Form):
    """What a questionnaire is called, and when it is asked."""

    name = forms.CharField(max_length=100)
    description = forms.CharField(
        max_length=300, required=False, help_text="The rep reads it above the questions."
    )
    starts_on = forms.DateField(
        widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"), required=False, label="From"
    )
    ends_on = forms.DateField(
        widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"),
        required=False,
        label="Until, not included",
    )


class OfferedRow(ConditionRow):
    """For whom it is offered: one comparison of the quote."""

    field = forms.ChoiceField(
        choices=[NONE, *((one.value, LABELS[one].capitalize()) for one in OFFERED)],
        required=False,
        label="Look at",
    )


class AnswerRow(forms.Form):
    """One comparison of an answer; a row without a question is left out."""

    question = forms.ChoiceField(required=False)
    operator = forms.ChoiceField(choices=OPERATORS, required=False, label="Answer")
    value = forms.CharField(
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"list": "answers", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, questions: Sequence[Question], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["question"].choices = named(questions, without=Kind.TEXT)  # type: ignore[attr-defined]

    def as_row(self) -> dict[str, Any] | None:
        data = self.cleaned_data
        if not data.get("question"):
            return None
        return {name: data[name] for name in ("question", "operator", "value")}


class QuestionForm(forms.Form):
    """One question; what its kind has no use for is left out."""

    text = forms.CharField(max_length=200, label="Question")
    kind = forms.ChoiceField(
        choices=[(kind.value, words) for kind, words in KINDS.items()], label="Answered with"
    )
    help = forms.CharField(max_length=300, required=False, label="Help under the question")
    choices = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="One a line, for one or several choices.",
    )
    default = forms.CharField(
        max_length=500,
        required=False,
        label="Answer to begin with",
        help_text="A choice, several with semicolons, a number, or yes or no.",
    )
    least = NumberField(required=False, label="Smallest number")
    most = NumberField(required=False, label="Largest number")
    is_required = forms.BooleanField(required=False, label="An answer is required")
    match_any = forms.ChoiceField(choices=MATCH, required=False, label="Asked when these hold")


class HeadForms:
    """The head and for whom it is offered."""

    def __init__(self, data: QueryDict | None, row: Questionnaire | None) -> None:
        head = {name: getattr(row, name) for name in HeadForm.base_fields} if row else {}
        self.head = HeadForm(data, initial=head)
        initial = [typed_condition(one) for one in row.offered] if row else []
        self.rows: Any = _OfferedRows(data, initial=initial, prefix="offered")

    def is_valid(self) -> bool:
        return all([self.head.is_valid(), self.rows.is_valid()])

    def values(self) -> dict[str, Any]:
        return {**self.head.cleaned_data, "offered": used(self.rows)}

    def put(self, refusal: Refused) -> None:
        """Stand a refusal beside its field; `conditions.1` is the second row used."""
        kind, _, place = refusal.field.partition(".")
        if kind == "conditions" and place.isdigit():
            used = [form for form in self.rows if form.as_row()]
            used[int(place)].add_error("value", refusal.message)
        else:
            put_on_form(self.head, refusal)


class QuestionForms:
    """A question and when it is asked; it looks at `earlier` questions."""

    def __init__(
        self, data: QueryDict | None, stored: dict[str, Any] | None, earlier: Sequence[Question]
    ) -> None:
        initial = dict(stored or {})
        if stored:
            default = stored["default"]
            initial["choices"] = "\n".join(stored["choices"])
            initial["default"] = "; ".join(default) if isinstance(default, list) else default
            initial["match_any"] = "any" if stored["match_any"] else ""
        self.stored, self.earlier = stored, earlier
        self.head = QuestionForm(data, initial=initial)
        self.rows: Any = condition_rows(data, stored, earlier)

    def is_valid(self) -> bool:
        return all([self.head.is_valid(), self.rows.is_valid()])

    def row(self, taken: Iterable[str]) -> dict[str, Any]:
        """Return the question as the rules read it; a new one is named by its text."""
        data = dict(self.head.cleaned_data)
        is_many = data["kind"] == Kind.MANY
        default = data["default"]
        return {
            **data,
            "key": self.stored["key"] if self.stored else key_of(data["text"], taken),
            "choices": data["choices"].splitlines() if data["kind"] in CHOICES else [],
            "default": [one.strip() for one in default.split(";")] if is_many else default,
            "match_any": bool(data["match_any"]),
            "conditions": used(self.rows),
        }

    def put(self, refusal: Refused, place: str = "") -> None:
        """Stand a refusal beside its field, or above where it is about another question."""
        put_on_form(self.head, of_place(refusal, place))

    @property
    def answers(self) -> list[str]:
        return answers_in(self.earlier)


_OfferedRows = forms.formset_factory(OfferedRow, extra=2, max_num=20)
_AnswerRows = forms.formset_factory(AnswerRow, extra=2, max_num=20)


def condition_rows(
    data: QueryDict | None, stored: dict[str, Any] | None, questions: Sequence[Question]
) -> Any:
    initial = [typed_condition(one) for one in stored["conditions"]] if stored else []
    return _AnswerRows(
        data, initial=initial, prefix="conditions", form_kwargs={"questions": questions}
    )


def used(formset: Any) -> list[dict[str, Any]]:
    return [row for form in formset if (row := form.as_row())]


def of_place(refusal: Refused, place: str) -> Refused:
    """Return a refusal with the field's own name, if it is about what stands at this place."""
    start = f"{place}."
    if refusal.field.startswith(start):
        return Refused(refusal.message, field=refusal.field.removeprefix(start))
    return refusal


def named(
    questions: Sequence[Question], *, only: Kind | None = None, without: Kind | None = None
) -> list[tuple[str, str]]:
    found = [
        (one.key, one.text)
        for one in questions
        if one.kind is not without and (only is None or one.kind is only)
    ]
    return [NONE, *found]


def answers_in(questions: Sequence[Question]) -> list[str]:
    """Return what a condition may compare with, for the browser to offer."""
    words = [choice for one in questions for choice in one.choices]
    return list(dict.fromkeys([*words, "yes", "no"]))


def typed_condition(condition: dict[str, Any]) -> dict[str, Any]:
    value, parts = condition["value"], "; " if "question" in condition else ", "
    return {**condition, "value": parts.join(value) if isinstance(value, list) else value}
