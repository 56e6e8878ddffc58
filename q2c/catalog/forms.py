from typing import Any

from django import forms

from q2c.catalog.actions import OptionDraft, TaxRateDraft
from q2c.catalog.models import BundleOption, Product, ProductKind, RevenuePattern, TaxClass
from q2c.catalog.widgets import AttributeRows, Translations
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.kernel.codes import country_names, currency_names


def _currencies() -> list[tuple[str, str]]:
    return [(code, f"{code} – {name}") for code, name in currency_names().items()]


def _countries() -> list[tuple[str, str]]:
    return [("", "Choose…"), *country_names().items()]


def _date(**more: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(widget=widget, **more)


class ProductForm(forms.Form):
    """A product's own fields; its margin floor only for those who may see margins."""

    sku = forms.CharField(max_length=40, label="SKU", help_text="Letters, digits, dots, dashes.")
    name = forms.CharField(max_length=200)
    kind = forms.ChoiceField(
        choices=ProductKind.choices, help_text="What happens once it is ordered."
    )
    category = forms.CharField(
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"list": "categories", "autocomplete": "off"}),
        help_text="Choose one, or type a new one.",
    )
    unit = forms.CharField(max_length=20, initial="piece", help_text="One of it: piece, seat, GB.")
    tax_class = forms.ChoiceField(choices=TaxClass.choices, label="Tax class")
    revenue_pattern = forms.ChoiceField(choices=RevenuePattern.choices, label="Earned")
    starts_on = _date(required=False, label="Sold from", help_text="Empty: from ever.")
    ends_on = _date(
        required=False, label="First day no longer sold", help_text="Empty: until further notice."
    )
    min_margin_percent = forms.DecimalField(
        min_value=0,
        max_value=100,
        max_digits=7,
        decimal_places=4,
        required=False,
        label="Margin at least, %",
        help_text="Quotes that sell it for less are noticed.",
    )
    is_active = forms.BooleanField(required=False, initial=True, label="Sold now")
    description = forms.CharField(
        max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    attributes = forms.Field(required=False, widget=AttributeRows)
    translations = forms.Field(required=False, widget=Translations)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not user.may(Permission.VIEW_MARGIN):
            del self.fields["min_margin_percent"]

    def values(self) -> dict[str, Any]:
        """Return the fields as the actions name them."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}

    @staticmethod
    def initial_of(product: Product) -> dict[str, Any]:
        return {name: getattr(product, name) for name in ProductForm.base_fields}


class OptionForm(forms.Form):
    """A product within a bundle."""

    product = forms.ModelChoiceField(
        Product.objects.filter(is_active=True).order_by("sku"), empty_label="Choose…"
    )
    group = forms.CharField(
        max_length=100, required=False, help_text="Options of one group stand together."
    )
    min_quantity = forms.IntegerField(min_value=0, initial=0, label="At least")
    max_quantity = forms.IntegerField(min_value=0, initial=1, label="At most")
    default_quantity = forms.IntegerField(min_value=0, initial=0, label="At first")
    position = forms.IntegerField(
        min_value=0, max_value=9999, required=False, help_text="Lower stands first."
    )

    def draft(self) -> OptionDraft:
        cleaned = self.cleaned_data
        return OptionDraft(**{name: cleaned[name] for name in cleaned if name != "product"})

    @staticmethod
    def initial_of(option: BundleOption) -> dict[str, Any]:
        return {name: getattr(option, name) for name in OptionForm.base_fields}


class AmountForm(forms.Form):
    """What a product sells for alone, or costs us, from a day."""

    currency = forms.ChoiceField(choices=_currencies, initial="EUR")
    amount = forms.DecimalField(
        min_value=0, max_digits=18, decimal_places=8, help_text="Per unit; per month if it recurs."
    )
    starts_on = _date(label="From")


class PictureForm(forms.Form):
    """A picture to show; what it holds is checked by the action."""

    picture = forms.FileField(
        label="Picture",
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        help_text="PNG, JPEG or WebP, at most 5 MB.",
    )
    description = forms.CharField(
        max_length=200, required=False, help_text="Read to those who cannot see it."
    )


class TaxRateForm(forms.Form):
    """A new tax rate; it ends the one before it."""

    country = forms.ChoiceField(choices=_countries)
    region = forms.CharField(max_length=50, required=False, help_text="For example CA in the US.")
    tax_class = forms.ChoiceField(
        choices=[c for c in TaxClass.choices if c[0] in ("standard", "reduced")], label="Class"
    )
    percent = forms.DecimalField(
        min_value=0, max_value=100, max_digits=7, decimal_places=4, help_text="19 is 19 per cent."
    )
    starts_on = _date(label="From")

    def draft(self) -> TaxRateDraft:
        return TaxRateDraft(**self.cleaned_data)


class EndForm(forms.Form):
    """The first day something holds no more."""

    ends_on = _date(label="First day without it")
