"""What products look like in JSON, and what requests may say of them. No cost, no margin."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from q2c.api.fields import FileContent, Id, Input, Plain
from q2c.catalog.models import (
    BundleOption,
    OptionGroup,
    OptionRule,
    Product,
    ProductKind,
    ProductPicture,
    ProductVersion,
    RevenuePattern,
    RuleKind,
    StandalonePrice,
    TaxClass,
)
from q2c.catalog.rules.versions import visible


class Attribute(Input):
    """What customers compare: a name and a value, such as Speed and 250 Mbit/s."""

    name = serializers.CharField(max_length=60)
    value = serializers.CharField(max_length=200)


class Texts(Input):
    name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    description = serializers.CharField(max_length=10_000, required=False, allow_blank=True)


class ProductSummarySerializer(serializers.ModelSerializer):
    """A product; it is sold from `starts_on` up to, not including, `ends_on`."""

    attributes = Attribute(many=True)
    translations = serializers.DictField(child=Texts())

    class Meta:
        model = Product
        fields = [
            "id", "sku", "name", "description", "kind", "category", "unit", "tax_class",
            "revenue_pattern", "attributes", "translations", "starts_on", "ends_on", "is_active",
            "version", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class OptionSerializer(serializers.ModelSerializer):
    product_id = serializers.IntegerField()
    sku = serializers.CharField(source="product.sku")
    group_id = serializers.IntegerField(allow_null=True)
    discount_percent = Plain()

    class Meta:
        model = BundleOption
        fields = [
            "id", "product_id", "sku", "group_id", "position", "min_quantity", "max_quantity",
            "default_quantity", "follows_parent", "discount_percent",
        ]  # fmt: skip
        read_only_fields = fields


class OptionGroupSerializer(serializers.ModelSerializer):
    """A heading: so many of its options and sub-groups are taken; null is as many as there are."""

    parent_id = serializers.IntegerField(allow_null=True)

    class Meta:
        model = OptionGroup
        fields = ["id", "parent_id", "name", "min_options", "max_options", "position"]
        read_only_fields = fields


class OptionRuleSerializer(serializers.ModelSerializer):
    """What an option asks of another product."""

    product_id = serializers.IntegerField()
    other_id = serializers.IntegerField()

    class Meta:
        model = OptionRule
        fields = ["id", "kind", "product_id", "other_id", "counts_owned", "message"]
        read_only_fields = fields


class StandalonePriceSerializer(serializers.ModelSerializer):
    amount = Plain()

    class Meta:
        model = StandalonePrice
        fields = ["id", "amount", "currency", "starts_on"]
        read_only_fields = fields


class PictureSerializer(serializers.ModelSerializer):
    """A picture; anybody may get it at `url`."""

    url = serializers.SerializerMethodField()

    class Meta:
        model = ProductPicture
        fields = ["id", "url", "description"]
        read_only_fields = fields

    def get_url(self, picture: ProductPicture) -> str:
        return f"/products/pictures/{picture.blob_id}/"


class VersionSerializer(serializers.ModelSerializer):
    """A product with all its parts as it stood in a version."""

    content = serializers.SerializerMethodField()

    class Meta:
        model = ProductVersion
        fields = ["version", "created_at", "content"]
        read_only_fields = fields

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def get_content(self, version: ProductVersion) -> dict[str, Any]:
        return visible(version.content, with_margin=False)


class ProductSerializer(ProductSummarySerializer):
    """A product with its options, pictures, standalone prices and versions, the newest first."""

    option_groups = OptionGroupSerializer(many=True)
    options = OptionSerializer(many=True)
    option_rules = OptionRuleSerializer(many=True)
    pictures = PictureSerializer(many=True)
    standalone_prices = StandalonePriceSerializer(many=True)
    versions = VersionSerializer(many=True)

    class Meta(ProductSummarySerializer.Meta):
        fields = [
            *ProductSummarySerializer.Meta.fields, "option_groups", "options", "option_rules",
            "pictures", "standalone_prices", "versions",
        ]  # fmt: skip
        read_only_fields = fields


class ProductChange(Input):
    """The fields of a product that may be changed; those left out stay."""

    sku = serializers.CharField(max_length=40, required=False)
    name = serializers.CharField(max_length=200, required=False)
    description = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    kind = serializers.ChoiceField(ProductKind.choices, required=False)
    category = serializers.CharField(max_length=100, required=False, allow_blank=True)
    unit = serializers.CharField(max_length=20, required=False)
    tax_class = serializers.ChoiceField(TaxClass.choices, required=False)
    revenue_pattern = serializers.ChoiceField(RevenuePattern.choices, required=False)
    attributes = Attribute(many=True, required=False)
    translations = serializers.DictField(child=Texts(), required=False)
    min_margin_percent = serializers.DecimalField(
        max_digits=7, decimal_places=4, required=False, allow_null=True
    )
    starts_on = serializers.DateField(required=False, allow_null=True)
    ends_on = serializers.DateField(required=False, allow_null=True)
    is_active = serializers.BooleanField(required=False)


class ProductInput(ProductChange):
    """A new product."""

    sku = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(ProductKind.choices)
    revenue_pattern = serializers.ChoiceField(RevenuePattern.choices)


class AmountInput(Input):
    """What a unit sells for alone, or costs, from a day on; a month, where it recurs."""

    amount = serializers.DecimalField(max_digits=18, decimal_places=8, min_value=0)
    currency = serializers.CharField(max_length=3)
    starts_on = serializers.DateField()


class PictureInput(Input):
    """A PNG, JPEG or WebP picture of at most 5 MB."""

    picture = FileContent()
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)


class OptionInput(Input):
    """How a product stands in a bundle."""

    product_id = Id()
    group_id = Id(required=False, allow_null=True)
    position = serializers.IntegerField(min_value=0, max_value=9999, required=False)
    min_quantity = serializers.IntegerField(min_value=0, required=False)
    max_quantity = serializers.IntegerField(min_value=0, required=False)
    default_quantity = serializers.IntegerField(min_value=0, required=False)
    follows_parent = serializers.BooleanField(required=False)
    discount_percent = serializers.DecimalField(max_digits=7, decimal_places=4, required=False)


class GroupInput(Input):
    """A heading to choose under; with an `id` it changes that one."""

    id = Id(required=False)
    name = serializers.CharField(max_length=100)
    parent_id = Id(required=False, allow_null=True)
    min_options = serializers.IntegerField(min_value=0, required=False)
    max_options = serializers.IntegerField(min_value=0, required=False, allow_null=True)
    position = serializers.IntegerField(min_value=0, max_value=9999, required=False)


class RuleInput(Input):
    """`product_id` requires or excludes `other_id`; `counts_owned`: also what customers have."""

    kind = serializers.ChoiceField(RuleKind.choices)
    product_id = Id()
    other_id = Id()
    counts_owned = serializers.BooleanField(required=False)
    message = serializers.CharField(max_length=300, required=False, allow_blank=True)
