"""Products for programs. Costs go in and stay inside the house."""

from typing import Any

from django.db.models import QuerySet

from q2c.api.filters import instants, one_of, search, text, truth
from q2c.api.resources import Resource, routes, verb
from q2c.catalog import actions, queries
from q2c.catalog.api import shapes
from q2c.catalog.models import Product, ProductKind
from q2c.identity.roles import Permission
from q2c.kernel.money import Rate


class Products(Resource):
    """What we sell."""

    scope = "products"
    permission = Permission.VIEW_CATALOG
    number_field = "sku"
    serializer_class = shapes.ProductSerializer
    summary_class = shapes.ProductSummarySerializer
    version_field = "version"
    filters = {
        "q": search(queries.matching),
        "sku": text("sku"),
        "kind": one_of("kind", ProductKind.values),
        "category": text("category"),
        "is_active": truth("is_active"),
        "created": instants("created_at"),
    }

    def rows(self) -> QuerySet[Product]:
        return queries.products()

    def whole(self, rows: QuerySet[Product]) -> QuerySet[Product]:
        return queries.with_parts(rows).prefetch_related("versions")

    @verb("products:write", takes=shapes.ProductInput, status=201, is_about_one=False)
    def create(self, data: dict[str, Any]) -> int:
        """Create a product."""
        return actions.create_product(data, by=self.by, at=self.at).pk

    @verb("products:write", takes=shapes.ProductChange, method="patch")
    def partial_update(self, product: Product, data: dict[str, Any]) -> None:
        """Change some of a product's fields."""
        seen = self.seen_version()
        actions.edit_product(product.pk, data, seen=seen, by=self.by, at=self.at)

    @verb("products:write", takes=shapes.AmountInput, path="standalone-prices", status=201)
    def add_standalone_price(self, product: Product, data: dict[str, Any]) -> None:
        """Set what the product sells for alone from a day on."""
        rate, starts_on = Rate(data["amount"], data["currency"]), data["starts_on"]
        actions.set_standalone_price(product.pk, rate, starts_on=starts_on, by=self.by, at=self.at)

    @verb("products:write", path=r"standalone-prices/(?P<price_id>\d+)", method="delete")
    def remove_standalone_price(self, product: Product, price_id: int) -> None:
        """Take back a standalone price; the one before it holds on."""
        actions.remove_standalone_price(product.pk, price_id, by=self.by, at=self.at)

    @verb("products:write", takes=shapes.AmountInput, path="costs", status=201)
    def add_cost(self, product: Product, data: dict[str, Any]) -> None:
        """Set what a unit costs from a day on; costs are never shown to programs."""
        rate, starts_on = Rate(data["amount"], data["currency"]), data["starts_on"]
        actions.set_cost(product.pk, rate, starts_on=starts_on, by=self.by, at=self.at)

    @verb("products:write", takes=shapes.PictureInput, path="pictures", status=201)
    def add_picture(self, product: Product, data: dict[str, Any]) -> None:
        """Show a picture of the product, after those it has."""
        words = data.get("description", "")
        actions.add_picture(product.pk, data["picture"], description=words, by=self.by, at=self.at)

    @verb("products:write", path=r"pictures/(?P<picture_id>\d+)", method="delete")
    def remove_picture(self, product: Product, picture_id: int) -> None:
        """Show a picture no longer."""
        actions.remove_picture(product.pk, picture_id, by=self.by, at=self.at)

    @verb("products:write", takes=shapes.OptionInput, path="options", status=201)
    def set_option(self, product: Product, data: dict[str, Any]) -> None:
        """Put a product into this bundle, or change how it stands there."""
        product_id = data.pop("product_id")
        draft = actions.OptionDraft(**data)
        actions.set_bundle_option(product.pk, product_id, draft, by=self.by, at=self.at)

    @verb("products:write", path=r"options/(?P<option_id>\d+)", method="delete")
    def remove_option(self, product: Product, option_id: int) -> None:
        """Take an option out of this bundle."""
        actions.remove_bundle_option(product.pk, option_id, by=self.by, at=self.at)

    @verb("products:write", takes=shapes.GroupInput, path="option-groups", status=201)
    def set_option_group(self, product: Product, data: dict[str, Any]) -> None:
        """Add a group of options to this bundle, or change one."""
        group_id = data.pop("id", None)
        draft = actions.GroupDraft(**data)
        actions.set_option_group(product.pk, draft, group_id=group_id, by=self.by, at=self.at)

    @verb("products:write", path=r"option-groups/(?P<group_id>\d+)", method="delete")
    def remove_option_group(self, product: Product, group_id: int) -> None:
        """Take a group away; what stood in it moves to the group above."""
        actions.remove_option_group(product.pk, group_id, by=self.by, at=self.at)

    @verb("products:write", takes=shapes.RuleInput, path="option-rules", status=201)
    def set_option_rule(self, product: Product, data: dict[str, Any]) -> None:
        """Say what an option of this bundle asks of another product."""
        actions.set_option_rule(product.pk, actions.RuleDraft(**data), by=self.by, at=self.at)

    @verb("products:write", path=r"option-rules/(?P<rule_id>\d+)", method="delete")
    def remove_option_rule(self, product: Product, rule_id: int) -> None:
        """Take a rule away."""
        actions.remove_option_rule(product.pk, rule_id, by=self.by, at=self.at)


api_urls = routes(("products", Products))
