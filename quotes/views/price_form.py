"""The form of a list price: it asks only for what the chosen charge model reads."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.functional import cached_property

from q2c.catalog.models import Product
from q2c.kernel.bands import read_tiers
from q2c.kernel.errors import Refused
from q2c.kernel.percent import Limits, Of, read_limits, stored_limits
from q2c.kernel.rating import TIERED, ChargeModel
from quotes.actions import PriceDraft
from quotes.forms import DATE, NumberField
from quotes.models import Price
from quotes.rules.examples import examples, shares
from quotes.rules.model_words import EXPLAINED, TYPED
from quotes.rules.tiers import tiers_from_text, tiers_to_text

_TAIL = ("in_advance", "starts_on", "ends_on")
_OPENING = ("trial_days", "free_periods", "setup_fee")
PRICE_PERIODS = {
    "0": "The billing period", "1": "A month", "3": "A quarter", "6": "Half a year", "12": "A year",
}  # fmt: skip
CADENCES = {
    "0": "Once", "w1": "Weekly", "w2": "Every 2 weeks", "w4": "Every 4 weeks", "1": "Monthly",
    "3": "Quarterly", "6": "Half-yearly", "12": "Yearly", "24": "Every 2 years",
    "36": "Every 3 years",
}  # fmt: skip


class PriceForm(forms.Form):
    """A price; it asks only for what its charge model reads, tiers as one line each."""

    product = forms.ModelChoiceField(Product.objects.none())
    months = forms.ChoiceField(choices=list(CADENCES.items()), label="Charged")
    price_months = forms.ChoiceField(
        choices=list(PRICE_PERIODS.items()),
        required=False,
        label="The price is for",
        help_text="A price a year may be invoiced monthly: a twelfth each, a year in all.",
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
    of_charges = forms.ChoiceField(
        choices=[
            (Of.ALIKE.value, "What is charged as often"),
            (Of.ONE_TIME.value, "What is charged once"),
            (Of.RECURRING.value, "All that recurs"),
        ],
        required=False,
        label="Taken of",
        help_text="Maintenance is a percentage a year of licences that are charged once.",
    )
    of_list = forms.BooleanField(required=False, label="Of list prices, before discounts")
    floor_unit_price = NumberField(
        max_digits=18,
        decimal_places=8,
        required=False,
        label="Floor per unit and period",
        help_text="No discount goes below it; a lower price by hand needs an approval.",
    )
    keeps_credits = forms.BooleanField(
        required=False, label="Prepaid credits that are not used stay"
    )
    in_advance = forms.BooleanField(required=False, initial=True, label="Invoiced in advance")
    trial_days = forms.IntegerField(
        min_value=0,
        required=False,
        label="Trial, days",
        help_text="It is charged from the day after.",
    )
    free_periods = forms.IntegerField(
        min_value=0,
        required=False,
        label="Free periods",
        help_text="The first billing periods that cost nothing.",
    )
    setup_fee = NumberField(
        max_digits=18,
        decimal_places=8,
        min_value=0,
        required=False,
        label="Set-up fee, once",
        help_text="A line of its own that comes with it.",
    )
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
        self._offer_own_period()
        if price:
            self._keep_product_and_period(price)
        chosen = self["charge_model"].value()
        known = {model.value for model in ChargeModel}
        self.model = ChargeModel(chosen if chosen in known else ChargeModel.PER_UNIT)
        self._ask_for_what_the_model_reads()

    def _offer_own_period(self) -> None:
        typed, field = str(self["price_months"].value() or "0"), self.fields["price_months"]
        if typed.isdecimal() and typed not in PRICE_PERIODS:
            field.choices = [*PRICE_PERIODS.items(), (typed, f"{typed} months")]  # type: ignore[attr-defined]

    def _keep_product_and_period(self, price: Price) -> None:
        cadence, field = _cadence(price), self.fields["months"]
        if cadence not in CADENCES:
            words = f"Every {price.weeks} weeks" if price.weeks else f"Every {price.months} months"
            field.choices = [(cadence, words)]  # type: ignore[attr-defined]
        for name in ("product", "months"):
            self.fields[name].disabled = True

    def _ask_for_what_the_model_reads(self) -> None:
        live = {"hx-get": "", "hx-include": "closest form", "hx-params": "not csrfmiddlewaretoken"}
        self.fields["charge_model"].widget.attrs |= {**live, "hx-target": "#price-terms"}
        limits = ("of_charges", "of_products", "of_list", "minimum", "maximum")
        if self.model in TIERED:
            self._names = ["tiers"]
            if self.model in (ChargeModel.CREDITS, ChargeModel.PACKAGE):
                self._names.append("keeps_credits")
            self.fields["tiers"].help_text = TYPED[self.model]
        elif self.model is ChargeModel.PERCENT_OF:
            self._names = ["unit_price", *limits]
            self.fields["unit_price"].label = "Per cent"
        else:
            self._names = ["unit_price"]
            if self.model is ChargeModel.FLAT:
                self.fields["unit_price"].label = "Price per period"
        for name in {"unit_price", "tiers", "keeps_credits", *limits} - set(self._names):
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
        return [self[name] for name in ("product", "months", "price_months", "charge_model")]

    @property
    def terms(self) -> list[forms.BoundField]:
        return [self[name] for name in self._names]

    @property
    def tail(self) -> list[forms.BoundField]:
        return [self[name] for name in ("floor_unit_price", *_TAIL, *_OPENING)]

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
        number = int(data["months"].lstrip("w"))
        is_weeks = data["months"].startswith("w")
        return PriceDraft(
            product_id=data["product"].pk,
            months=0 if is_weeks else number,
            weeks=number if is_weeks else 0,
            price_months=int(data["price_months"] or 0),
            charge_model=data["charge_model"],
            unit_price=data.get("unit_price", Decimal(0)),
            tiers=tuple(self._stored(data)),
            in_advance=data["in_advance"],
            starts_on=data["starts_on"],
            ends_on=data["ends_on"],
            floor_unit_price=data["floor_unit_price"],
            trial_days=data["trial_days"] or 0,
            free_periods=data["free_periods"] or 0,
            setup_fee=data["setup_fee"] or Decimal(0),
            keeps_credits=data.get("keeps_credits", False),
        )

    def _stored(self, data: Mapping[str, Any]) -> list[dict[str, Any]]:
        if self.model in TIERED:
            return tiers_from_text(data["tiers"])
        if self.model is not ChargeModel.PERCENT_OF:
            return []
        ids = frozenset(_products_of(data["of_products"]))
        minimum, charges = data["minimum"] or Decimal(0), Of(data["of_charges"] or Of.ALIKE)
        limits = Limits(minimum, data["maximum"], ids, charges, of_list=bool(data["of_list"]))
        return stored_limits(limits)


def _as_typed(price: Price) -> dict[str, Any]:
    names = (
        "product",
        "charge_model",
        "unit_price",
        "floor_unit_price",
        "in_advance",
        "keeps_credits",
        "starts_on",
        "ends_on",
    )
    typed = {name: getattr(price, name) for name in names}
    typed |= {"months": _cadence(price), "price_months": str(price.price_months)}
    typed |= {name: getattr(price, name) or None for name in _OPENING}
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
        "of_charges": limits.charges.value,
        "of_list": limits.of_list,
    }


def _cadence(price: Price) -> str:
    return f"w{price.weeks}" if price.weeks else str(price.months)


def _products_of(typed: str) -> list[int]:
    skus = {sku.strip() for sku in typed.split(",") if sku.strip()}
    found = dict(Product.objects.filter(sku__in=skus).values_list("sku", "pk"))
    if missing := sorted(skus - set(found)):
        raise Refused(f"There is no product {', '.join(missing)}.", field="of_products")
    return list(found.values())
