"""List prices for programs."""

from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import Http404
from rest_framework import serializers
from rest_framework.response import Response

from q2c.api.fields import Id, Input, Plain
from q2c.api.filters import number, text, truth
from q2c.api.history import WithHistory
from q2c.api.resources import verb
from q2c.identity.roles import Permission
from q2c.kernel.percent import Of
from q2c.kernel.rating import ChargeModel, plain
from quotes.actions import (
    BookDraft,
    PriceDraft,
    add_price_book,
    change_price,
    change_price_book,
    preview_increase,
    raise_prices,
    set_price,
)
from quotes.api.proration import ProrationInput
from quotes.models import Price, PriceBook
from quotes.rules.increases import Increase

_BOOK = [
    "name", "currency", "is_active", "base_id", "customer_id", "region", "channel", "segment",
    "starts_on", "ends_on", "priority", "proration",
]  # fmt: skip


class PriceBookSummarySerializer(serializers.ModelSerializer):
    """A price book and whom it is for; what is empty does not limit it. Days are [start, end)."""

    base_id = serializers.IntegerField(allow_null=True)
    customer_id = serializers.IntegerField(allow_null=True)

    class Meta:
        model = PriceBook
        fields = ["id", *_BOOK]
        read_only_fields = fields


class TierSerializer(serializers.Serializer):
    """A band of quantity up to and including `up_to`; null is without end.

    Of a package `up_to` is its size; with a last tier without end only full packages count, and
    units left over cost its `unit_price` each. A graduated or volume band may cost its `unit_price`
    `per` so many units, those begun whole. Of a percentage of other lines `up_to` is the most and
    `flat_fee` the least it costs, and `products` lists the products it is taken of.
    """

    up_to = serializers.CharField(allow_null=True)
    unit_price = serializers.CharField()
    flat_fee = serializers.CharField()
    per = serializers.CharField(required=False)
    products = serializers.ListField(child=serializers.IntegerField(), required=False)
    of = serializers.CharField(required=False)
    of_list = serializers.BooleanField(required=False)


class PriceSerializer(serializers.ModelSerializer):
    """What a unit lists at for a billing period of `months` or `weeks`; both 0 is once.

    With `price_months` the price is for so many months (12: a year), however it is billed.

    It opens with `trial_days` and then `free_periods` at no cost, and a `setup_fee` once. A negative
    price takes off.
    """

    product_id = serializers.IntegerField()
    sku = serializers.CharField(source="product.sku")
    unit_price = Plain()
    floor_unit_price = Plain(allow_null=True)
    setup_fee = Plain()
    tiers = TierSerializer(many=True)

    class Meta:
        model = Price
        fields = [
            "id", "product_id", "sku", "charge_kind", "months", "weeks", "price_months", "charge_model",
            "unit_price", "tiers", "floor_unit_price", "in_advance", "trial_days", "free_periods",
            "setup_fee", "keeps_credits", "starts_on", "ends_on",
        ]  # fmt: skip
        read_only_fields = fields


class PriceBookSerializer(PriceBookSummarySerializer):
    """A price book with all its prices, the newest first."""

    prices = PriceSerializer(many=True)

    class Meta(PriceBookSummarySerializer.Meta):
        fields = [*PriceBookSummarySerializer.Meta.fields, "prices"]
        read_only_fields = fields


class PriceBookChange(Input):
    """The fields of a book that may be changed; those left out stay. Its currency stays."""

    name = serializers.CharField(max_length=100, required=False)
    is_active = serializers.BooleanField(required=False)
    base_id = Id(required=False, allow_null=True)
    customer_id = Id(required=False, allow_null=True)
    region = serializers.CharField(max_length=53, required=False, allow_blank=True)
    channel = serializers.CharField(max_length=40, required=False, allow_blank=True)
    segment = serializers.CharField(max_length=40, required=False, allow_blank=True)
    starts_on = serializers.DateField(required=False, allow_null=True)
    ends_on = serializers.DateField(required=False, allow_null=True)
    priority = serializers.IntegerField(required=False)
    proration = ProrationInput(required=False)


