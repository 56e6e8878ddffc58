"""Products for programs. Costs stay inside the house."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from q2c.api.fields import Id, Input, Plain
from q2c.api.filters import instants, one_of, search, text, truth
from q2c.api.resources import Resource, routes, verb
from q2c.catalog import queries
from q2c.catalog.actions import (
    OptionDraft,
    create_product,
    edit_product,
    remove_bundle_option,
    set_bundle_option,
    set_standalone_price,
)
from q2c.catalog.models import (
    BundleOption,
    Product,
    ProductKind,
    RevenuePattern,
    StandalonePrice,
    TaxClass,
)
from q2c.identity.roles import Permission
from q2c.kernel.money import Rate


class ProductSummarySerializer(serializers.ModelSerializer):
    class Meta:
        model = Product
        fields = [
            "id", "sku", "name", "description", "kind", "unit", "tax_class", "revenue_pattern",
            "is_active", "version", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class OptionSerializer(serializers.ModelSerializer):
    product_id = serializers.IntegerField()
    sku = serializers.CharField(source="product.sku")

    class Meta:
        model = BundleOption
        fields = [
            "id", "product_id", "sku", "group", "position", "min_quantity", "max_quantity",
            "default_quantity",
        ]  # fmt: skip
        read_only_fields = fields


class StandalonePriceSerializer(serializers.ModelSerializer):
    amount = Plain()

    class Meta:
        model = StandalonePrice
        fields = ["amount", "currency", "starts_on"]
        read_only_fields = fields


class ProductSerializer(ProductSummarySerializer):
    """A product with its options and standalone prices, the newest first."""

    options = OptionSerializer(many=True)
    standalone_prices = StandalonePriceSerializer(many=True)

    class Meta(ProductSummarySerializer.Meta):
        fields = [*ProductSummarySerializer.Meta.fields, "options", "standalone_prices"]
        read_only_fields = fields


class ProductChange(Input):
    """The fields of a product that may be changed; those left out stay."""

    sku = serializers.CharField(max_length=40, required=False)
    name = serializers.CharField(max_length=200, required=False)
    description = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    kind = serializers.ChoiceField(ProductKind.choices, required=False)
    unit = serializers.CharField(max_length=20, required=False)
    tax_class = serializers.ChoiceField(TaxClass.choices, required=False)
    revenue_pattern = serializers.ChoiceField(RevenuePattern.choices, required=False)
    unit_cost = serializers.DecimalField(max_digits=18, decimal_places=8, required=False)
    cost_currency = serializers.CharField(max_length=3, required=False)
    is_active = serializers.BooleanField(required=False)


class ProductInput(ProductChange):
    """A new product."""

    sku = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(ProductKind.choices)
    revenue_pattern = serializers.ChoiceField(RevenuePattern.choices)
    cost_currency = serializers.CharField(max_length=3)


class StandalonePriceInput(Input):
    """What a unit sells for alone from a day on; a month, where it recurs."""

    amount = serializers.DecimalField(max_digits=18, decimal_places=8, min_value=0)
    currency = serializers.CharField(max_length=3)
    starts_on = serializers.DateField()


class OptionInput(Input):
    """How a product stands in a bundle."""

    product_id = Id()
    group = serializers.CharField(max_length=100, required=False, allow_blank=True)
    position = serializers.IntegerField(min_value=0, max_value=9999, required=False)
    min_quantity = serializers.IntegerField(min_value=0, required=False)
    max_quantity = serializers.IntegerField(min_value=0, required=False)
    default_quantity = serializers.IntegerField(min_value=0, required=False)


class Products(Resource):
    """What we sell."""

    scope = "products"
    permission = Permission.VIEW_CATALOG
    number_field = "sku"
    serializer_class = ProductSerializer
    summary_class = ProductSummarySerializer
    version_field = "version"
    filters = {
        "q": search(queries.matching),
        "sku": text("sku"),
        "kind": one_of("kind", ProductKind.values),
        "is_active": truth("is_active"),
        "created": instants("created_at"),
    }

    def rows(self) -> QuerySet[Product]:
        return queries.products()

    def whole(self, rows: QuerySet[Product]) -> QuerySet[Product]:
        return queries.with_parts(rows)

    @verb("products:write", takes=ProductInput, status=201, is_about_one=False)
    def create(self, data: dict[str, Any]) -> int:
        """Create a product."""
        return create_product(data, by=self.by, at=self.at).pk

    @verb("products:write", takes=ProductChange, method="patch")
    def partial_update(self, product: Product, data: dict[str, Any]) -> None:
        """Change some of a product's fields."""
        edit_product(product.pk, data, seen=self.seen_version(), by=self.by, at=self.at)

    @verb("products:write", takes=StandalonePriceInput, path="standalone-prices", status=201)
    def add_standalone_price(self, product: Product, data: dict[str, Any]) -> None:
        """Set what the product sells for alone from a day on."""
        rate, starts_on = Rate(data["amount"], data["currency"]), data["starts_on"]
        set_standalone_price(product.pk, rate, starts_on=starts_on, by=self.by, at=self.at)

    @verb("products:write", takes=OptionInput, path="options", status=201)
    def set_option(self, product: Product, data: dict[str, Any]) -> None:
        """Put a product into this bundle, or change how it stands there."""
        product_id = data.pop("product_id")
        set_bundle_option(product.pk, product_id, OptionDraft(**data), by=self.by, at=self.at)

    @verb("products:write", path=r"options/(?P<option_id>\d+)", method="delete")
    def remove_option(self, product: Product, option_id: int) -> None:
        """Take an option out of this bundle."""
        remove_bundle_option(product.pk, option_id, by=self.by, at=self.at)


api_urls = routes(("products", Products))
