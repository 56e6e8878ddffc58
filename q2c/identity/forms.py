from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import SetPasswordForm

from q2c.identity.models import User


class SignInForm(forms.Form):
    email = forms.EmailField(
        label="E-mail",
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}), strip=False
    )


class ForgottenForm(forms.Form):
    email = forms.EmailField(
        label="E-mail",
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )


class NewPasswordForm(SetPasswordForm):
    """A password of one's own choice, twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first, second = self.fields["new_password1"], self.fields["new_password2"]
        first.help_text = "At least 12 characters; not a common one."
        second.label, second.help_text = "Once more", ""
        first.widget.attrs["autofocus"] = True


class ProfileForm(forms.ModelForm):
    language = forms.ChoiceField(choices=settings.LANGUAGES, help_text="Of dates and numbers.")

    class Meta:
        model = User
        fields = ("full_name", "theme", "language", "compact", "shortcuts")
        labels = {"compact": "Compact tables", "shortcuts": "Single-letter keyboard shortcuts"}
