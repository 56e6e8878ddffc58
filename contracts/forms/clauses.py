"""The forms of clauses, of templates made of them, and of a swap in a contract."""

from typing import Any

from django import forms

from contracts.actions import ClauseDraft, Place
from contracts.models import Clause, ContractTemplate
from contracts.queries.clauses import LANGUAGES, language_name, library, newest_of
from contracts.rules.clauses import MOST_BODY, MOST_TITLE
from contracts.rules.drafting import CONDITIONS
from q2c.identity.models import User
from q2c.identity.roles import Role

WHEN = {
    "": "Always",
    "auto_renew": "If it renews by itself",
    "goods": "If goods are sold",
    "subscriptions": "If something recurs",
    "amendment": "Only in amendments",
    "usage": "If usage is charged",
}


def _mains() -> list[tuple[str, str]]:
    clauses = library().filter(alternate_of=None, archived_at=None).order_by("name")
    return [("", "–"), *((str(clause.pk), clause.name) for clause in clauses)]


def _approvers() -> list[tuple[str, Any]]:
    people = User.objects.filter(is_active=True).order_by("full_name")
    return [
        ("", "–"),
        ("Role", [(f"role:{role.value}", role.label) for role in Role]),
        ("Person", [(f"person:{user.pk}", user.full_name) for user in people]),
    ]


class ClauseForm(forms.Form):
    """What a clause is called, who guards it, and what it says in each language."""

    name = forms.CharField(max_length=100)
    topic = forms.CharField(
        max_length=60, required=False, help_text="Such as liability; clauses are listed by it."
    )
    alternate_of = forms.TypedChoiceField(
        choices=_mains,
        coerce=int,
        empty_value=None,
        required=False,
        help_text="A fallback wording that may take the place of another clause.",
    )
    is_mandatory = forms.BooleanField(
        required=False,
        label="Mandatory",
        help_text="In a contract only its approver may swap it or leave it out.",
    )
    approver = forms.ChoiceField(choices=_approvers, required=False)
    reason = forms.CharField(
        max_length=500,
        required=False,
        label="Why the words change",
        help_text="Stands beside the new version.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code in LANGUAGES:
            self.fields[f"title_{code}"] = forms.CharField(
                label=f"{language_name(code)} title",
                max_length=MOST_TITLE,
                required=False,
                widget=forms.TextInput(attrs={"lang": code}),
            )
            self.fields[f"body_{code}"] = forms.CharField(
                label=f"{language_name(code)} text",
                max_length=MOST_BODY,
                required=False,
                widget=forms.Textarea(attrs={"rows": 6, "lang": code}),
            )

    def settings(self) -> list[Any]:
        """Return the fields beside the words."""
        return [
            self[name] for name in ("name", "topic", "alternate_of", "is_mandatory", "approver")
        ]

    def texts(self) -> list[tuple[str, Any, Any]]:
        """Return each language with its fields for title and text."""
        return [
            (language_name(code), self[f"title_{code}"], self[f"body_{code}"]) for code in LANGUAGES
        ]

    def draft(self) -> ClauseDraft:
        """Return the clause that was described."""
        data = self.cleaned_data
        kind, _, value = data["approver"].partition(":")
        return ClauseDraft(
            name=data["name"],
            topic=data["topic"],
            alternate_of_id=data["alternate_of"],
            is_mandatory=data["is_mandatory"],
            approver_role=value if kind == "role" else "",
            approver_id=int(value) if kind == "person" else None,
            reason=data["reason"],
            texts={
                code: {"title": data[f"title_{code}"], "body": data[f"body_{code}"]}
                for code in LANGUAGES
            },
        )

    @staticmethod
    def initial_of(clause: Clause) -> dict[str, Any]:
        """Return what the form starts with."""
        texts = newest_of([clause.pk])[clause.pk].texts
        approver = f"person:{clause.approver_id}" if clause.approver_id else ""
        if clause.approver_role:
            approver = f"role:{clause.approver_role}"
        return {
            "name": clause.name,
            "topic": clause.topic,
            "alternate_of": clause.alternate_of_id,
            "is_mandatory": clause.is_mandatory,
            "approver": approver,
            "seen": clause.version,
            **{
                f"{part}_{code}": text[part]
                for code, text in texts.items()
                for part in ("title", "body")
            },
        }


class TemplateForm(forms.Form):
    """What a template is called and for whom it is the default."""

    name = forms.CharField(max_length=100)
    language = forms.ChoiceField(choices=[(code, language_name(code)) for code in LANGUAGES])
    is_default = forms.BooleanField(
        required=False,
        label="Default for its language",
        help_text="New contracts are drawn up from it; it takes over from the present default.",
    )

    @staticmethod
    def initial_of(template: ContractTemplate) -> dict[str, Any]:
        """Return what the form starts with."""
        return {name: getattr(template, name) for name in TemplateForm.base_fields}


def _clauses() -> list[tuple[str, Any]]:
    """Return the clauses that may stand in a template, by topic."""
    topics: dict[str, list[tuple[str, str]]] = {}
    for clause in library().filter(alternate_of=None, archived_at=None):
        topics.setdefault(clause.topic or "Others", []).append((str(clause.pk), clause.name))
    return [("", "–"), *topics.items()]


class PlaceForm(forms.Form):
    """One clause of a template; a row without one is left out."""

    clause = forms.TypedChoiceField(choices=(), coerce=int, empty_value=None, required=False)
    when = forms.ChoiceField(
        choices=[(name, WHEN[name]) for name in CONDITIONS], required=False, label="Printed"
    )
    version = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=100_000,
        widget=forms.NumberInput(attrs={"placeholder": "newest"}),
    )


class PlacesFormSet(forms.BaseFormSet):
    """The clauses of a template in their order."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choices = _clauses()  # asked for once, not by each row

    def add_fields(self, form: PlaceForm, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["clause"].choices = self._choices  # type: ignore[attr-defined]
        form.fields["ORDER"].label = "Place"
        form.fields["ORDER"].widget.attrs["min"] = 1


Places = forms.formset_factory(
    PlaceForm, PlacesFormSet, extra=2, max_num=100, can_order=True, can_delete=True
)


def places_of(formset: Any) -> list[Place]:
    """Return the clauses that were chosen, in their order."""
    rows = [form.cleaned_data for form in formset.ordered_forms]
    return [Place(row["clause"], row["when"], row["version"]) for row in rows if row.get("clause")]


class SwapForm(forms.Form):
    """Which wording shall stand at a contract's place, and why."""

    LEAVE_OUT = "none"

    clause = forms.ChoiceField(label="Wording", error_messages={"required": "Choose a wording."})
    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    text = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, clauses: list[Clause], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(clause.pk), clause.name) for clause in clauses]
        self.fields["clause"].choices = [*choices, (self.LEAVE_OUT, "Leave the clause out")]  # type: ignore[attr-defined]

    def clause_id(self) -> int | None:
        """Return the chosen clause; None leaves the place empty."""
        chosen = self.cleaned_data["clause"]
        return None if chosen == self.LEAVE_OUT else int(chosen)
