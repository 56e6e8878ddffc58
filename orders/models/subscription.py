from django.db import models
from django.db.models import F, Q

from orders.rules.states import SUBSCRIPTION_LIFECYCLE, SubscriptionState


class Subscription(models.Model):
    """What a customer receives and is charged for again and again, from a date."""

    number = models.CharField(max_length=20, unique=True)
    state = models.CharField(
        max_length=10,
        choices=[(s.value, s.value) for s in SubscriptionState],
        default=SUBSCRIPTION_LIFECYCLE.start.value,
    )
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    legal_entity = models.ForeignKey("customers.LegalEntity", models.PROTECT, related_name="+")
    contract = models.ForeignKey("contracts.Contract", models.PROTECT, related_name="+")
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="subscriptions")
    currency = models.CharField(max_length=3)
    starts_on = models.DateField()
    anchor_on = models.DateField(null=True)  # billing periods count from it; empty: from the start
    ends_on = models.DateField(null=True)  # the day after the last; None runs on
    cancelled_at = models.DateTimeField(null=True)
    cancel_reason = models.TextField(blank=True, default="")
    # It made way for the order of a renewal; without that one it would end like this.
    renewed_by = models.ForeignKey(
        "orders.Order", models.PROTECT, null=True, related_name="renewed"
    )
    ends_on_unrenewed = models.DateField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="subscription_ends_after_start",
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
            ),
            models.CheckConstraint(
                name="subscription_is_cancelled_iff_dated",
                condition=Q(state="cancelled", cancelled_at__isnull=False, ends_on__isnull=False)
                | Q(state="running", cancelled_at__isnull=True),
            ),
            models.CheckConstraint(
                name="subscription_makes_way_by_ending",
                condition=Q(renewed_by=None, ends_on_unrenewed=None) | Q(state="cancelled"),
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="subscription_newest"),
            models.Index(fields=["customer", "-id"], name="subscription_of_customer"),
            models.Index(fields=["state", "-created_at", "-id"], name="subscription_by_state"),
        ]

    def __str__(self) -> str:
        return self.number


class SubscriptionItem(models.Model):
    """One thing within a subscription, with its own cadence and price."""

    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="items")
    order_line = models.OneToOneField("orders.OrderLine", models.PROTECT, related_name="+")
    product = models.ForeignKey("catalog.Product", models.PROTECT, related_name="+")
    description = models.CharField(max_length=300)
    charge_kind = models.CharField(max_length=10)
    months = models.PositiveSmallIntegerField()
    weeks = models.PositiveSmallIntegerField(default=0, db_default=0)  # instead of months
    # What its price is for, in months; 0: a billing period.
    price_months = models.PositiveSmallIntegerField(default=0, db_default=0)
    # Its own days, [starts_on, ends_on): a ramp's segment, or what an amendment adds or ends.
    starts_on = models.DateField(null=True)  # empty: with the subscription
    ends_on = models.DateField(null=True)
    replaces = models.ForeignKey("self", models.PROTECT, null=True, related_name="replaced_by")
    in_advance = models.BooleanField(default=True)
    charge_model = models.CharField(max_length=12)
    tiers = models.JSONField(default=list)
    unit = models.CharField(max_length=20)
    tax_class = models.CharField(max_length=10)
    revenue_pattern = models.CharField(max_length=14)
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    unit_price = models.DecimalField(max_digits=18, decimal_places=8)  # list, before discount
    discount_percent = models.DecimalField(max_digits=7, decimal_places=4, default=0)
    net_per_period = models.DecimalField(max_digits=19, decimal_places=4)
    is_adjustment = models.BooleanField(default=False)
    keeps_credits = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="item_recurs",
                condition=Q(months__gt=0, weeks=0) | Q(months=0, weeks__gt=0),
            ),
            models.CheckConstraint(
                name="item_ends_after_it_starts",
                condition=Q(starts_on=None) | Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
            ),
        ]

    def __str__(self) -> str:
        return self.description
