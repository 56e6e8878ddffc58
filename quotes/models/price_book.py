from django.db import models
from django.db.models import F, Q

from q2c.kernel.rating import ChargeKind, ChargeModel


class PriceBook(models.Model):
    """List prices in one currency: for everybody, or for the customers and deals it names.

    What it has no price for costs what it costs in its `base`. A book with a customer holds the
    prices agreed with them.
    """

    name = models.CharField(max_length=100, unique=True)
    currency = models.CharField(max_length=3)
    # How quotes from this book price parts of periods: a kernel ProrationPolicy as JSON.
    proration = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    base = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, null=True, blank=True, related_name="+"
    )
    # Whom it is for; empty: for all. A region is a country, or one of its states: DE, US-CA.
    region = models.CharField(max_length=53, blank=True, default="", db_default="")
    channel = models.CharField(max_length=40, blank=True, default="", db_default="")
    segment = models.CharField(max_length=40, blank=True, default="", db_default="")
    # The days of the quotes it is for, [starts_on, ends_on).
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    priority = models.SmallIntegerField(default=0, db_default=0)  # the higher goes first

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="price_book_ends_after_it_starts",
                condition=Q(starts_on=None) | Q(ends_on=None) | Q(ends_on__gt=F("starts_on")),
            ),
            models.CheckConstraint(
                name="price_book_is_not_its_own_base",
                condition=Q(base=None) | ~Q(base=F("id")),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Price(models.Model):
    """What a product lists at in a price book, for one cadence, between dates."""

    price_book = models.ForeignKey(PriceBook, models.CASCADE, related_name="prices")
    product = models.ForeignKey("catalog.Product", models.PROTECT, related_name="+")
    charge_kind = models.CharField(
        max_length=10, choices=[(k.value, k.value.replace("_", " ")) for k in ChargeKind]
    )
    months = models.PositiveSmallIntegerField(
        default=0, help_text="Billing period: 0 once, 1 monthly, 3 quarterly, 12 yearly"
    )
    weeks = models.PositiveSmallIntegerField(
        default=0, help_text="Billing period in weeks, instead of months"
    )
    # What its price is for, in months; 0: a billing period.
    price_months = models.PositiveSmallIntegerField(default=0, db_default=0)
    charge_model = models.CharField(
        max_length=12, choices=[(m.value, m.label) for m in ChargeModel]
    )
    unit_price = models.DecimalField(max_digits=18, decimal_places=8, default=0)
    tiers = models.JSONField(
        default=list, blank=True, help_text='[{"up_to": "10", "unit_price": "7", "flat_fee": "0"}]'
    )
    # No discount goes below it, per unit and for as long as the price.
    floor_unit_price = models.DecimalField(max_digits=18, decimal_places=8, null=True, blank=True)
    in_advance = models.BooleanField(default=True)
    # How it opens: days and billing periods that cost nothing, and a fee once beside it.
    trial_days = models.PositiveSmallIntegerField(default=0, db_default=0)
    free_periods = models.PositiveSmallIntegerField(default=0, db_default=0)
    setup_fee = models.DecimalField(max_digits=18, decimal_places=8, default=0, db_default=0)
    # Prepaid credits that a period did not use stay for the later ones.
    keeps_credits = models.BooleanField(default=False, db_default=False)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["price_book", "product", "months", "weeks", "starts_on"],
                name="one_price_per_product_cadence_and_start",
            ),
            models.CheckConstraint(
                name="price_is_once_or_every_so_many_months",
                condition=Q(charge_kind="one_time", months=0, weeks=0)
                | Q(~Q(charge_kind="one_time"), months__gt=0, weeks=0)
                | Q(~Q(charge_kind="one_time"), months=0, weeks__gt=0),
            ),
            models.CheckConstraint(
                name="price_is_for_months_only_if_billed_by_months",
                condition=Q(price_months=0) | Q(charge_kind="recurring", months__gt=0),
            ),
            models.CheckConstraint(
                name="price_floor_not_negative",
                condition=Q(floor_unit_price=None) | Q(floor_unit_price__gte=0),
            ),
            models.CheckConstraint(
                name="price_not_negative_but_of_a_discount",
                condition=Q(unit_price__gte=0) | Q(charge_model__in=["flat", "percent_of"]),
            ),
            models.CheckConstraint(
                name="price_opens_free_only_if_it_recurs",
                condition=Q(trial_days=0, free_periods=0) | ~Q(charge_kind="one_time"),
            ),
            models.CheckConstraint(
                name="price_setup_fee_not_negative", condition=Q(setup_fee__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.unit_price}"
