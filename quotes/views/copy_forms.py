"""Forms of what begins and ends quotes: copies, templates, reasons."""

from typing import Any

from django import forms

from q2c.customers.models import Customer
from quotes.actions import ReasonDraft
from quotes.models import CloseReason, Quote


class CloneForm(forms.Form):
    """For whom the copy is: a customer's number; the same customer, if left out."""

    customer = forms.CharField(
        required=False,
        max_length=20,
        label="Customer number",
        help_text="Leave it empty for the same customer.",
    )

    def clean_customer(self) -> int | None:
        number = self.cleaned_data["customer"].strip()
        if not number:
            return None
        found = Customer.objects.filter(number__iexact=number).values_list("pk", flat=True).first()
        if found is None:
            raise forms.ValidationError(f"There is no customer with the number {number}.")
        return found


class KeepForm(forms.Form):
    """Under which name a quote is kept as a template."""

    name = forms.CharField(max_length=100, help_text="A template of the same name is replaced.")
    description = forms.CharField(max_length=300, required=False)


class TemplateForm(forms.Form):
    name = forms.CharField(max_length=100)
    description = forms.CharField(max_length=300, required=False)
    is_active = forms.BooleanField(required=False, label="Offered for new quotes")


class CloseReasonForm(forms.Form):
    """A reason why quotes are won or lost."""

    kind = forms.ChoiceField(choices=[("won", "Won"), ("lost", "Lost")], label="Why quotes are")
    name = forms.CharField(max_length=100, label="Reason")
    is_active = forms.BooleanField(required=False, initial=True, label="Offered")

    def __init__(self, *args: Any, reason: CloseReason | None, **kwargs: Any) -> None:
        if reason:
            kwargs["initial"] = {name: getattr(reason, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        self.fields["kind"].disabled = reason is not None

    def draft(self) -> ReasonDraft:
        return ReasonDraft(**self.cleaned_data)


class OutcomeForm(forms.Form):
    """Why this quote was won or lost."""

    reason = forms.ModelChoiceField(CloseReason.objects.none(), empty_label="Choose…")
    competitor = forms.CharField(max_length=100, required=False, label="Against whom")
    note = forms.CharField(
        max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, quote: Quote, **kwargs: Any) -> None:
        said = getattr(quote, "outcome", None)
        if said:
            kwargs["initial"] = {name: getattr(said, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        kind = CloseReason.WON if quote.state == "accepted" else CloseReason.LOST
        offered = CloseReason.objects.filter(kind=kind, is_active=True).order_by("name")
        self.fields["reason"].queryset = offered  # type: ignore[attr-defined]
