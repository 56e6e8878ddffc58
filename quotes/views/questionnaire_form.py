"""The forms of a questionnaire: its head, one question, one proposal, each with its conditions."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from q2c.catalog.bundles import bundle_trees
from q2c.catalog.models import Product, ProductKind
from q2c.catalog.rules.configuring import Bundle, Option, Path, options_by_path
from q2c.kernel.errors import Refused
from quotes.forms import DATE, NumberField, put_on_form
from quotes.models import Questionnaire
from quotes.rules.conditions import LABELS
from quotes.rules.guiding.proposals import ROLES
from quotes.rules.guiding.questionnaires import OFFERED, key_of
from quotes.rules.guiding.questions import CHOICES, KINDS, Kind, Question
from quotes.views.price_rule_form import OPERATORS, ConditionRow

_NONE = ("", "–")
_MATCH = [("", "All of the conditions"), ("any", "Any of the conditions")]


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
        choices=[_NONE, *((one.value, LABELS[one].capitalize()) for one in OFFERED)],
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
        self.fields["question"].choices = _named(questions, without=Kind.TEXT)  # type: ignore[attr-defined]

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
    match_any = forms.ChoiceField(choices=_MATCH, required=False, label="Asked when these hold")


class ProposalForm(forms.Form):
    """A product to propose, how many, and as what."""

    product = forms.CharField(
        max_length=60,
        label="Product, by its SKU",
        widget=forms.TextInput(attrs={"list": "products", "autocomplete": "off"}),
    )
    quantity = NumberField(required=False, label="Quantity", help_text="Or the answer below.")
    quantity_from = forms.ChoiceField(required=False, label="As many as the answer to")
    factor = NumberField(
        required=False, label="times", help_text="0.125 is one for every eight; rounded up."
    )
    role = forms.ChoiceField(
        choices=[(role.value, words) for role, words in ROLES.items()], label="Offered as"
    )
    group = forms.CharField(
        max_length=60, required=False, help_text="What the alternatives have in common: Support."
    )
    choice = forms.CharField(
        max_length=60, required=False, label="Alternative", help_text="Good, Better, Best."
    )
    is_recommended = forms.BooleanField(required=False, label="Recommended alternative")
    why = forms.CharField(
        max_length=300, required=False, help_text="The rep reads it; empty: the conditions."
    )
    match_any = forms.ChoiceField(choices=_MATCH, required=False, label="Proposed when these hold")

    def __init__(self, *args: Any, questions: Sequence[Question], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["quantity_from"].choices = _named(questions, only=Kind.NUMBER)  # type: ignore[attr-defined]


class OptionRow(forms.Form):
    """An option of the bundle; a row without one is left out."""

    option = forms.ChoiceField(required=False)
    quantity = NumberField(required=False, label="In each bundle")
    quantity_from = forms.ChoiceField(required=False, label="or the answer to")
    factor = NumberField(required=False, label="times")
    question = forms.ChoiceField(required=False, label="only when")
    operator = forms.ChoiceField(choices=OPERATORS, required=False, label="Answer")
    value = forms.CharField(
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"list": "answers", "autocomplete": "off"}),
    )

    def __init__(
        self, *args: Any, questions: Sequence[Question], tree: Bundle | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["option"].choices = [_NONE, *_options(tree)]  # type: ignore[attr-defined]
        self.fields["quantity_from"].choices = _named(questions, only=Kind.NUMBER)  # type: ignore[attr-defined]
        self.fields["question"].choices = _named(questions, without=Kind.TEXT)  # type: ignore[attr-defined]

    def as_row(self) -> dict[str, Any] | None:
        data = self.cleaned_data
        if not data.get("option"):
            return None
        condition = {name: data[name] for name in ("question", "operator", "value")}
        return {
            "path": [int(step) for step in data["option"].split(".")],
            **{name: data[name] for name in ("quantity", "quantity_from", "factor")},
            "conditions": [condition] if data["question"] else [],
        }


class HeadForms:
    """The head and for whom it is offered."""

    def __init__(self, data: QueryDict | None, row: Questionnaire | None) -> None:
        head = {name: getattr(row, name) for name in HeadForm.base_fields} if row else {}
        self.head = HeadForm(data, initial=head)
        initial = [_typed(one) for one in row.offered] if row else []
        self.rows: Any = _OfferedRows(data, initial=initial, prefix="offered")

    def is_valid(self) -> bool:
        return all([self.head.is_valid(), self.rows.is_valid()])

    def values(self) -> dict[str, Any]:
        return {**self.head.cleaned_data, "offered": _used(self.rows)}

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
        self.rows: Any = _rows(data, stored, earlier)

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
            "conditions": _used(self.rows),
        }

    def put(self, refusal: Refused, place: str = "") -> None:
        """Stand a refusal beside its field, or above where it is about another question."""
        put_on_form(self.head, _of_place(refusal, place))

    @property
    def answers(self) -> list[str]:
        return _answers(self.earlier)


class ProposalForms:
    """A proposal, when it is made and, of a bundle, its options."""

    def __init__(
        self, data: QueryDict | None, stored: dict[str, Any] | None, questions: Sequence[Question]
    ) -> None:
        self.stored, self.questions = stored, questions
        initial = dict(stored or {})
        self.product = _product(data, stored)
        self.tree = _tree(self.product)
        if stored:
            initial["product"] = self.product.sku if self.product else ""
            initial["match_any"] = "any" if stored["match_any"] else ""
            if stored["quantity_from"]:
                initial["quantity"] = None
            else:
                initial["factor"] = None
        self.head = ProposalForm(data, initial=initial, questions=questions)
        self.rows: Any = _rows(data, stored, questions)
        options = [_typed_option(one) for one in stored["options"]] if stored else []
        self.options: Any = _OptionRows(
            data if data and "options-TOTAL_FORMS" in data else None,
            initial=options,
            prefix="options",
            form_kwargs={"questions": questions, "tree": self.tree},
        )

    def is_valid(self) -> bool:
        parts = [self.head, self.rows, *([self.options] if self.options.is_bound else [])]
        found = [part.is_valid() for part in parts]
        if all(found) and self.product is None:
            self.head.add_error("product", "Choose one of our products by its SKU.")
        return all(found) and self.product is not None

    @property
    def asks_for_options(self) -> bool:
        """Whether the product is a bundle whose options have not been shown yet."""
        return self.tree is not None and self.head.is_bound and not self.options.is_bound

    def row(self, taken: Iterable[str]) -> dict[str, Any]:
        """Return the proposal as the rules read it."""
        assert self.product is not None, "a valid proposal has its product"
        data = dict(self.head.cleaned_data)
        return {
            **data,
            "key": self.stored["key"] if self.stored else key_of("p1", taken),
            "product_id": self.product.pk,
            "match_any": bool(data["match_any"]),
            "conditions": _used(self.rows),
            "options": _used(self.options) if self.tree and self.options.is_bound else [],
        }

    def put(self, refusal: Refused, place: str = "") -> None:
        refusal = _of_place(refusal, place)
        field = "product" if refusal.field == "product_id" else refusal.field
        put_on_form(self.head, Refused(refusal.message, field=field))

    @property
    def answers(self) -> list[str]:
        return _answers(self.questions)

    @property
    def products(self) -> list[tuple[str, str]]:
        """Return the products sold that a browser may help to type, by SKU and name."""
        found = Product.objects.filter(is_active=True).order_by("name")
        return list(found.values_list("sku", "name")[:400])


_OfferedRows = forms.formset_factory(OfferedRow, extra=2, max_num=20)
_AnswerRows = forms.formset_factory(AnswerRow, extra=2, max_num=20)
_OptionRows = forms.formset_factory(OptionRow, extra=3, max_num=60)


def _product(data: QueryDict | None, stored: dict[str, Any] | None) -> Product | None:
    """Return the product that was typed or, before anything was, the one that is kept."""
    if data is not None:
        return Product.objects.filter(sku=data.get("product", "").strip()).first()
    return Product.objects.filter(pk=stored["product_id"]).first() if stored else None


def _rows(
    data: QueryDict | None, stored: dict[str, Any] | None, questions: Sequence[Question]
) -> Any:
    initial = [_typed(one) for one in stored["conditions"]] if stored else []
    return _AnswerRows(
        data, initial=initial, prefix="conditions", form_kwargs={"questions": questions}
    )


def _used(formset: Any) -> list[dict[str, Any]]:
    return [row for form in formset if (row := form.as_row())]


def _of_place(refusal: Refused, place: str) -> Refused:
    """Return a refusal with the field's own name, if it is about what stands at this place."""
    start = f"{place}."
    if refusal.field.startswith(start):
        return Refused(refusal.message, field=refusal.field.removeprefix(start))
    return refusal


