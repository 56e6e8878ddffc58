from typing import Any

from django.db import models
from django.db.models import F, Q

QUANTITY: dict[str, Any] = {"max_digits": 18, "decimal_places": 6}


class CreditGrant(models.Model):
    """Prepaid use of a product: what came with a billing period of an item, or what was bought.

    Of what came with a period its item draws; of what was bought every item of the product that
    the customer has. The days are [starts_on, expires_on).
    """

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    product = models.ForeignKey("catalog.Product", models.PROTECT, related_name="+")
    item = models.ForeignKey(
        "orders.SubscriptionItem", models.PROTECT, null=True, related_name="credit_grants"
    )
    order_line = models.OneToOneField(
        "orders.OrderLine", models.PROTECT, null=True, related_name="+"
    )
    quantity = models.DecimalField(**QUANTITY)
    starts_on = models.DateField()
    expires_on = models.DateField(null=True)  # empty: never
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item", "starts_on"], name="one_credit_grant_per_item_and_period"
            ),
            models.CheckConstraint(
                name="credits_came_with_an_item_or_were_bought",
                condition=Q(item=None, order_line__isnull=False)
                | Q(item__isnull=False, order_line=None),
            ),
            models.CheckConstraint(name="credits_not_negative", condition=Q(quantity__gte=0)),
            models.CheckConstraint(
                name="credits_expire_after_they_start",
                condition=Q(expires_on=None) | Q(expires_on__gt=F("starts_on")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.product_id}"


class CreditDraw(models.Model):
    """What the use of an item in a billing period took of a grant; later revisions for late use."""

    grant = models.ForeignKey(CreditGrant, models.PROTECT, related_name="draws")
    item = models.ForeignKey("orders.SubscriptionItem", models.PROTECT, related_name="+")
    period_start = models.DateField()
    period_end = models.DateField()
    revision = models.PositiveSmallIntegerField(default=0)
    quantity = models.DecimalField(**QUANTITY)
    drawn_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["grant", "item", "period_start", "revision"],
                name="one_credit_draw_per_grant_item_and_period",
            ),
            models.CheckConstraint(name="credit_draw_positive", condition=Q(quantity__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.grant_id}"
