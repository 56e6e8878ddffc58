from django.db import models
from django.db.models import F, Q

from q2c.catalog.models.product import Product


class OptionGroup(models.Model):
    """A heading to choose under: so many of its options and sub-groups. It is never sold itself."""

    bundle = models.ForeignKey(Product, models.CASCADE, related_name="option_groups")
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    name = models.CharField(max_length=100)
    min_options = models.PositiveSmallIntegerField(default=0)
    max_options = models.PositiveSmallIntegerField(null=True)  # None: as many as there are
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["bundle", "name"], name="group_name_once_per_bundle"),
            models.CheckConstraint(
                name="group_takes_at_most_no_less_than_at_least",
                condition=Q(max_options=None) | Q(max_options__gte=F("min_options")),
            ),
            models.CheckConstraint(name="group_does_not_hold_itself", condition=~Q(parent=F("id"))),
        ]

    def __str__(self) -> str:
        return self.name


class BundleOption(models.Model):
    """A product one may choose within a bundle. Quantities are those in one bundle."""

    bundle = models.ForeignKey(
        Product, models.CASCADE, related_name="options", limit_choices_to={"kind": "bundle"}
    )
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    group = models.ForeignKey(OptionGroup, models.PROTECT, null=True, related_name="options")
    position = models.PositiveSmallIntegerField(default=0)
    min_quantity = models.PositiveIntegerField(default=0)
    max_quantity = models.PositiveIntegerField(default=1)
    default_quantity = models.PositiveIntegerField(default=0)
    # False: the quantity stands once, however many bundles are taken
    follows_parent = models.BooleanField(default=True, db_default=True)
    discount_percent = models.DecimalField(max_digits=7, decimal_places=4, default=0, db_default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["bundle", "product"], name="option_once_per_bundle"),
            models.CheckConstraint(
                name="option_default_lies_between_min_and_max",
                condition=Q(default_quantity__gte=F("min_quantity"))
                & Q(default_quantity__lte=F("max_quantity")),
            ),
            models.CheckConstraint(
                name="bundle_does_not_hold_itself", condition=~Q(bundle=F("product"))
            ),
            models.CheckConstraint(
                name="option_discount_is_a_percentage",
                condition=Q(discount_percent__gte=0) & Q(discount_percent__lte=100),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bundle_id}: {self.product_id}"


class RuleKind(models.TextChoices):
    """What one option asks of another."""

    REQUIRES = "requires", "requires"
    EXCLUDES = "excludes", "excludes"


class OptionRule(models.Model):
    """An option of a bundle that needs another product, or cannot stand beside it."""

    bundle = models.ForeignKey(Product, models.CASCADE, related_name="option_rules")
    kind = models.CharField(max_length=10, choices=RuleKind)
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    other = models.ForeignKey(Product, models.PROTECT, related_name="+")
    counts_owned = models.BooleanField(default=False)  # what the customer already has counts too
    message = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["bundle", "kind", "product", "other"], name="one_rule_per_pair"
            ),
            models.CheckConstraint(
                name="rule_speaks_of_two_products", condition=~Q(product=F("other"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.kind} {self.other_id}"
