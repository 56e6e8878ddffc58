from datetime import date
from typing import Any

from django import forms

from contracts.models import ContractPolicy
from q2c.kernel.codes import currency_names
from q2c.kernel.errors import Refused


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
