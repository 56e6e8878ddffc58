from datetime import date
from typing import Any

from django import forms

from contracts.models import ContractPolicy, ContractTemplate
from contracts.rules.drafting import CONDITIONS
from q2c.kernel.codes import currency_names
from q2c.kernel.errors import Refused

_WHEN = {
    "": "Always",
    "auto_renew": "If it renews by itself",
    "goods": "If goods are sold",
    "subscriptions": "If something recurs",
    "amendment": "only in amendments",
    "usage": "If usage is charged",
}


def put_on_form(form: forms.Form, refusal: Refused) -> None:
    """Place a refusal beside the field it names, else on top of the form."""
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)


class DecisionForm(forms.Form):
    """A desk's word on a contract."""

    comment = forms.CharField(
        required=False,
        max_length=2000,
        help_text="Needed to refuse.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class RefuseForm(forms.Form):
    """Why the countersigner does not sign."""

    comment = forms.CharField(
        label="Reason", max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )


class TerminateForm(forms.Form):
    """The end of a contract before its term."""

    on = forms.DateField(
        label="First day without it",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Its subscriptions end on the same day; what was billed beyond is credited.",
    )
    reason = forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if not 2000 <= on.year <= 2100:
            raise forms.ValidationError("Choose a date between 2000 and 2100.")
        return on


class TemplateForm(forms.Form):
    """What a template is called and for whom it is the default."""

    name = forms.CharField(max_length=100)
    language = forms.ChoiceField(choices=[("en", "English"), ("de", "German")])
    is_default = forms.BooleanField(
        required=False,
        label="Default for its language",
        help_text="New contracts are drawn up from it; it takes over from the present default.",
    )


class ClauseForm(forms.Form):
    """One clause; left empty, it is none."""

    title = forms.CharField(max_length=200, required=False)
    when = forms.ChoiceField(
        choices=[(name, _WHEN[name]) for name in CONDITIONS], required=False, label="Printed"
    )
    body = forms.CharField(
        required=False, label="Text", max_length=20_000, widget=forms.Textarea(attrs={"rows": 5})
    )


Clauses = forms.formset_factory(ClauseForm, extra=2, max_num=100)


def clauses_of(formset: Any) -> list[dict[str, str]]:
    """Return the clauses that were filled in, in their order."""
    return [
        {name: row.get(name, "") for name in ("title", "body", "when")}
        for row in formset.cleaned_data
        if row.get("title") or row.get("body")
    ]


def initial_of(template: ContractTemplate) -> dict[str, Any]:
    """Return what the template form starts with."""
    return {name: getattr(template, name) for name in TemplateForm.base_fields}


class PolicyForm(forms.Form):
    """When legal must approve besides finance."""

    name = forms.CharField(max_length=100)
    currency = forms.ChoiceField(choices=lambda: [*currency_names().items()])
    legal_from_total = forms.DecimalField(
        required=False,
        min_value=0,
        max_digits=19,
        decimal_places=4,
        label="Total from",
        help_text="In the currency above; at or above it legal approves.",
    )
    legal_from_months = forms.IntegerField(
        required=False, min_value=1, max_value=600, label="Term from, in months"
    )
    is_active = forms.BooleanField(required=False, initial=True, label="In force")

    @staticmethod
    def initial_of(policy: ContractPolicy) -> dict[str, Any]:
        """Return what the form starts with."""
        return {name: getattr(policy, name) for name in PolicyForm.base_fields}
