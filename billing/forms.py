import secrets
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone

from billing.actions.credits import creditable_lines
from billing.actions.invoices import LineDraft
from billing.models import Invoice
from q2c.catalog.models import Product
from q2c.customers.models import Customer, LegalEntity
from q2c.kernel.money import round_amount


def _number(placeholder: str = "") -> forms.TextInput:
    return forms.TextInput(
        attrs={
            "class": "input input-num",
            "inputmode": "decimal",
            "autocomplete": "off",
            "placeholder": placeholder,
        }
    )


class CreditForm(forms.Form):
    """How much of each line to give back, and why. It starts with all that is left."""

    reason = forms.CharField(
        max_length=500,
        label="Reason",
        help_text="Printed on the credit note.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, *, invoice: Invoice) -> None:
        super().__init__(data)
        self._lines = creditable_lines(invoice)
        for line in self._lines:
            self.fields[f"line-{line.id}"] = forms.DecimalField(
                required=False,
                label=line.description,
                max_digits=19,
                decimal_places=4,
                initial=round_amount(line.left, invoice.currency),
                disabled=not line.left,
                widget=_number(),
            )

    def rows(self) -> list[tuple[Any, Any]]:
        """Return each line with its field."""
        return [(line, self[f"line-{line.id}"]) for line in self._lines]

    def amounts(self) -> dict[int, Decimal]:
        """Return the net to credit by line id."""
        return {
            line.id: amount
            for line in self._lines
            if line.left and (amount := self.cleaned_data.get(f"line-{line.id}"))
        }


class RunForm(forms.Form):
    """What a billing run covers."""

    on = forms.DateField(
        label="Due by",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Also the date of the invoices.",
    )
    legal_entity = forms.ModelChoiceField(
        LegalEntity.objects.order_by("name"), required=False, empty_label="All of them",
        label="Billed by",
    )  # fmt: skip

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if not 2000 <= on.year <= 2100:
            raise forms.ValidationError("Choose a date between 2000 and 2100.")
        return on


class DraftForm(forms.Form):
    """Whom a hand-written invoice is for, and what it says besides its lines."""

    customer = forms.CharField(
        max_length=20, label="Customer number", help_text="As on the customer's page."
    )
    note = forms.CharField(
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Printed above the lines.",
    )

    def clean_customer(self) -> Customer:
        number = self.cleaned_data["customer"].strip()
        customer = Customer.objects.filter(number__iexact=number).first()
        if customer is None:
            raise forms.ValidationError(f"No customer has the number {number}.")
        return customer


class DraftLineForm(forms.Form):
    """One line of a hand-written invoice; left empty, it is none."""

    product = forms.ModelChoiceField(
        Product.objects.filter(is_active=True).exclude(kind="bundle").order_by("name"),
        empty_label="–",
        required=False,
        label="Product",
        widget=forms.Select(attrs={"class": "input"}),
    )
    description = forms.CharField(
        max_length=300,
        required=False,
        label="Description",
        widget=forms.TextInput(attrs={"class": "input"}),
    )
    quantity = forms.DecimalField(
        max_digits=18, decimal_places=6, required=False, label="Quantity", widget=_number("1")
    )
    unit_price = forms.DecimalField(
        max_digits=18, decimal_places=8, required=False, label="Unit price", widget=_number("0.00")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = field.label  # the table's head is what eyes read

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if any(cleaned.get(name) for name in ("product", "description", "quantity", "unit_price")):
            for name in ("product", "quantity", "unit_price"):
                if cleaned.get(name) is None and name not in self.errors:
                    self.add_error(name, "Needed for this line.")
        return cleaned


DraftLines = forms.formset_factory(DraftLineForm, extra=5, max_num=100)


def line_drafts(formset: Any) -> list[LineDraft]:
    """Return the filled-in lines of the formset."""
    return [
        LineDraft(
            product_id=row["product"].pk,
            description=row["description"] or row["product"].name,
            quantity=row["quantity"],
            unit_price=row["unit_price"],
        )
        for row in formset.cleaned_data
        if row.get("product")
    ]


def _key() -> forms.CharField:
    """A value made with the page, so that sending the form twice records once."""
    return forms.CharField(initial=lambda: secrets.token_hex(12), widget=forms.HiddenInput)


class TransferForm(forms.Form):
    """Money that arrived by bank transfer."""

    amount = forms.DecimalField(min_value=Decimal("0.001"), max_digits=19, decimal_places=4,
                                widget=_number())  # fmt: skip
    received_on = forms.DateField(
        label="Received on",
        initial=timezone.localdate,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    reference = forms.CharField(max_length=140, required=False, help_text="As the bank shows it.")
    key = _key()


class RefundForm(forms.Form):
    """Unapplied money to give back, and why."""

    amount = forms.DecimalField(min_value=Decimal("0.001"), max_digits=19, decimal_places=4,
                                widget=_number())  # fmt: skip
    reason = forms.CharField(max_length=300)
    key = _key()
