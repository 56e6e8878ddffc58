"""The form of a proposal: a product, how many, as what, when, and the options of a bundle."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict

from q2c.catalog.bundles import bundle_trees
from q2c.catalog.models import Product, ProductKind
from q2c.catalog.rules.configuring import Bundle, Option, Path, options_by_path
from q2c.kernel.errors import Refused
from quotes.forms import NumberField, put_on_form
from quotes.rules.guiding.proposals import ROLES
from quotes.rules.guiding.questionnaires import key_of
from quotes.rules.guiding.questions import Kind, Question
from quotes.views.price_rule_form import OPERATORS
from quotes.views.questionnaire_form import (
    MATCH,
    NONE,
    answers_in,
    condition_rows,
    named,
    of_place,
    typed_condition,
    used,
)

# What customers read of a proposal is said in these languages beside our own.
_LANGUAGES = {code: name for code, name in settings.LANGUAGES if code != settings.LANGUAGE_CODE}
_TRANSLATED = {
    f"{name}_{code}": f"{what}, {label}"
    for code, label in _LANGUAGES.items()
    for name, what in (("group", "Group"), ("choice", "Alternative"))
}


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
    match_any = forms.ChoiceField(choices=MATCH, required=False, label="Proposed when these hold")

    def __init__(self, *args: Any, questions: Sequence[Question], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["quantity_from"].choices = named(questions, only=Kind.NUMBER)  # type: ignore[attr-defined]
        for name, label in _TRANSLATED.items():
            self.fields[name] = forms.CharField(max_length=60, required=False, label=label)


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
        self.fields["option"].choices = [NONE, *_options(tree)]  # type: ignore[attr-defined]
        self.fields["quantity_from"].choices = named(questions, only=Kind.NUMBER)  # type: ignore[attr-defined]
        self.fields["question"].choices = named(questions, without=Kind.TEXT)  # type: ignore[attr-defined]

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
            for code, texts in stored.get("translations", {}).items():
                initial |= {f"{name}_{code}": text for name, text in texts.items()}
            if stored["quantity_from"]:
                initial["quantity"] = None
            else:
                initial["factor"] = None
        self.head = ProposalForm(data, initial=initial, questions=questions)
        self.rows: Any = condition_rows(data, stored, questions)
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
    def translated(self) -> list[forms.BoundField]:
        """Return the fields of what the customer reads in other languages."""
        return [self.head[name] for name in _TRANSLATED]

    @property
    def is_translated(self) -> bool:
        return any(field.value() or field.errors for field in self.translated)

    @property
    def asks_for_options(self) -> bool:
        """Whether the product is a bundle whose options have not been shown yet."""
        return self.tree is not None and self.head.is_bound and not self.options.is_bound

    def row(self, taken: Iterable[str]) -> dict[str, Any]:
        """Return the proposal as the rules read it."""
        assert self.product is not None, "a valid proposal has its product"
        data = dict(self.head.cleaned_data)
        translations = {
            code: {name: data.pop(f"{name}_{code}") for name in ("group", "choice")}
            for code in _LANGUAGES
        }
        return {
            **data,
            "translations": translations,
            "key": self.stored["key"] if self.stored else key_of("p1", taken),
            "product_id": self.product.pk,
            "match_any": bool(data["match_any"]),
            "conditions": used(self.rows),
            "options": used(self.options) if self.tree and self.options.is_bound else [],
        }

    def put(self, refusal: Refused, place: str = "") -> None:
        refusal = of_place(refusal, place)
        field = "product" if refusal.field == "product_id" else refusal.field
        put_on_form(self.head, Refused(refusal.message, field=field))

    @property
    def answers(self) -> list[str]:
        return answers_in(self.questions)

    @property
    def products(self) -> list[tuple[str, str]]:
        """Return the products sold that a browser may help to type, by SKU and name."""
        found = Product.objects.filter(is_active=True).order_by("name")
        return list(found.values_list("sku", "name")[:400])


_OptionRows = forms.formset_factory(OptionRow, extra=3, max_num=60)


def _product(data: QueryDict | None, stored: dict[str, Any] | None) -> Product | None:
    """Return the product that was typed or, before anything was, the one that is kept."""
    if data is not None:
        return Product.objects.filter(sku=data.get("product", "").strip()).first()
    return Product.objects.filter(pk=stored["product_id"]).first() if stored else None


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


def _typed_option(option: dict[str, Any]) -> dict[str, Any]:
    condition = typed_condition(option["conditions"][0]) if option["conditions"] else {}
    is_from = bool(option["quantity_from"])
    return {
        **condition,
        "option": ".".join(str(step) for step in option["path"]),
        "quantity": None if is_from else option["quantity"],
        "quantity_from": option["quantity_from"],
        "factor": option["factor"] if is_from else None,
    }
