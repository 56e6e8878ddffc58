"""The form of a price rule: what it does, and rows of conditions."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings

from q2c.catalog.models import Product
from q2c.catalog.queries import categories
from q2c.kernel.codes import currency_names
from q2c.kernel.discounts import Towards
from q2c.kernel.errors import Refused
from q2c.kernel.numbers import read_number
from q2c.kernel.rating import ChargeKind, plain
from quotes.actions import RuleDraft
from quotes.forms import NumberField, grouping_mark, put_on_form
from quotes.models import PriceRule, QuoteKind
from quotes.rules.conditions import LABELS, Operator
from quotes.rules.price_rules import Combination, Effect, Measure, check_rule
from quotes.rules.rule_sets import rule_from_json
from quotes.rules.rule_words import in_words

_DATE = {"type": "date"}
_SUGGESTED = 300
_EFFECTS = [
    (Effect.PERCENT, "Per cent off"),
    (Effect.BREAKS, "Per cent by volume"),
    (Effect.AMOUNT, "Amount off a line and period"),
    (Effect.PRICE, "Price of a unit and period"),
    (Effect.MARKUP, "Cost plus per cent"),
    (Effect.UPLIFT, "Per cent on top"),
    (Effect.ROUND, "Round the price of a unit"),
    (Effect.FREE, "Units free for units bought"),
    (Effect.MARGIN, "Guard of a margin in per cent"),
]
_COMBINATIONS = [
    (Combination.SEQUENTIAL, "Taken of what is left"),
    (Combination.SUM, "Summed with others, then taken"),
    (Combination.BEST_OF, "The best of such rules"),
    (Combination.EXCLUSIVE, "Alone in its stage"),
]


def _choices(pairs: list[tuple[Any, str]]) -> list[tuple[str, str]]:
    return [(value.value, label) for value, label in pairs]


OPERATORS = _choices(
    [
        (Operator.IS, "is one of"),
        (Operator.IS_NOT, "is none of"),
        (Operator.AT_LEAST, "at least, or from"),
        (Operator.AT_MOST, "at most, or until"),
    ]
)


class ConditionRow(forms.Form):
    """One comparison; a row without a field is left out."""

    field = forms.ChoiceField(
        choices=[("", "–"), *((f.value, label.capitalize()) for f, label in LABELS.items())],
        required=False,
        label="Look at",
    )
    operator = forms.ChoiceField(choices=OPERATORS, required=False)
    value = forms.CharField(
        max_length=300,
        required=False,
        label="Value",
        widget=forms.TextInput(attrs={"list": "condition-words", "autocomplete": "off"}),
    )

    def as_row(self) -> dict[str, str] | None:
        data = self.cleaned_data
        if not data.get("field"):
            return None
        return {name: data[name] for name in ("field", "operator", "value")}


ConditionRows = forms.formset_factory(ConditionRow, extra=2, max_num=30)


class PriceRuleForm(forms.Form):
    """A rule without its conditions."""

    name = forms.CharField(max_length=100)
    effect = forms.ChoiceField(
        choices=_choices(_EFFECTS),
        label="What it does",
        widget=forms.Select(
            attrs={
                "hx-get": "",
                "hx-include": "closest form",
                "hx-params": "not csrfmiddlewaretoken",
                "hx-target": "#rule-terms",
                "hx-select": "#rule-terms",
                "hx-swap": "outerHTML",
            }
        ),
    )
    value = NumberField(max_digits=18, decimal_places=8, required=False)
    breaks = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="Volume breaks",
        help_text="A line each: “10: 5” gives 5 % from 10 on.",
    )
    measure = forms.ChoiceField(
        choices=[
            (Measure.QUANTITY.value, "Quantity"),
            (Measure.AMOUNT.value, "List total over the term"),
        ],
        required=False,
        label="Breaks go by",
    )
    is_across = forms.BooleanField(
        required=False, label="Breaks count all lines that fulfil the conditions together"
    )
    is_graduated = forms.BooleanField(
        required=False, label="Each band its own per cent, not the highest for all units"
    )
    counts_bought = forms.BooleanField(
        required=False, label="Breaks count what the customer bought before, too"
    )
    per_units = NumberField(
        max_digits=18,
        decimal_places=6,
        required=False,
        label="Free for every … bought",
        help_text="With a value of 1 and 2 here the third of three is free.",
    )
    bought = forms.CharField(
        max_length=500,
        required=False,
        label="Bought of these products",
        help_text="SKUs with commas between. Empty: of the line itself.",
    )
    towards = forms.ChoiceField(
        choices=[
            (Towards.NEAREST.value, "The nearest"),
            (Towards.UP.value, "Up"),
            (Towards.DOWN.value, "Down"),
        ],
        required=False,
        label="Round to",
    )
    extra = NumberField(
        max_digits=18,
        decimal_places=8,
        required=False,
        label="And add",
        help_text="−0.01 after a multiple of 10 ends prices in 9.99.",
    )
    currency = forms.ChoiceField(
        choices=lambda: [("", "Any"), *currency_names().items()],
        required=False,
        help_text="Of its amounts; it holds in this currency only.",
    )
    cap = NumberField(
        max_digits=19, decimal_places=4, required=False, label="At most, a line and period"
    )
    most_units = NumberField(
        max_digits=18,
        decimal_places=6,
        required=False,
        label="On the first units only",
        help_text="Of a line; the others cost what they did. Empty: on all of them.",
    )
    of_list = forms.BooleanField(required=False, label="Per cent of list, not of what is left")
    stage = forms.IntegerField(
        initial=10,
        help_text="Stages follow one another; the rep's discount on a line is 50, on the quote 60.",
    )
    combination = forms.ChoiceField(choices=_choices(_COMBINATIONS), label="Beside other rules")
    priority = forms.IntegerField(
        initial=0, required=False, help_text="Of a stage the higher goes first."
    )
    blocks = forms.BooleanField(
        required=False, label="A margin below the guard stops the quote, not the discounts"
    )
    starts_on = forms.DateField(
        widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"), required=False, label="From"
    )
    ends_on = forms.DateField(
        widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"),
        required=False,
        label="Until, not included",
    )
    coupon = forms.CharField(
        max_length=40, required=False, help_text="It then holds for quotes with this code only."
    )
    max_uses = forms.IntegerField(required=False, min_value=1, label="Coupon uses in all")
    max_uses_per_customer = forms.IntegerField(
        required=False, min_value=1, label="Coupon uses a customer"
    )
    match_any = forms.BooleanField(required=False, label="One fulfilled condition is enough")


_OFF = ("value", "of_list", "cap", "most_units", "currency")
# What each effect reads; a field that holds something is shown whatever the effect is.
_TERMS = {
    Effect.PERCENT: _OFF,
    Effect.BREAKS: (
        "breaks",
        "measure",
        "is_across",
        "is_graduated",
        "counts_bought",
        *_OFF[1:],
    ),
    Effect.AMOUNT: ("value", "currency"),
    Effect.PRICE: ("value", "currency"),
    Effect.MARKUP: ("value", "extra", "currency"),
    Effect.UPLIFT: ("value",),
    Effect.ROUND: ("value", "towards", "extra", "currency"),
    Effect.FREE: ("value", "per_units", "bought", "most_units"),
    Effect.MARGIN: ("value", "blocks"),
}
_VALUE = {
    Effect.PERCENT: "Per cent off",
    Effect.AMOUNT: "Amount off",
    Effect.PRICE: "Price",
    Effect.MARKUP: "Per cent on cost",
    Effect.UPLIFT: "Per cent on top",
    Effect.ROUND: "A multiple of",
    Effect.FREE: "Units free",
    Effect.MARGIN: "Margin at least, %",
}


class RuleForms:
    """The rule and its conditions as one form, which asks only for what the effect reads."""

    def __init__(self, data: Any = None, *, rule: PriceRule | None = None) -> None:
        initial, rows = {}, []
        if rule:
            initial = {name: getattr(rule, name) for name in PriceRuleForm.base_fields}
            initial["bought"] = ", ".join(rule.bought)
            initial["breaks"] = "\n".join(f"{b['least']}: {b['percent']}" for b in rule.breaks)
            rows = [_typed(condition) for condition in rule.conditions]
        self.head = PriceRuleForm(data, initial=initial)
        self.conditions = ConditionRows(data, initial=rows, prefix="condition")
        chosen = self.head["effect"].value()
        known = {effect.value for effect, _ in _EFFECTS}
        self.effect = Effect(chosen if chosen in known else Effect.PERCENT)
        self.head.fields["value"].label = _VALUE.get(self.effect, "Value")
        if self.effect is Effect.MARKUP:
            self.head.fields["extra"].label = "At least so much above cost, a unit"
            self.head.fields["extra"].help_text = ""
        elif self.effect is Effect.FREE:
            self.head.fields["most_units"].label = "At most so many free, of a line"
            self.head.fields["most_units"].help_text = ""

    def is_valid(self) -> bool:
        return all([self.head.is_valid(), self.conditions.is_valid()])

    def draft(self) -> RuleDraft:
        """Return the rule as the actions take it; refuses breaks that cannot be read."""
        data = dict(self.head.cleaned_data)
        data["breaks"] = _breaks(data["breaks"]) if data["effect"] == Effect.BREAKS else ()
        data["value"] = data["value"] or Decimal(0)
        data["priority"] = data["priority"] or 0
        data["extra"] = data["extra"] or Decimal(0)
        data["towards"] = data["towards"] or Towards.NEAREST.value
        data["bought"] = tuple(sku.strip() for sku in data["bought"].split(",") if sku.strip())
        data["measure"] = data["measure"] or Measure.QUANTITY.value
        rows = tuple(row for form in self._used() if (row := form.as_row()))
        return RuleDraft(conditions=rows, **data)

    def put(self, refusal: Refused) -> None:
        """Place a refusal beside its field; `conditions.1` is the second row used."""
        kind, _, place = refusal.field.partition(".")
        if kind == "conditions" and place.isdigit():
            self._used()[int(place)].add_error("value", refusal.message)
        else:
            put_on_form(self.head, refusal)

    def _used(self) -> list[ConditionRow]:
        return [form for form in self.conditions if form.cleaned_data.get("field")]

    @property
    def what(self) -> list[forms.BoundField]:
        return [self.head[name] for name in ("name", "effect")]

    @property
    def terms(self) -> list[forms.BoundField]:
        """What the effect reads, and what else holds something."""
        asked = _TERMS[self.effect]
        others = (
            "value", "breaks", "is_across", "is_graduated", "counts_bought", "of_list", "cap",
            "most_units", "extra", "per_units", "bought", "blocks",
        )  # fmt: skip
        held = [name for name in others if name not in asked and self._holds(name)]
        return [self.head[name] for name in (*asked, *held)]

    def _holds(self, name: str) -> bool:
        value = self.head[name].value()
        return bool(self.head[name].errors) or value not in (None, "", False, Decimal(0), "0")

    @property
    def beside(self) -> list[forms.BoundField]:
        return [self.head[name] for name in ("stage", "combination", "priority")]

    @property
    def when(self) -> list[forms.BoundField]:
        return [self.head[name] for name in ("starts_on", "ends_on")]

    @property
    def coupon(self) -> list[forms.BoundField]:
        return [self.head[name] for name in ("coupon", "max_uses", "max_uses_per_customer")]

    @property
    def sentence(self) -> str:
        """Say what the rule does as far as it is typed, or what is missing."""
        if not (self.head.is_bound or self.head.initial):
            return "What the rule does appears here as you type."
        if not self.head.is_bound:
            return RuleForms(self._as_posted()).sentence
        if not self.is_valid():
            return "What the rule does appears here once what is marked below is mended."
        try:
            rule = rule_from_json({**asdict(self.draft()), "id": 0})
            check_rule(rule)
        except Refused as refusal:
            return refusal.message
        return in_words(rule)

    def _as_posted(self) -> dict[str, Any]:
        """Return a stored rule as its form would send it."""
        bound = [*self.head, *(field for row in self.conditions for field in row)]
        sent = {field.html_name: field.value() for field in bound}
        sent |= {f.html_name: f.value() for f in self.conditions.management_form}
        return {name: "" if value is None else value for name, value in sent.items()}

    @property
    def suggestions(self) -> list[str]:
        """Return words that conditions know, to choose from while typing."""
        kinds = [kind.value for kind in ChargeKind]
        skus = Product.objects.filter(is_active=True).order_by("sku").values_list("sku", flat=True)
        words = [*settings.CUSTOMER_SEGMENTS, *settings.SALES_CHANNELS, *kinds]
        return [*words, *QuoteKind.values, *categories(), *skus[:_SUGGESTED]]

    @property
    def known(self) -> str:
        """Return what conditions may compare with."""
        return (
            f"Segments: {', '.join(settings.CUSTOMER_SEGMENTS)}. "
            f"Channels: {', '.join(settings.SALES_CHANNELS)}. Regions: DE or US-CA. Kinds of "
            "charge: one_time, recurring, usage. Kinds of quote: new, renewal, amendment. Products "
            "by SKU, customers by number. Several with commas."
        )


def _typed(condition: dict[str, Any]) -> dict[str, Any]:
    value = condition["value"]
    return {**condition, "value": ", ".join(value) if isinstance(value, list) else value}


def _breaks(typed: str) -> tuple[dict[str, str], ...]:
    found = []
    mark = grouping_mark()
    for line in filter(str.strip, typed.splitlines()):
        least, _, percent = line.replace("%", "").partition(":")
        try:
            numbers = [plain(read_number(part, grouping=mark)) for part in (least, percent)]
        except Refused:
            raise Refused(f"“{line.strip()}” is no break: write “10: 5”.", field="breaks") from None
        found.append(dict(zip(("least", "percent"), numbers, strict=True)))
    return tuple(found)
