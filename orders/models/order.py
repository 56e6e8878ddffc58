from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from orders.rules.delivery import Delivery, LineState, kit_delivery, line_state
from orders.rules.states import ORDER_LIFECYCLE, OrderState


class Order(models.Model):
    """What we owe the customer under a contract: goods to ship, services to start."""

    number = models.CharField(max_length=20, unique=True)
    state = models.CharField(
        max_length=10,
        choices=[(s.value, s.value) for s in OrderState],
        default=ORDER_LIFECYCLE.start.value,
    )
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    legal_entity = models.ForeignKey("customers.LegalEntity", models.PROTECT, related_name="+")
    contract = models.OneToOneField("contracts.Contract", models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    total = models.DecimalField(max_digits=19, decimal_places=4)
    payment_terms_days = models.PositiveSmallIntegerField()
    # How parts of billing periods are priced: a kernel ProrationPolicy as JSON.
    proration = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    ordered_on = models.DateField()
    ship_to = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="order_newest"),
            models.Index(fields=["state", "-created_at", "-id"], name="order_by_state"),
            models.Index(fields=["customer", "-id"], name="order_of_customer"),
        ]
        constraints = [
            models.CheckConstraint(
                name="order_state_is_known", condition=Q(state__in=[s.value for s in OrderState])
            )
        ]

    def __str__(self) -> str:
        return self.number


class Kit(models.Model):
    """An ordered bundle with goods among its parts: it is delivered as often as all of them are."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="kits")
    position = models.PositiveIntegerField()
    quote_line_id = models.BigIntegerField(unique=True)
    product = models.ForeignKey("catalog.Product", models.PROTECT, related_name="+")
    description = models.CharField(max_length=300)
    quantity = models.DecimalField(max_digits=18, decimal_places=6)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(name="kit_quantity_is_positive", condition=Q(quantity__gt=0))
        ]

    def __str__(self) -> str:
        return self.description

    @property
    def delivery(self) -> Delivery:
        """How far the kits are delivered, by their parts."""
        return kit_delivery(self.quantity, [part.delivery for part in self.parts.all()])

    @property
    def delivery_state(self) -> LineState:
        return _delivery_state(self.order, self.delivery)


class OrderLine(models.Model):
    """One ordered thing, copied from the accepted quote line."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    kit = models.ForeignKey(Kit, models.CASCADE, null=True, related_name="parts")
    position = models.PositiveIntegerField()
    quote_line_id = models.BigIntegerField(unique=True)
    product = models.ForeignKey("catalog.Product", models.PROTECT, related_name="+")
    description = models.CharField(max_length=300)
    kind = models.CharField(max_length=12)
    charge_kind = models.CharField(max_length=10)
    months = models.PositiveSmallIntegerField(default=0)
    weeks = models.PositiveSmallIntegerField(default=0, db_default=0)  # instead of months
    # What its price is for, in months; 0: a billing period.
    price_months = models.PositiveSmallIntegerField(default=0, db_default=0)
    starts_on = models.DateField(null=True)  # empty: with the contract
    ends_on = models.DateField(null=True)
    in_advance = models.BooleanField(default=True)
    charge_model = models.CharField(max_length=12)
    tiers = models.JSONField(default=list)
    unit = models.CharField(max_length=20)
    tax_class = models.CharField(max_length=10)
    revenue_pattern = models.CharField(max_length=14)
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    list_unit_price = models.DecimalField(max_digits=18, decimal_places=8)
    discount_percent = models.DecimalField(max_digits=7, decimal_places=4, default=0)
    net_per_period = models.DecimalField(max_digits=19, decimal_places=4)
    is_adjustment = models.BooleanField(default=False)
    keeps_credits = models.BooleanField(default=False, db_default=False)
    # Both only grow; what is neither shipped nor given up is reserved for the customer.
    shipped_quantity = models.DecimalField(max_digits=18, decimal_places=6, default=0)
    closed_quantity = models.DecimalField(max_digits=18, decimal_places=6, default=0, db_default=0)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(
                name="never_ship_or_give_up_more_than_ordered",
                condition=Q(shipped_quantity__gte=0, closed_quantity__gte=0)
                & Q(shipped_quantity__lte=F("quantity") - F("closed_quantity")),
            )
        ]

    def __str__(self) -> str:
        return self.description

    @property
    def delivery(self) -> Delivery:
        """How far it is delivered or given up."""
        return Delivery(
            self.quantity, self.shipped_quantity, self.closed_quantity, self.kind == "goods"
        )

    @property
    def delivery_state(self) -> LineState:
        return _delivery_state(self.order, self.delivery)

    @property
    def reserved_quantity(self) -> Decimal:
        """How many are held for the customer: none once the order is cancelled."""
        is_open = self.order.state == OrderState.OPEN.value
        return self.delivery.left if is_open else Decimal(0)


def _delivery_state(order: Order, thing: Delivery) -> LineState:
    return line_state(thing, is_order_cancelled=order.state == OrderState.CANCELLED.value)