class PriceBookInput(PriceBookChange):
    """A new book: for everybody, or for the customers and deals it names."""

    name = serializers.CharField(max_length=100)
    currency = serializers.CharField(max_length=3)


class TierInput(Input):
    """A band of quantity. Of a percentage the one row holds its limits and what it is taken of.

    `up_to` is then the most it costs and `flat_fee` the least, `products` what it is taken of
    (none: everything), `of` which charges (those charged as often, once, or all that recur), and
    `of_list` whether before discounts.
    """

    up_to = serializers.DecimalField(max_digits=18, decimal_places=6, allow_null=True)
    unit_price = serializers.DecimalField(
        max_digits=18, decimal_places=8, min_value=0, required=False
    )
    flat_fee = serializers.DecimalField(
        max_digits=18, decimal_places=8, min_value=0, required=False
    )
    per = serializers.DecimalField(max_digits=18, decimal_places=6, required=False)
    products = serializers.ListField(child=Id(), required=False, max_length=100)
    of = serializers.ChoiceField([each.value for each in Of], required=False)
    of_list = serializers.BooleanField(required=False)


class PriceInput(Input):
    """What a product lists at from a day on; the price before it ends there.

    The billing period is of `months` or of `weeks`; neither is once. Prices are for a billing
    period, or with `price_months` for so many months: with months 1 and price_months 12 the price
    is a year's and a month is billed a twelfth of it. A negative price of a service
    takes off: an amount, or a percentage of other lines.
    """

    product_id = Id()
    months = serializers.IntegerField(min_value=0, max_value=120, required=False)
    weeks = serializers.IntegerField(min_value=0, max_value=520, required=False)
    price_months = serializers.IntegerField(min_value=0, max_value=120, required=False)
    charge_model = serializers.ChoiceField([model.value for model in ChargeModel])
    unit_price = serializers.DecimalField(max_digits=18, decimal_places=8, required=False)
    tiers = TierInput(many=True, required=False)
    floor_unit_price = serializers.DecimalField(
        max_digits=18, decimal_places=8, min_value=0, required=False, allow_null=True
    )
    in_advance = serializers.BooleanField(required=False)
    trial_days = serializers.IntegerField(min_value=0, max_value=366, required=False)
    free_periods = serializers.IntegerField(min_value=0, max_value=120, required=False)
    setup_fee = serializers.DecimalField(
        max_digits=18, decimal_places=8, min_value=0, required=False
    )
    keeps_credits = serializers.BooleanField(required=False)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(required=False, allow_null=True)


class PriceChangeInput(PriceInput):
    """What of a price is corrected; what is left out stays. Product and billing period stay."""

    product_id = None  # type: ignore[assignment]
    months = None  # type: ignore[assignment]
    weeks = None  # type: ignore[assignment]
    charge_model = serializers.ChoiceField([model.value for model in ChargeModel], required=False)
    starts_on = serializers.DateField(required=False)


class IncreaseInput(Input):
    """By how much list prices rise from a day on, per cent or an amount; without products all."""

    percent = serializers.DecimalField(max_digits=7, decimal_places=4, required=False)
    amount = serializers.DecimalField(max_digits=18, decimal_places=8, required=False)
    starts_on = serializers.DateField()
    product_ids = serializers.ListField(child=Id(), required=False, max_length=1000)


class RaisedSerializer(serializers.Serializer[Any]):
    """A price in force on the day, and what would take its place."""

    price_id = serializers.IntegerField(source="price.pk")
    product_id = serializers.IntegerField(source="price.product_id")
    sku = serializers.CharField(source="price.product.sku")
    months = serializers.IntegerField(source="price.months")
    weeks = serializers.IntegerField(source="price.weeks")
    unit_price = Plain(source="price.unit_price")
    new_unit_price = Plain(source="draft.unit_price")
    tiers = TierSerializer(source="price.tiers", many=True)
    new_tiers = TierSerializer(source="draft.tiers", many=True)


class IncreasePreviewSerializer(serializers.Serializer[Any]):
    prices = RaisedSerializer(many=True)


