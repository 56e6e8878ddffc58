from django.db import models
from django.db.models import F, Q, Value

from q2c.kernel.discounts import Towards
from quotes.rules.price_rules import Combination, Effect, Measure


class PriceRule(models.Model):
    """A rule that changes prices while it is in force; what is not in force can be tried out."""

    name = models.CharField(max_length=100, unique=True)
    effect = models.CharField(max_length=8, choices=[(e.value, e.value) for e in Effect])
    value = models.DecimalField(max_digits=18, decimal_places=8, default=0)
    breaks = models.JSONField(default=list, blank=True)
    measure = models.CharField(
        max_length=8, choices=[(m.value, m.value) for m in Measure], default=Measure.QUANTITY.value
    )
    is_across = models.BooleanField(default=False)
    conditions = models.JSONField(default=list, blank=True)
    match_any = models.BooleanField(default=False)
    stage = models.PositiveSmallIntegerField(default=10)
    combination = models.CharField(
        max_length=10,
        choices=[(c.value, c.value) for c in Combination],
        default=Combination.SEQUENTIAL.value,
    )
    priority = models.SmallIntegerField(default=0)
    of_list = models.BooleanField(default=False)
    currency = models.CharField(max_length=3, blank=True, default="")
    cap = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    most_units = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    blocks = models.BooleanField(default=False)
    is_graduated = models.BooleanField(default=False, db_default=False)
    extra = models.DecimalField(max_digits=18, decimal_places=8, default=0, db_default=0)
    towards = models.CharField(
        max_length=7,
        choices=[(t.value, t.value) for t in Towards],
        default=Towards.NEAREST.value,
        db_default=Towards.NEAREST.value,
    )
    per_units = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    counts_bought = models.BooleanField(default=False, db_default=False)
    bought = models.JSONField(default=list, blank=True, db_default=Value([], models.JSONField()))
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    coupon = models.CharField(max_length=40, blank=True, default="")
    max_uses = models.PositiveIntegerField(null=True, blank=True)
    max_uses_per_customer = models.PositiveIntegerField(null=True, blank=True)
    is_active = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    # A draft of a change: in force, it takes the place of this one.
    replaces = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["stage", "-priority", "id"]
        constraints = [
            models.CheckConstraint(
                name="price_rule_ends_after_it_starts",
                condition=Q(starts_on=None) | Q(ends_on=None) | Q(ends_on__gt=F("starts_on")),
            ),
            models.CheckConstraint(name="price_rule_not_negative", condition=Q(value__gte=0)),
            models.UniqueConstraint(
                fields=["coupon"],
                condition=Q(is_active=True) & ~Q(coupon=""),
                name="one_rule_in_force_per_coupon",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CouponUse(models.Model):
    """A coupon that a quote was sent with; it counts while the quote is sent or accepted."""

    rule = models.ForeignKey(PriceRule, models.PROTECT, related_name="uses")
    quote_number = models.CharField(max_length=20)  # all versions share it
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "quote_number"], name="coupon_is_reserved_once_per_quote"
            )
        ]
        indexes = [models.Index(fields=["rule", "customer"], name="coupon_uses_of_customer")]

    def __str__(self) -> str:
        return f"{self.rule_id}: {self.quote_number}"
