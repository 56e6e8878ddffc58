from datetime import date, timedelta

from django.db import models
from django.db.models import F, Q


class Charge(models.Model):
    """One thing to bill: when it falls due next and everything its invoice line is made from.

    A frozen copy of the order line or subscription item, so that a billing run reads this table
    alone. `billed_through` moves forward only; the invoice line's period is the proof.
    """

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    legal_entity = models.ForeignKey(
        "customers.LegalEntity", models.PROTECT, related_name="+", db_index=False
    )
    contract_id = models.BigIntegerField()
    order_line_id = models.BigIntegerField()
    subscription_id = models.BigIntegerField(null=True)
    item_id = models.BigIntegerField(null=True)
    shipment_id = models.BigIntegerField(null=True)
    product = models.ForeignKey("catalog.Product", models.PROTECT, related_name="+", db_index=False)
    description = models.CharField(max_length=300)
    charge_kind = models.CharField(max_length=10)
    months = models.PositiveSmallIntegerField(default=0)
    weeks = models.PositiveSmallIntegerField(default=0, db_default=0)  # instead of months
    # What its price is for, in months; 0: a billing period.
    price_months = models.PositiveSmallIntegerField(default=0, db_default=0)
    in_advance = models.BooleanField(default=True)
    charge_model = models.CharField(max_length=12)
    tiers = models.JSONField(default=list)
    unit = models.CharField(max_length=20)
    tax_class = models.CharField(max_length=10)
    revenue_pattern = models.CharField(max_length=14)
    currency = models.CharField(max_length=3)
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    unit_price = models.DecimalField(max_digits=18, decimal_places=8)
    discount_percent = models.DecimalField(max_digits=7, decimal_places=4, default=0)
    net_per_period = models.DecimalField(max_digits=19, decimal_places=4)
    is_adjustment = models.BooleanField(default=False)
    payment_terms_days = models.PositiveSmallIntegerField()
    anchor_on = models.DateField()  # the day its periods are counted from
    # How parts of periods are priced: a kernel ProrationPolicy as JSON; empty is the default.
    proration = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    starts_on = models.DateField()  # the first day it charges for
    ends_on = models.DateField(null=True)
    billed_through = models.DateField()  # the first day not billed yet; starts_on at first
    next_on = models.DateField(null=True)  # the day it falls due next; None: all billed
    billed_usage = models.DecimalField(  # all usage billed so far; measured beyond it came late
        max_digits=18, decimal_places=6, default=0, db_default=0
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item_id"], condition=Q(item_id__isnull=False), name="one_charge_per_item"
            ),
            models.UniqueConstraint(
                fields=["order_line_id", "shipment_id"],
                condition=Q(item_id__isnull=True),
                nulls_distinct=False,
                name="one_charge_per_order_line_and_shipment",
            ),
            models.CheckConstraint(
                name="charge_is_billed_from_its_start",
                condition=Q(billed_through__gte=F("starts_on")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["customer", "next_on"],
                name="charge_due",
                condition=Q(next_on__isnull=False),
            ),
            models.Index(fields=["subscription_id"], name="charge_of_subscription"),
            models.Index(fields=["contract_id"], name="charge_of_contract"),
        ]

    def __str__(self) -> str:
        return self.description

    @property
    def last_billed_day(self) -> date:
        """The inclusive end of what is billed, as paper shows it."""
        return self.billed_through - timedelta(days=1)
