from typing import Any

from django import forms

from q2c.identity.actions import UserDraft
from q2c.identity.models import User
from q2c.identity.roles import Role


class UserForm(forms.Form):
    """A person, as an administrator adds or changes them."""

    full_name = forms.CharField(max_length=200, label="Name")
    email = forms.EmailField(max_length=254, label="E-mail", help_text="They sign in with it.")
    role = forms.ChoiceField(choices=[("", "Choose…"), *((r.value, r.label) for r in Role)])
    manager = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        empty_label="Nobody",
        help_text="Sees their quotes and contracts.",
    )

    def __init__(self, data: Any = None, *, user: User | None = None) -> None:
        initial = {name: getattr(user, name) for name in self.base_fields} if user else {}
        super().__init__(data, initial=initial)
        managers = User.objects.filter(is_active=True)
        if user is not None:
            managers = managers.exclude(pk=user.pk)
            if user.manager_id:  # may have left since
                managers |= User.objects.filter(pk=user.manager_id)
        self.fields["manager"].queryset = managers  # type: ignore[attr-defined]

    def draft(self) -> UserDraft:
        cleaned = self.cleaned_data
        return UserDraft(
            full_name=cleaned["full_name"],
            email=cleaned["email"],
            role=cleaned["role"],
            manager_id=cleaned["manager"].pk if cleaned["manager"] else None,
        )
