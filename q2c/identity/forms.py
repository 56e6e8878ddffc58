from django import forms
from django.conf import settings

from q2c.identity.models import User


class SignInForm(forms.Form):
    email = forms.EmailField(
        label="E-mail",
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}), strip=False
    )


class ProfileForm(forms.ModelForm):
    language = forms.ChoiceField(choices=settings.LANGUAGES, help_text="Of dates and numbers.")

    class Meta:
        model = User
        fields = ("full_name", "theme", "language", "compact", "shortcuts")
        labels = {"compact": "Compact tables", "shortcuts": "Single-letter keyboard shortcuts"}
