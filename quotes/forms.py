from decimal import Decimal
from typing import Any

from django import forms

from q2c.catalog.models import Product
from q2c.customers.queries import contacts_of
from q2c.kernel.codes import currency_names
from q2c.kernel.errors import Refused
from q2c.kernel.rating import ChargeModel, plain
from quotes.actions import PolicyDraft, PriceDraft
from quotes.actions.policies import approver_roles
from quotes.models import ApprovalPolicy, Price, PriceBook, Quote
from quotes.rules.tiers import tiers_from_text, tiers_to_text

DATE = {"type": "date"}


def put_on_form(form: forms.Form, refusal: Refused) -> None:
    """Place a refusal beside the field it names, else on top of the form."""
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)


class NumberField(forms.DecimalField):
    """A number typed with a point or a comma."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "class": "input-num"})

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and "." not in value:
            value = value.replace(",", ".")
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        return plain(value) if isinstance(value, Decimal) else value


class NewQuoteForm(forms.Form):
    """What a quote starts from, once its customer is chosen."""

    title = forms.CharField(
        max_length=200, required=False, help_text="What it is for; the customer reads it."
    )
    term_months = forms.IntegerField(min_value=1, max_value=120, initial=12, label="Term in months")
    starts_on = forms.DateField(widget=forms.DateInput(attrs=DATE), label="Starts")
    price_book = forms.ModelChoiceField(
        PriceBook.objects.none(), empty_label=None, label="Price book"
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        books = PriceBook.objects.filter(is_active=True, currency=currency).order_by("pk")
        self.fields["price_book"].queryset = books  # type: ignore[attr-defined]
        self.fields["price_book"].initial = books.first()


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
    discount_percent = NumberField(label="Discount on the whole, %")
    auto_renew = forms.BooleanField(required=False, label="Renews unless cancelled")
    notes = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 3}), label="Notes for the customer"
    )

    def __init__(self, quote: Quote, url: str) -> None:
        super().__init__(initial={name: getattr(quote, name) for name in self.base_fields})
        choices = [(c.pk, str(c)) for c in contacts_of(quote.customer_id)]
        self.fields["contact_id"].choices = [("", "Choose…"), *choices]  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            is_typed = not isinstance(field, forms.BooleanField | forms.ChoiceField)
            field.widget.attrs |= {
                "hx-post": url,
                "hx-trigger": "input changed delay:300ms" if is_typed else "change",
                "hx-swap": "none",
                "hx-sync": "#editor:queue all",
                "hx-include": "#seen",
                "hx-vals": f'{{"field": "{name}"}}',
                "hx-indicator": "#saving",
                "aria-describedby": f"error-{name}",
            }


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


class PriceBookForm(forms.Form):
    name = forms.CharField(max_length=100)
    currency = forms.ChoiceField(choices=lambda: list(currency_names().items()), initial="EUR")
    is_active = forms.BooleanField(required=False, initial=True, label="In use for new quotes")

    def __init__(self, *args: Any, book: PriceBook | None = None, **kwargs: Any) -> None:
        if book:
            names = ("name", "currency", "is_active")
            kwargs["initial"] = {name: getattr(book, name) for name in names}
        super().__init__(*args, **kwargs)
        if book:
            self.fields["currency"].disabled = True
            self.fields["currency"].help_text = "A book stays in its currency; add another one."
        else:
            del self.fields["is_active"]


class PriceForm(forms.Form):
    """A price; its tiers as one line each."""

    product = forms.ModelChoiceField(Product.objects.none())
    months = forms.TypedChoiceField(
        coerce=int,
        choices=[(0, "Once"), (1, "Monthly"), (3, "Quarterly"), (6, "Half-yearly"), (12, "Yearly")],
        label="Charged",
    )
    charge_model = forms.ChoiceField(
        choices=[(m.value, m.value.replace("_", " ").capitalize()) for m in ChargeModel],
        initial=ChargeModel.PER_UNIT.value,
        label="Grows with quantity",
    )
    unit_price = NumberField(
        max_digits=18, decimal_places=8, initial=Decimal(0), label="Price per unit and period"
    )
    tiers = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="For graduated and volume prices, a line each: “25: 14”, “100: 12 + 5” (a fee of "
        "5 for the band), and at last “more: 9.50”.",
    )
    in_advance = forms.BooleanField(required=False, initial=True, label="Invoiced in advance")
    starts_on = forms.DateField(widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"), label="From")
    ends_on = forms.DateField(
        widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"),
        required=False,
        label="Until, not included",
    )

    def __init__(
        self, *args: Any, products: Any, price: Price | None = None, **kwargs: Any
    ) -> None:
        if price:
            names = ("product", "months", "charge_model", "unit_price", "in_advance")
            kwargs["initial"] = {
                **{name: getattr(price, name) for name in (*names, "starts_on", "ends_on")},
                "tiers": tiers_to_text(price.tiers),
            }
        super().__init__(*args, **kwargs)
        self.fields["product"].queryset = products  # type: ignore[attr-defined]
        for name in ("product", "months") if price else ():
            self.fields[name].disabled = True

    def draft(self) -> PriceDraft:
        """Return the price as the actions take it; refuses tiers that cannot be read."""
        data = self.cleaned_data
        return PriceDraft(
            product_id=data["product"].pk,
            months=data["months"],
            charge_model=data["charge_model"],
            unit_price=data["unit_price"],
            tiers=tuple(tiers_from_text(data["tiers"])),
            in_advance=data["in_advance"],
            starts_on=data["starts_on"],
            ends_on=data["ends_on"],
        )


class PolicyForm(forms.Form):
    name = forms.CharField(max_length=100)
    measure = forms.ChoiceField(
        choices=[
            (ApprovalPolicy.DISCOUNT, "Discount above"),
            (ApprovalPolicy.MARGIN, "Margin below"),
        ],
        label="Asks when",
    )
    limit_percent = NumberField(max_digits=7, decimal_places=4, label="Limit in per cent")
    approver_role = forms.ChoiceField(
        choices=lambda: [(role.value, role.label) for role in approver_roles()], label="Approver"
    )
    is_active = forms.BooleanField(required=False, initial=True, label="In force")

    def draft(self) -> PolicyDraft:
        return PolicyDraft(**self.cleaned_data)
