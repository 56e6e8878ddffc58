"""What people type to amend what runs."""

from decimal import Decimal
from typing import Any

from django import forms

from q2c.kernel.rating import plain
from quotes.actions import Addition, NewLine
from quotes.forms import NumberField, PercentField
from quotes.models import Quote
from quotes.queries import Coterm


class AdditionForm(forms.Form):
    """A product to add to what runs."""

    product = forms.IntegerField(widget=forms.HiddenInput)
    months = forms.IntegerField(widget=forms.HiddenInput, required=False)
    quantity = NumberField(max_digits=18, decimal_places=6, min_value=0)
    discount_percent = PercentField(
        max_digits=7, decimal_places=4, required=False, label="Discount, %"
    )
    own_months = forms.IntegerField(
        min_value=1, max_value=120, initial=12, required=False, label="Own term in months"
    )
    swaps = forms.TypedChoiceField(
        coerce=int, empty_value=None, required=False, label="In the place of"
    )
    coterm = forms.ChoiceField(
        choices=[(c.value, c.label) for c in Coterm], required=False, label="Ends"
    )

    def __init__(self, data: Any = None, *, quote: Quote, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        items = quote.lines.exclude(before={}).order_by("position")
        self.fields["swaps"].choices = [  # type: ignore[attr-defined]
            ("", "Nothing: it comes on top"),
            *(
                (line.pk, f"{line.description}, {plain(line.quantity)} {line.unit}")
                for line in items
            ),
        ]

    def addition(self) -> Addition:
        """Return what to add as the action takes it."""
        data = self.cleaned_data
        line = NewLine(
            product_id=data["product"],
            months=data["months"],
            quantity=data["quantity"],
            discount_percent=data["discount_percent"] or Decimal(0),
        )
        return Addition(
            line=line,
            coterm=Coterm(data["coterm"] or Coterm.CONTRACT_END),
            own_months=data["own_months"] or 12,
            swaps_line_id=data["swaps"],
        )
