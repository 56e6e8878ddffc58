"""The forms of price books."""

from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet

from q2c.customers.models import Customer
from q2c.kernel.codes import currency_names
from quotes.actions import BookDraft
from quotes.models import PriceBook
from quotes.rules.billing_terms import CHOICES, chosen, options, with_choice

_DATE = {"type": "date"}
_SUGGESTED = 300


def named(values: list[str], *, empty: str) -> list[tuple[str, str]]:
    """Return choices from a configured list, the empty one first."""
    return [("", empty), *((value, value.capitalize()) for value in values)]


class PriceBookForm(forms.Form):
    """A price book and whom it is for."""

    name = forms.CharField(max_length=100)
    currency = forms.ChoiceField(choices=lambda: list(currency_names().items()), initial="EUR")
    customer = forms.CharField(
        max_length=200,
        required=False,
        label="Contract prices of",
        widget=forms.TextInput(attrs={"list": "customers", "autocomplete": "off"}),
        help_text="A customer, by number or name: the book goes before all others for them.",
    )
    base = forms.ModelChoiceField(
        PriceBook.objects.none(),
        required=False,
        empty_label="Nothing: only its own prices",
        label="Gaps filled from",
    )
    segment = forms.ChoiceField(
        choices=lambda: named(settings.CUSTOMER_SEGMENTS, empty="All"), required=False
    )
    channel = forms.ChoiceField(
        choices=lambda: named(settings.SALES_CHANNELS, empty="All"), required=False
    )
    region = forms.CharField(
        max_length=53, required=False, help_text="A country or state: DE, US-CA. Empty: all."
    )
    starts_on = forms.DateField(
        widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"),
        required=False,
        label="For quotes that start from",
    )
    ends_on = forms.DateField(
        widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"),
        required=False,
        label="Until, not included",
    )
    priority = forms.IntegerField(
        required=False,
        initial=0,
        help_text="Of books that fit, the one with the higher number goes first.",
    )
    billing_starts = forms.ChoiceField(
        choices=options("billing_starts"),
        required=False,
        label="Billing periods start",
        help_text="What new quotes begin with; each may choose otherwise.",
    )
    billing_parts = forms.ChoiceField(
        choices=options("billing_parts"),
        required=False,
        label="Parts of periods are counted by",
    )
    billing_credits = forms.ChoiceField(
        choices=options("billing_credits"),
        required=False,
        label="What ends early is credited by",
    )
    is_active = forms.BooleanField(required=False, initial=True, label="In use for new quotes")

    def __init__(self, *args: Any, book: PriceBook | None = None, **kwargs: Any) -> None:
        if book:
            kwargs["initial"] = {name: getattr(book, name, None) for name in self.base_fields}
            kwargs["initial"] |= {name: chosen(book.proration, name) for name in CHOICES}
            kwargs["initial"]["customer"] = book.customer.number if book.customer else ""
        super().__init__(*args, **kwargs)
        self._proration = book.proration if book else {}
        bases = PriceBook.objects.filter(base=None, is_active=True).order_by("name")
        if book:
            bases = bases.filter(currency=book.currency).exclude(pk=book.pk)
            self.fields["currency"].disabled = True
            self.fields["currency"].help_text = "A book stays in its currency; add another one."
        else:
            del self.fields["is_active"]
        self.fields["base"].queryset = bases  # type: ignore[attr-defined]

    def clean_customer(self) -> int | None:
        number = self.cleaned_data["customer"].strip()
        if not number:
            return None
        customer = Customer.objects.filter(number__iexact=number).first()
        named = Customer.objects.filter(legal_name__icontains=number).order_by("number")[:2]
        if customer is None and len(named) != 1:
            words = "Several customers are called so" if named else "There is no customer"
            raise forms.ValidationError(f"{words}: {number}.")
        return (customer or named[0]).pk

    @property
    def customers(self) -> QuerySet[Customer]:
        """Some customers, to choose from while typing."""
        return Customer.objects.order_by("legal_name")[:_SUGGESTED]

    def clean_priority(self) -> int:
        return self.cleaned_data["priority"] or 0

    def draft(self) -> BookDraft:
        """Return the book as the actions take it."""
        data = dict(self.cleaned_data)
        base = data.pop("base")
        proration = self._proration
        for name in CHOICES:
            if key := data.pop(name):
                proration = with_choice(proration, name, key)
        return BookDraft(
            proration=proration,
            customer_id=data.pop("customer"),
            base_id=base.pk if base else None,
            **data,
        )
