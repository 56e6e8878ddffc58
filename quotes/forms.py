from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Q
from django.utils.translation import get_language

from q2c.customers.models import Customer
from q2c.customers.queries import contacts_of
from q2c.kernel.errors import Refused
from q2c.kernel.numbers import read_number
from q2c.kernel.rating import plain
from quotes.models import PriceBook, Quote, QuoteTemplate
from quotes.rules.billing_terms import CHOICES, chosen, options, with_choice

DATE = {"type": "date"}


def channels() -> list[tuple[str, str]]:
    """Return the sales channels to choose from, none first."""
    return [("", "None"), *((name, name.capitalize()) for name in settings.SALES_CHANNELS)]


def put_on_form(form: forms.Form, refusal: Refused) -> None:
    """Place a refusal beside the field it names, else on top of the form."""
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)


def grouping_mark() -> str:
    """Return the mark between thousands on the pages of whoever reads them."""
    return "." if (get_language() or "").startswith(("de", "es")) else ","


class NumberField(forms.DecimalField):
    """A number typed with a point or a comma, as the pages group it or without groups."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "class": "input-num"})

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.strip():
            try:
                value = read_number(self.bare(value), grouping=grouping_mark())
            except Refused as refusal:
                raise forms.ValidationError(f"{refusal.message}.") from None
        return super().to_python(value)

    def bare(self, text: str) -> str:
        """Return the number without what may stand beside it."""
        return text

    def prepare_value(self, value: Any) -> Any:
        return plain(value) if isinstance(value, Decimal) else value


class PercentField(NumberField):
    """A percentage, typed with or without its sign."""

    def bare(self, text: str) -> str:
        return text.strip().removesuffix("%")


class _Templates(forms.Select):
    """Templates to start from; each option tells its term, which the page sets beside it."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if template := getattr(value, "instance", None):
            option["attrs"]["data-set"] = str(template.content["terms"]["term_months"])
        return option


class NewQuoteForm(forms.Form):
    """What a quote starts from, once its customer is chosen."""

    title = forms.CharField(
        max_length=200, required=False, help_text="What it is for; the customer reads it."
    )
    term_months = forms.IntegerField(min_value=1, max_value=120, initial=12, label="Term in months")
    starts_on = forms.DateField(widget=forms.DateInput(attrs=DATE), label="Starts")
    template = forms.ModelChoiceField(
        QuoteTemplate.objects.none(),
        required=False,
        empty_label="None: an empty quote",
        label="Start from the template",
        widget=_Templates(attrs={"data-sets": "term_months"}),
        help_text="Its term is taken along, unless you type another.",
    )
    channel = forms.ChoiceField(choices=channels, required=False)
    price_book = forms.ModelChoiceField(
        PriceBook.objects.none(),
        required=False,
        empty_label="The one that fits best",
        label="Price book",
    )

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        books = PriceBook.objects.filter(
            Q(customer=None) | Q(customer=customer), is_active=True, currency=customer.currency
        )
        self.fields["price_book"].queryset = books.order_by("name")  # type: ignore[attr-defined]
        kept = QuoteTemplate.objects.filter(is_active=True).order_by("name")
        self.fields["template"].queryset = kept  # type: ignore[attr-defined]


class TermsForm(forms.Form):
    """The terms of a draft; each field saves itself."""

    title = forms.CharField(max_length=200, required=False)
    contact_id = forms.TypedChoiceField(
        coerce=int, empty_value=None, required=False, label="Contact"
    )
    starts_on = forms.DateField(
        widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"), label="Starts"
    )
    term_months = forms.IntegerField(label="Term in months")
    valid_until = forms.DateField(
        widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"), label="Valid until"
    )
    payment_terms_days = forms.IntegerField(label="Payment within days")
    discount_percent = PercentField(label="Discount on the whole, %")
    channel = forms.ChoiceField(choices=channels, required=False)
    billing_starts = forms.ChoiceField(
        choices=options("billing_starts"), label="Billing periods start"
    )
    billing_parts = forms.ChoiceField(
        choices=options("billing_parts"), label="Parts of periods are counted by"
    )
    billing_credits = forms.ChoiceField(
        choices=options("billing_credits"), label="What ends early is credited by"
    )
    language = forms.ChoiceField(
        choices=settings.LANGUAGES, label="Language of the offer and its mails"
    )
    coupon_code = forms.CharField(max_length=40, required=False, label="Coupon")
    auto_renew = forms.BooleanField(required=False, label="Renews unless cancelled")
    cover_letter = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 4}), label="Cover letter"
    )
    notes = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 3}), label="Notes for the customer"
    )

    def __init__(self, quote: Quote) -> None:
        stored = {name: getattr(quote, name, None) for name in self.base_fields}
        stored |= {name: chosen(quote.proration, name) for name in CHOICES}
        super().__init__(initial=stored)
        for name in CHOICES:
            if not stored[name]:  # an agreement that only the API makes
                self.fields[name].choices.insert(0, ("", "As agreed"))  # type: ignore[attr-defined]
        self._proration = quote.proration
        choices = [(c.pk, str(c)) for c in contacts_of(quote.customer_id)]
        self.fields["contact_id"].choices = [("", "Choose…"), *choices]  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            # What the browser remembers of a page may be older than what it shows.
            field.widget.attrs |= {"data-saves": True, "autocomplete": "off"}
            field.widget.attrs["aria-describedby"] = f"error-{name}"

    def changed(self, name: str, value: Any) -> dict[str, Any]:
        """Return what a field's new value changes on the quote; nothing, if it is the same."""
        if value == self.initial[name]:
            return {}
        match name:
            case "billing_starts" | "billing_parts" | "billing_credits":
                return {"proration": with_choice(self._proration, name, value)}
            case _:
                return {name: value}


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class SendForm(forms.Form):
    """To whom, and with which words."""

    contact = forms.ChoiceField(label="To")
    message = forms.CharField(
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Stands above the link in the e-mail.",
    )

    def __init__(self, *args: Any, quote: Quote, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        contacts = contacts_of(quote.customer_id)
        self.fields["contact"].choices = [(c.pk, str(c)) for c in contacts]  # type: ignore[attr-defined]
        self.fields["contact"].initial = quote.contact_id


class DecisionForm(forms.Form):
    comment = forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, required: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["comment"].required = required
        self.fields["comment"].label = "What should change" if required else "Comment"
