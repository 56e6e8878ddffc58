from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Q
from django.utils.functional import cached_property

from q2c.catalog.models import Product
from q2c.customers.models import Customer
from q2c.customers.queries import contacts_of
from q2c.kernel.bands import read_tiers
from q2c.kernel.errors import Refused
from q2c.kernel.percent import Limits, read_limits, stored_limits
from q2c.kernel.rating import TIERED, ChargeModel, plain
from quotes.actions import PriceDraft
from quotes.models import Price, PriceBook, Quote, QuoteTemplate
from quotes.rules.billing_terms import PARTS, STARTS, parts_of, starts_of, with_parts, with_starts
from quotes.rules.examples import examples, shares
from quotes.rules.model_words import EXPLAINED, TYPED
from quotes.rules.tiers import tiers_from_text, tiers_to_text

DATE = {"type": "date"}


def channels() -> list[tuple[str, str]]:
    """Return the sales channels to choose from, none first."""
    return [("", "None"), *((name, name.capitalize()) for name in settings.SALES_CHANNELS)]


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
    template = forms.ModelChoiceField(
        QuoteTemplate.objects.none(),
        required=False,
        empty_label="None: an empty quote",
        label="Start from the template",
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
    discount_percent = NumberField(label="Discount on the whole, %")
    channel = forms.ChoiceField(choices=channels, required=False)
    billing_starts = forms.ChoiceField(
        choices=[(key, words) for key, (words, _) in STARTS.items()], label="Billing periods start"
    )
    billing_parts = forms.ChoiceField(
        choices=[(key, words) for key, (words, _) in PARTS.items()],
        label="Parts of periods are counted by",
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

    def __init__(self, quote: Quote, url: str) -> None:
        stored = {name: getattr(quote, name, None) for name in self.base_fields}
        stored["billing_starts"] = starts_of(quote.proration)
        stored["billing_parts"] = parts_of(quote.proration)
        super().__init__(initial=stored)
        for name in ("billing_starts", "billing_parts"):
            if not stored[name]:  # an agreement that only the API makes
                self.fields[name].choices.insert(0, ("", "As agreed"))  # type: ignore[attr-defined]
        self._proration = quote.proration
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

    def changed(self, name: str, value: Any) -> dict[str, Any]:
        """Return what a field's new value changes on the quote; nothing, if it is the same."""
        if value == self.initial[name]:
            return {}
        match name:
            case "billing_starts":
                return {"proration": with_starts(self._proration, value)}
            case "billing_parts":
                return {"proration": with_parts(self._proration, value)}
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


class PriceForm(forms.Form):
    """A price; it asks only for what its charge model reads, tiers as one line each."""

    product = forms.ModelChoiceField(Product.objects.none())
    months = forms.TypedChoiceField(
        coerce=int,
        choices=[(0, "Once"), (1, "Monthly"), (3, "Quarterly"), (6, "Half-yearly"), (12, "Yearly")],
        label="Charged",
    )
    charge_model = forms.ChoiceField(
        choices=[(m.value, m.label) for m in ChargeModel],
        initial=ChargeModel.PER_UNIT.value,
        label="Grows with quantity",
    )
    unit_price = NumberField(
        max_digits=18, decimal_places=8, initial=Decimal(0), label="Price per unit and period"
    )
    tiers = forms.CharField(widget=forms.Textarea(attrs={"rows": 4}))
    minimum = NumberField(
        max_digits=18, decimal_places=4, required=False, label="At least, a period"
    )
    maximum = NumberField(
        max_digits=18, decimal_places=4, required=False, label="At most, a period"
    )
    of_products = forms.CharField(
        max_length=500,
        required=False,
        label="Only of these products",
        help_text="SKUs with commas between.",
    )
    floor_unit_price = NumberField(
        max_digits=18,
        decimal_places=8,
        required=False,
        label="Floor per unit and period",
        help_text="No discount goes below it.",
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
        kwargs["initial"] = {**(_as_typed(price) if price else {}), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        self.fields["product"].queryset = products  # type: ignore[attr-defined]
        for name in ("product", "months") if price else ():
            self.fields[name].disabled = True
        chosen = self["charge_model"].value()
        known = {model.value for model in ChargeModel}
        self.model = ChargeModel(chosen if chosen in known else ChargeModel.PER_UNIT)
        self._ask_for_what_the_model_reads()

    def _ask_for_what_the_model_reads(self) -> None:
        live = {"hx-get": "", "hx-include": "closest form", "hx-params": "not csrfmiddlewaretoken"}
        self.fields["charge_model"].widget.attrs |= {**live, "hx-target": "#price-terms"}
        limits = ("minimum", "maximum", "of_products")
        if self.model in TIERED:
            self._names = ["tiers"]
            self.fields["tiers"].help_text = TYPED[self.model]
        elif self.model is ChargeModel.PERCENT_OF:
            self._names = ["unit_price", *limits]
            self.fields["unit_price"].label = "Per cent"
        else:
            self._names = ["unit_price"]
            if self.model is ChargeModel.FLAT:
                self.fields["unit_price"].label = "Price per period"
        for name in {"unit_price", "tiers", *limits} - set(self._names):
            del self.fields[name]
        for name in self._names:
            self.fields[name].widget.attrs |= {
                **live,
                "hx-trigger": "input changed delay:300ms",
                "hx-target": "#price-example",
                "hx-select": "#price-example",
                "hx-swap": "outerHTML",
            }

    @property
    def head(self) -> list[forms.BoundField]:
        return [self[name] for name in ("product", "months", "charge_model")]

    @property
    def terms(self) -> list[forms.BoundField]:
        return [self[name] for name in self._names]

    @property
    def tail(self) -> list[forms.BoundField]:
        return [self[name] for name in ("floor_unit_price", "in_advance", "starts_on", "ends_on")]

    @property
    def explained(self) -> str:
        return EXPLAINED[self.model]

    @cached_property
    def examples(self) -> dict[str, Any]:
        """Return what some quantities cost by what is typed so far, or why that is not known."""
        values = {name: self[name].value() or "" for name in self._names}
        if not values.get("tiers", values.get("unit_price")):
            return {"refusal": "Examples appear here as you type."}
        try:
            cleaned = {name: self.fields[name].clean(value) for name, value in values.items()}
            if self.model is ChargeModel.PERCENT_OF:
                return {"rows": shares(cleaned["unit_price"], read_limits(self._stored(cleaned)))}
            tiers = read_tiers(self._stored(cleaned))
            unit_price = cleaned.get("unit_price", Decimal(0))
            return {"rows": examples(self.model, unit_price, tiers)}
        except Refused as refusal:
            return {"refusal": refusal.message}
        except forms.ValidationError as error:
            return {"refusal": error.messages[0]}

    def draft(self) -> PriceDraft:
        """Return the price as the actions take it; refuses tiers that cannot be read."""
        data = self.cleaned_data
        return PriceDraft(
            product_id=data["product"].pk,
            months=data["months"],
            charge_model=data["charge_model"],
            unit_price=data.get("unit_price", Decimal(0)),
            tiers=tuple(self._stored(data)),
            floor_unit_price=data["floor_unit_price"],
            in_advance=data["in_advance"],
            starts_on=data["starts_on"],
            ends_on=data["ends_on"],
        )

    def _stored(self, data: Mapping[str, Any]) -> list[dict[str, Any]]:
        if self.model in TIERED:
            return tiers_from_text(data["tiers"])
        if self.model is not ChargeModel.PERCENT_OF:
            return []
        ids = frozenset(_products_of(data["of_products"]))
        return stored_limits(Limits(data["minimum"] or Decimal(0), data["maximum"], ids))


def _as_typed(price: Price) -> dict[str, Any]:
    names = (
        "product",
        "months",
        "charge_model",
        "unit_price",
        "floor_unit_price",
        "in_advance",
        "starts_on",
        "ends_on",
    )
    typed = {name: getattr(price, name) for name in names}
    if price.charge_model != ChargeModel.PERCENT_OF:
        return {**typed, "tiers": tiers_to_text(price.tiers)}
    limits = read_limits(price.tiers)
    skus = (
        Product.objects.filter(pk__in=limits.products).order_by("sku").values_list("sku", flat=True)
    )
    of_products = ", ".join(skus)
    return {
        **typed,
        "minimum": limits.minimum or None,
        "maximum": limits.maximum,
        "of_products": of_products,
    }


def _products_of(typed: str) -> list[int]:
    skus = {sku.strip() for sku in typed.split(",") if sku.strip()}
    found = dict(Product.objects.filter(sku__in=skus).values_list("sku", "pk"))
    if missing := sorted(skus - set(found)):
        raise Refused(f"There is no product {', '.join(missing)}.", field="of_products")
    return list(found.values())
