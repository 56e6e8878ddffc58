from decimal import Decimal
from typing import Any

from django import forms

from q2c.catalog.actions import GroupDraft, OptionDraft, RuleDraft, TaxRateDraft
from q2c.catalog.bundles import bundle_trees
from q2c.catalog.models import (
    BundleOption,
    OptionGroup,
    Product,
    ProductKind,
    RevenuePattern,
    RuleKind,
    TaxClass,
)
from q2c.catalog.rules.configuring import options_by_path
from q2c.catalog.widgets import AttributeRows, Translations
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.kernel.codes import country_names, currency_names
from q2c.kernel.rating import plain


def _currencies() -> list[tuple[str, str]]:
    return [(code, f"{code} – {name}") for code, name in currency_names().items()]


def _countries() -> list[tuple[str, str]]:
    return [("", "Choose…"), *country_names().items()]


def _date(**more: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(widget=widget, **more)


def _typed(value: Any) -> Any:
    return plain(value) if isinstance(value, Decimal) else value


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
        help_text="Whoever sells it for less needs an approval.",
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
        return {name: _typed(getattr(product, name)) for name in ProductForm.base_fields}


class OptionForm(forms.Form):
    """A product within a bundle."""

    product = forms.ModelChoiceField(
        Product.objects.filter(is_active=True).order_by("sku"), empty_label="Choose…"
    )
    group = forms.ModelChoiceField(
        OptionGroup.objects.none(), required=False, empty_label="No group"
    )
    min_quantity = forms.IntegerField(min_value=0, initial=0, label="At least")
    max_quantity = forms.IntegerField(min_value=0, initial=1, label="At most")
    default_quantity = forms.IntegerField(min_value=0, initial=0, label="At first")
    follows_parent = forms.BooleanField(
        required=False, initial=True, label="As many times as the bundle"
    )
    discount_percent = forms.DecimalField(
        min_value=0,
        max_value=100,
        max_digits=7,
        decimal_places=4,
        initial=0,
        label="Bundle discount, %",
        help_text="Off its list price within this bundle.",
    )
    position = forms.IntegerField(
        min_value=0, max_value=9999, required=False, help_text="Lower stands first."
    )

    def __init__(self, *args: Any, bundle: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose_among(self, "group", bundle.option_groups.all())

    def draft(self) -> OptionDraft:
        cleaned = {k: v for k, v in self.cleaned_data.items() if k not in ("product", "group")}
        group = self.cleaned_data["group"]
        return OptionDraft(group_id=group.pk if group else None, **cleaned)

    @staticmethod
    def initial_of(option: BundleOption) -> dict[str, Any]:
        return {name: _typed(getattr(option, name)) for name in OptionForm.base_fields}


class GroupForm(forms.Form):
    """A heading to choose under."""

    name = forms.CharField(max_length=100)
    parent = forms.ModelChoiceField(
        OptionGroup.objects.none(), required=False, empty_label="None", label="Within the group"
    )
    min_options = forms.IntegerField(
        min_value=0, initial=0, label="Choose at least", help_text="1 and 1: exactly one of them."
    )
    max_options = forms.IntegerField(
        min_value=0,
        required=False,
        label="Choose at most",
        help_text="Empty: as many as there are.",
    )
    position = forms.IntegerField(
        min_value=0, max_value=9999, required=False, help_text="Lower stands first."
    )

    def __init__(
        self, *args: Any, bundle: Product, group: OptionGroup | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        others = bundle.option_groups.all()
        if group is not None:
            self.initial = {name: getattr(group, name) for name in self.fields}
            others = others.exclude(pk=group.pk)
        _choose_among(self, "parent", others)

    def draft(self) -> GroupDraft:
        cleaned = {k: v for k, v in self.cleaned_data.items() if k != "parent"}
        parent = self.cleaned_data["parent"]
        return GroupDraft(parent_id=parent.pk if parent else None, **cleaned)


class RuleForm(forms.Form):
    """What an option asks of another product."""

    product = forms.ModelChoiceField(
        Product.objects.none(), empty_label="Choose…", label="This option"
    )
    kind = forms.ChoiceField(choices=RuleKind.choices, label="requires or excludes")
    other = forms.ModelChoiceField(
        Product.objects.filter(is_active=True).order_by("sku"), empty_label="Choose…",
        label="this product",
    )  # fmt: skip
    counts_owned = forms.BooleanField(required=False, label="Counts what the customer already has")
    message = forms.CharField(
        max_length=300, required=False, help_text="Told when it is broken; empty: our own words."
    )

    def __init__(self, *args: Any, bundle: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tree = bundle_trees([bundle.pk])[bundle.pk]
        inside = {path[-1] for path in options_by_path(tree)}
        _choose_among(self, "product", Product.objects.filter(pk__in=inside).order_by("sku"))

    def draft(self) -> RuleDraft:
        cleaned = {k: v for k, v in self.cleaned_data.items() if k not in ("product", "other")}
        ids = {f"{name}_id": self.cleaned_data[name].pk for name in ("product", "other")}
        return RuleDraft(**ids, **cleaned)


def _choose_among(form: forms.Form, name: str, rows: Any) -> None:
    field: Any = form.fields[name]
    field.queryset = rows


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