def _named(
    questions: Sequence[Question], *, only: Kind | None = None, without: Kind | None = None
) -> list[tuple[str, str]]:
    found = [
        (one.key, one.text)
        for one in questions
        if one.kind is not without and (only is None or one.kind is only)
    ]
    return [_NONE, *found]


def _answers(questions: Sequence[Question]) -> list[str]:
    """Return what a condition may compare with, for the browser to offer."""
    words = [choice for one in questions for choice in one.choices]
    return list(dict.fromkeys([*words, "yes", "no"]))


def _options(tree: Bundle | None) -> list[tuple[str, str]]:
    if tree is None:
        return []
    known = options_by_path(tree)
    return [(".".join(map(str, path)), _option_name(path, known)) for path in known]


def _option_name(path: Path, known: Mapping[Path, Option]) -> str:
    above = [known[path[:depth]].name for depth in range(1, len(path))]
    within = f" ({', '.join(above)})" if above else ""
    return f"{known[path].name}{within}"


def _tree(product: Product | None) -> Bundle | None:
    if product is None or product.kind != ProductKind.BUNDLE:
        return None
    return bundle_trees([product.pk])[product.pk]


def _typed(condition: dict[str, Any]) -> dict[str, Any]:
    value, parts = condition["value"], "; " if "question" in condition else ", "
    return {**condition, "value": parts.join(value) if isinstance(value, list) else value}


def _typed_option(option: dict[str, Any]) -> dict[str, Any]:
    condition = _typed(option["conditions"][0]) if option["conditions"] else {}
    is_from = bool(option["quantity_from"])
    return {
        **condition,
        "option": ".".join(str(step) for step in option["path"]),
        "quantity": None if is_from else option["quantity"],
        "quantity_from": option["quantity_from"],
        "factor": option["factor"] if is_from else None,
    }
