"""The form of an approval policy: rows of conditions, rows of steps."""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict

from q2c.catalog.models import Product
from q2c.kernel.codes import currency_names
from q2c.kernel.errors import Refused
from q2c.kernel.numbers import read_number
from q2c.kernel.rating import plain
from quotes.actions import PolicyDraft
from quotes.actions.policies import approver_roles
from quotes.forms import grouping_mark, put_on_form
from quotes.models import ApprovalPolicy
from quotes.queries import approvers
from quotes.queries.measures import policy_of
from quotes.rules.approval import MEASURES, OPERATORS, Condition, Measure, Operator, Step
from quotes.rules.approval.conditions import AMOUNTS, NUMBERS

_NONE = ("", "–")


def _currencies() -> list[tuple[str, str]]:
    return [_NONE, *((code, code) for code in currency_names())]


def _targets() -> list[tuple[str, Any]]:
    roles = [(f"role:{role.value}", role.label) for role in approver_roles()]
    people = [(f"person:{user.pk}", user.full_name) for user in approvers()]
    return [("Role", roles), ("Person", people)]


def _asked() -> list[tuple[str, Any]]:
    managers = [("manager:1", "Manager"), ("manager:2", "Manager's manager")]
    return [("", "–"), ("The owner's", managers), *_targets()]


class HeadForm(forms.Form):
    """What a policy is called, and how its conditions go together."""

    name = forms.CharField(max_length=100)
    needs_all_conditions = forms.TypedChoiceField(
        choices=[("all", "All of the conditions"), ("any", "Any of the conditions")],
        coerce=lambda value: value == "all",
        label="Asks when these hold",
    )
    counts_options = forms.BooleanField(
        required=False, label="Optional lines count also while they are not chosen"
    )
    is_active = forms.BooleanField(required=False, initial=True, label="In force")


class ConditionForm(forms.Form):
    """One comparison; a row without a measure is left out."""

    measure = forms.ChoiceField(
        choices=[_NONE, *((m.value, words) for m, words in MEASURES.items())], required=False
    )
    operator = forms.ChoiceField(
        choices=[(o.value, words) for o, words in OPERATORS.items()], label="Is"
    )
    value = forms.CharField(max_length=200, required=False, label="Limit, SKU or word")
    currency = forms.ChoiceField(choices=_currencies, required=False)

    def condition(self) -> Condition:
        """Return the comparison; refuses a number or product that cannot be read."""
        data = self.cleaned_data
        measure, said = Measure(data["measure"]), data["value"].strip()
        product_id = None
        if measure is Measure.PRODUCT:
            product_id = Product.objects.filter(sku=said).values_list("pk", flat=True).first()
        is_number = measure in NUMBERS
        return Condition(
            measure,
            Operator(data["operator"]),
            limit=_number(said) if is_number else None,
            text="" if is_number or product_id else said,
            currency=data["currency"] if measure in AMOUNTS else "",
            product_id=product_id,
        )


class StepForm(forms.Form):
    """Whom a stage asks; a row that asks nobody is left out."""

    asks = forms.ChoiceField(choices=_asked, required=False)
    stage = forms.IntegerField(min_value=1, max_value=9, initial=1)
    needs_all = forms.TypedChoiceField(
        choices=[("any", "Any one"), ("all", "All of them")],
        coerce=lambda value: value == "all",
        label="Decides",
    )
    remind_after_hours = forms.IntegerField(min_value=1, required=False, label="Remind after hours")
    escalate_after_hours = forms.IntegerField(
        min_value=1, required=False, label="Escalate after hours"
    )
    escalate_to = forms.ChoiceField(
        choices=lambda: [_NONE, *_targets()], required=False, label="Escalate to"
    )

    def step(self) -> Step:
        data = self.cleaned_data
        return Step(
            data["stage"],
            data["asks"],
            data["needs_all"],
            data["remind_after_hours"],
            data["escalate_after_hours"],
            data["escalate_to"],
        )


_Conditions = forms.formset_factory(ConditionForm, extra=0)
_Steps = forms.formset_factory(StepForm, extra=0)


class PolicyForm:
    """The head and both tables of a policy, read and refused together."""

    def __init__(self, policy: ApprovalPolicy | None = None, data: QueryDict | None = None) -> None:
        head, conditions, steps = _initial(policy) if policy else ({}, [{}], [{}])
        self.head = HeadForm(data, initial=head)
        self.conditions: Any = _Conditions(data, initial=conditions, prefix="conditions")
        self.steps: Any = _Steps(data, initial=steps, prefix="steps")

    def is_valid(self) -> bool:
        parts = (self.head, self.conditions, self.steps)
        return [part.is_valid() for part in parts] == [True] * len(parts)

    def draft(self) -> PolicyDraft:
        """Return the policy as the actions take it; refuses with the place of what is wrong."""
        rows = [form.condition() for form in self._used(self.conditions, "measure")]
        steps = [form.step() for form in self._used(self.steps, "asks")]
        return PolicyDraft(
            name=self.head.cleaned_data["name"],
            conditions=tuple(rows),
            steps=tuple(steps),
            needs_all_conditions=self.head.cleaned_data["needs_all_conditions"],
            counts_options=self.head.cleaned_data["counts_options"],
            is_active=self.head.cleaned_data["is_active"],
        )

    def put(self, refusal: Refused) -> None:
        """Place a refusal beside its field: `conditions.1.value` is in the second row used."""
        kind, _, rest = refusal.field.partition(".")
        place, _, field = rest.partition(".")
        rows = {"conditions": (self.conditions, "measure"), "steps": (self.steps, "asks")}
        if kind in rows:
            used = self._used(*rows[kind]) or list(rows[kind][0])
            put_on_form(used[int(place)], Refused(refusal.message, field=field))
        else:
            put_on_form(self.head, refusal)

    @staticmethod
    def _used(formset: Any, field: str) -> list[Any]:
        return [form for form in formset if form.cleaned_data.get(field)]


def with_another(data: QueryDict, prefix: str) -> QueryDict:
    """Return what was posted with one more, empty row."""
    more = data.copy()
    name = f"{prefix}-TOTAL_FORMS"
    count = int(more.get(name) or 0) if str(more.get(name, "0")).isdigit() else 0
    more[name] = str(min(count + 1, 20))
    if prefix == "steps":
        more.setdefault(f"steps-{count}-stage", "1")
        more.setdefault(f"steps-{count}-needs_all", "any")
    else:
        more.setdefault(f"conditions-{count}-operator", Operator.ABOVE.value)
    return more


def _initial(policy: ApprovalPolicy) -> tuple[dict[str, Any], list[Any], list[Any]]:
    known = policy_of(policy)
    head = {
        "name": policy.name,
        "needs_all_conditions": "all" if policy.needs_all_conditions else "any",
        "counts_options": policy.counts_options,
        "is_active": policy.is_active,
    }
    conditions = [
        {
            "measure": each.measure,
            "operator": each.operator,
            "value": plain(each.limit)
            if each.limit is not None
            else (each.product.sku if each.product else each.text),
            "currency": each.currency,
        }
        for each in policy.conditions.select_related("product")
    ]
    steps = [
        {
            "asks": step.asks,
            "stage": step.stage,
            "needs_all": "all" if step.needs_all else "any",
            "remind_after_hours": step.remind_after_hours,
            "escalate_after_hours": step.escalate_after_hours,
            "escalate_to": step.escalate_to,
        }
        for step in known.steps
    ]
    return head, conditions, steps


def _number(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        number = read_number(text.replace("%", ""), grouping=grouping_mark())
    except Refused:
        return None
    return number if abs(number) < 10**12 else None
