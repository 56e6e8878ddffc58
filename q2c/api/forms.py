from django import forms

from q2c.api.scopes import SCOPES
from q2c.identity.models import User


class KeyForm(forms.Form):
    """A new key."""

    name = forms.CharField(max_length=100, help_text="What it is for: Web shop, CRM, …")
    user = forms.ModelChoiceField(
        User.objects.filter(is_active=True),
        label="Acts as",
        help_text="The key may do what this person may do, within its scopes.",
        empty_label=None,
    )
    days = forms.TypedChoiceField(
        choices=[(30, "30 days"), (90, "90 days"), (365, "One year"), (730, "Two years")],
        coerce=int,
        initial=90,
        label="Expires after",
    )
    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple,
    )
