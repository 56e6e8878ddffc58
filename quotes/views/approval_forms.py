"""The forms of approvers: bounds for a customer's options, standing grants, being away."""

from decimal import Decimal
from typing import Any

from django import forms

from q2c.identity.models import User
from q2c.kernel.rating import plain
from quotes.actions import GrantDraft
from quotes.forms import DATE, NumberField, PercentField
from quotes.models import ApprovalRequest, QuoteLine
from quotes.queries import approvers, grantable
from quotes.rules.approval import MANY, MEASURES, Envelope, Measure
from quotes.rules.approval.conditions import AMOUNTS

_PERCENT: dict[str, Any] = {"max_digits": 7, "decimal_places": 4, "required": False}
_QUANTITY: dict[str, Any] = {"max_digits": 18, "decimal_places": 6, "required": False}


class EnvelopeForm(forms.Form):
    """Bounds within which the customer configures options; empty ones stay open."""

    margin_at_least = PercentField(**_PERCENT, label="Margin at least, %")
    discount_at_most = PercentField(**_PERCENT, label="Discount at most, %")
    term_from = forms.IntegerField(min_value=1, max_value=120, required=False, label="Term from")
    term_to = forms.IntegerField(min_value=1, max_value=120, required=False, label="Term to")

    def __init__(self, *args: Any, lines: list[QuoteLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = [line for line in lines if line.is_open and line.product_id]
        for line in self.lines:
            self.fields[f"least_{line.product_id}"] = NumberField(
                **_QUANTITY, label=f"{line.description}, at least"
            )
            self.fields[f"most_{line.product_id}"] = NumberField(
                **_QUANTITY, label=f"{line.description}, at most"
            )

    def envelope(self) -> Envelope | None:
        """Return the bounds; None when all are open."""
        data = self.cleaned_data
        if all(value is None for value in data.values()):
            return None
        quantities = {}
        for line in self.lines:
            least, most = data[f"least_{line.product_id}"], data[f"most_{line.product_id}"]
            if least is not None or most is not None:
                low = Decimal(0) if least is None else least
                quantities[line.product_id or 0] = (low, MANY if most is None else most)
        names = ("margin_at_least", "discount_at_most", "term_from", "term_to")
        return Envelope(**{name: data[name] for name in names}, quantities=quantities)


class GrantForm(forms.Form):
    """Up to which values, until when, and for whose quotes the same is approved beforehand."""

    scope = forms.ChoiceField(label="For")
    last_day = forms.DateField(widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"), label="Until")

    def __init__(self, *args: Any, asked: ApprovalRequest, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "auto_id": f"grant-{asked.pk}-%s"})
        quote = asked.quote
        self.fields["scope"].choices = [  # type: ignore[attr-defined]
            ("customer", f"Quotes for {quote.customer.legal_name}"),
            ("owner", f"Quotes of {quote.owner.full_name}"),
            ("all", "All quotes"),
        ]
        values = {row["measure"]: row["value"] for row in grantable(asked, to=by)}
        self.measures = list(values)
        for name, value in values.items():
            unit = f", {quote.currency}" if Measure(name) in AMOUNTS else ""
            self.fields[name] = NumberField(
                max_digits=19,
                decimal_places=4,
                initial=plain(Decimal(value)),
                label=f"{MEASURES[Measure(name)]}{unit}",
            )
        self.order_fields([*self.measures, "scope", "last_day"])

    def draft(self) -> GrantDraft:
        data = self.cleaned_data
        return GrantDraft(
            last_day=data["last_day"],
            scope=data["scope"],
            bounds={name: data[name] for name in self.measures},
        )


class AwayForm(forms.Form):
    """From which to which day, and who decides meanwhile."""

    delegate = forms.ChoiceField(label="Decides in your place")
    first_day = forms.DateField(widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"), label="From")
    last_day = forms.DateField(
        widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"), label="To and including"
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = approvers().exclude(pk=user.pk)
        self.fields["delegate"].choices = [  # type: ignore[attr-defined]
            (each.pk, f"{each.full_name}, {each.get_role_display()}") for each in people
        ]