class PriceBooks(WithHistory):
    """What products list at, in one currency each."""

    scope = "products"
    permission = Permission.VIEW_CATALOG
    document = "price_book"
    order = ("name", "id")
    number_field = ""
    version_field = "version"
    serializer_class = PriceBookSerializer
    summary_class = PriceBookSummarySerializer
    filters = {
        "name": text("name"),
        "currency": text("currency"),
        "customer_id": number("customer_id"),
        "region": text("region"),
        "channel": text("channel"),
        "segment": text("segment"),
        "is_active": truth("is_active"),
    }

    def rows(self) -> QuerySet[PriceBook]:
        return PriceBook.objects.all()

    def whole(self, rows: QuerySet[PriceBook]) -> QuerySet[PriceBook]:
        prices = Price.objects.select_related("product").order_by("product__sku", "-starts_on")
        return rows.prefetch_related(Prefetch("prices", prices))

    @verb("products:write", takes=PriceBookInput, status=201, is_about_one=False)
    def create(self, data: dict[str, Any]) -> int:
        """Open an empty price book."""
        return add_price_book(BookDraft(**data), by=self.by, at=self.at).pk

    @verb("products:write", takes=PriceBookChange, method="patch")
    def partial_update(self, book: PriceBook, data: dict[str, Any]) -> None:
        """Change whom a book is for, rename or retire it; quotes keep their prices."""
        now = {name: getattr(book, name) for name in _BOOK}
        seen = self.seen_version()
        change_price_book(book.pk, BookDraft(**now | data), by=self.by, at=self.at, seen=seen)

    @verb("products:write", takes=PriceInput, path="prices", status=201)
    def set_price(self, book: PriceBook, data: dict[str, Any]) -> None:
        """Say what a product lists at from a day on."""
        set_price(book.pk, PriceDraft(**_rows(data)), by=self.by, at=self.at)

    @verb(
        "products:write",
        takes=PriceChangeInput,
        path=r"prices/(?P<price_id>\d+)",
        method="patch",
    )
    def change_price(self, book: PriceBook, data: dict[str, Any], price_id: int) -> None:
        """Correct a price or end it; quotes keep what they copied."""
        price = next((each for each in book.prices.all() if each.pk == price_id), None)
        if price is None:
            raise Http404
        seen = self.seen_version()
        now = {name: getattr(price, name) for name in PriceDraft.__dataclass_fields__}
        change_price(price_id, PriceDraft(**now | _rows(data)), by=self.by, at=self.at, seen=seen)

    @verb(
        "products:write",
        takes=IncreaseInput,
        path="increase-preview",
        gives=IncreasePreviewSerializer,
    )
    def preview_increase(self, book: PriceBook, data: dict[str, Any]) -> Response:
        """Show old and new prices side by side; nothing is written."""
        found = preview_increase(book, **_increase(book, data))
        return Response(IncreasePreviewSerializer({"prices": found}).data)

    @verb("products:write", takes=IncreaseInput, path="increase")
    def raise_prices(self, book: PriceBook, data: dict[str, Any]) -> None:
        """Write the raised prices, in force from a day on; several make a schedule."""
        raise_prices(book.pk, **_increase(book, data), by=self.by, at=self.at)


def _rows(data: dict[str, Any]) -> dict[str, Any]:
    if "tiers" in data:
        data["tiers"] = tuple(_plain(tier) for tier in data["tiers"])
    return data


def _increase(book: PriceBook, data: dict[str, Any]) -> dict[str, Any]:
    much = Increase(book.currency, percent=data.get("percent"), amount=data.get("amount"))
    return {
        "increase": much,
        "product_ids": data.get("product_ids", ()),
        "on": data["starts_on"],
    }


def _plain(tier: dict[str, Any]) -> dict[str, Any]:
    up_to = None if tier["up_to"] is None else plain(tier["up_to"])
    price, fee = (plain(tier.get(name, Decimal(0))) for name in ("unit_price", "flat_fee"))
    products: dict[str, Any] = {
        name: tier[name] for name in ("products", "of", "of_list") if name in tier
    }
    per = {"per": plain(tier["per"])} if tier.get("per", 1) != 1 else {}
    return {"up_to": up_to, "unit_price": price, "flat_fee": fee, **per, **products}
