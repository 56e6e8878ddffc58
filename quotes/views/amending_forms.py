"""What people type to amend what runs."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms

from q2c.kernel.rating import plain
from quotes.actions import Addition, NewLine
from quotes.forms import NumberField, PercentField
from quotes.models import Quote, QuoteLine
from quotes.queries import Coterm

_DATE = {"type": "date"}


class ItemForm(forms.Form):
    """An item from the amendment on; each row of the page is one."""

    quantity = NumberField(max_digits=18, decimal_places=6, min_value=0)
    unit_price = NumberField(max_digits=18, decimal_places=8, label="Unit price")
    discount_percent = PercentField(max_digits=7, decimal_places=4, label="Discount, %")
    last_day = forms.DateField(
        widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"), label="Last day"
    )

    def __init__(self, data: Any = None, *, line: QuoteLine) -> None:
        price = line.list_unit_price if line.agreed_unit_price is None else line.agreed_unit_price
        assert line.ends_on is not None, "an item's line has its days"
        initial = {
            "quantity": line.quantity,
            "unit_price": price,
            "discount_percent": line.discount_percent,
            "last_day": line.ends_on - timedelta(days=1),
        }
        super().__init__(data, initial=initial, auto_id=f"item-{line.pk}-%s")
        if line.tiers:
            del self.fields["unit_price"]
        for name, field in self.fields.items():
            label = str(field.label or name).lower()
            field.widget.attrs |= {
                "class": "input input-day"
                if name == "last_day"
                else "input input-num input-narrow",
                "form": f"item-{line.pk}",
                "aria-label": f"{label} of {line.description}",
            }

    def changes(self) -> dict[str, Any]:
        """Return the item's new values as the action takes them."""
        data = dict(self.cleaned_data)
        data["ends_on"] = data.pop("last_day") + timedelta(days=1)
        return data


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
