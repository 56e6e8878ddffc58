from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from q2c.kernel.rating import ChargeKind, ChargeModel
from quotes.rules.states import LIFECYCLE, QuoteState

AMOUNT: dict[str, Any] = {"max_digits": 19, "decimal_places": 4}
RATE: dict[str, Any] = {"max_digits": 18, "decimal_places": 8}
QUANTITY: dict[str, Any] = {"max_digits": 18, "decimal_places": 6}


class QuoteKind(models.TextChoices):
    """What a quote does to what the customer has."""

    NEW = "new", "New business"
    RENEWAL = "renewal", "Renewal"
    AMENDMENT = "amendment", "Amendment"


class LineKind(models.TextChoices):
    """What a line is besides the kinds of products: text that only the reader needs."""

    SECTION = "section", "Section"
    NOTE = "note", "Note"


TEXT_KINDS = (LineKind.SECTION.value, LineKind.NOTE.value)


class LineChange(models.TextChoices):
    """What a line of an amendment does to the subscription item it names."""

    NONE = "", "New"
    KEEP = "keep", "Keep"
    CHANGE = "change", "Change"
    REMOVE = "remove", "Remove"


NOT_SOLD = (LineChange.KEEP.value, LineChange.REMOVE.value)


class Quote(models.Model):
    """One version of an offer. Versions share a number; a sent one never changes again."""

    number = models.CharField(max_length=20)
    version = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(
        max_length=12,
        choices=[(s.value, s.value.replace("_", " ")) for s in QuoteState],
        default=LIFECYCLE.start.value,
    )
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    contact = models.ForeignKey("customers.Contact", models.PROTECT, null=True, related_name="+")
    legal_entity = models.ForeignKey("customers.LegalEntity", models.PROTECT, related_name="+")
    price_book = models.ForeignKey("quotes.PriceBook", models.PROTECT, related_name="+")
    price_book_reason = models.CharField(max_length=300, blank=True, default="", db_default="")
    # One of settings.SALES_CHANNELS, or none.
    channel = models.CharField(max_length=40, blank=True, default="", db_default="")
    coupon_code = models.CharField(max_length=40, blank=True, default="", db_default="")
    # The day whose price rules hold; empty: the day on which this version was started.
    priced_on = models.DateField(null=True)
    # The price rules it was priced with, and what they knew of it.
    rule_set = models.JSONField(default=dict, db_default={}, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    title = models.CharField(max_length=200, blank=True, default="")
    currency = models.CharField(max_length=3)
    term_months = models.PositiveSmallIntegerField(default=12)
    starts_on = models.DateField()
    valid_until = models.DateField()
    payment_terms_days = models.PositiveSmallIntegerField(default=30)
    discount_percent = models.DecimalField(max_digits=7, decimal_places=4, default=0)
    auto_renew = models.BooleanField(default=True)
    notes = models.TextField(blank=True, default="")
    kind = models.CharField(max_length=10, choices=QuoteKind, default=QuoteKind.NEW)
    renews_contract_id = models.BigIntegerField(null=True)
    amends_contract_id = models.BigIntegerField(null=True)
    language = models.CharField(max_length=8, choices=settings.LANGUAGES, default="en")
    cover_letter = models.TextField(blank=True, default="")
    # An amendment ends with what it amends; billing periods are counted from the anchor (empty: from
    # the first day), parts of them priced by the policy (a kernel ProrationPolicy as JSON).
    ends_on = models.DateField(null=True)
    anchor_on = models.DateField(null=True)
    amended_ends_on = models.DateField(null=True)  # the end of the contract that it amends
    proration = models.JSONField(default=dict, blank=True)
    copied_from = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")
    # The quote that holds its lines: it is closed, or replaced once that one is sent.
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged")
    external_ref = models.CharField(max_length=80, null=True, unique=True)  # noqa: DJ001

    one_time_total = models.DecimalField(**AMOUNT, default=0)
    monthly_total = models.DecimalField(**AMOUNT, default=0)
    first_invoice_total = models.DecimalField(**AMOUNT, default=0)
    contract_total = models.DecimalField(**AMOUNT, default=0)
    list_total = models.DecimalField(**AMOUNT, default=0)
    cost_total = models.DecimalField(**AMOUNT, null=True, default=0)  # None: not known
    tax_on_first_invoice = models.DecimalField(**AMOUNT, default=0)

    edit_version = models.PositiveIntegerField(default=1)
    content_hash = models.CharField(max_length=64, blank=True, default="")
    document = models.ForeignKey("infra.Blob", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    first_viewed_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decline_reason = models.TextField(blank=True, default="")

    # What the draft said when an edit of it began, for its journal, and the lines with their pricing
    # (actions.repricing.Left) that the edit leaves, for its answer; never stored.
    as_found: Any = None
    as_left: Any = None

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number", "version"], name="one_row_per_quote_version"),
            models.UniqueConstraint(
                fields=["number"],
                condition=Q(state__in=["draft", "in_review", "approved"]),
                name="one_open_version_per_quote",
            ),
            models.UniqueConstraint(
                fields=["number"],
                condition=Q(state="accepted"),
                name="one_accepted_version_per_quote",
            ),
            models.UniqueConstraint(
                fields=["renews_contract_id"],
                condition=Q(state__in=["draft", "in_review", "approved"]),
                name="one_open_renewal_quote_per_contract",
            ),
            models.UniqueConstraint(
                fields=["renews_contract_id"],
                condition=Q(state="sent"),
                name="one_sent_renewal_quote_per_contract",
            ),
            models.UniqueConstraint(
                fields=["amends_contract_id"],
                condition=Q(state="sent"),
                name="one_sent_amendment_per_contract",
            ),
            models.CheckConstraint(
                name="quote_renews_or_amends_by_its_kind",
                condition=Q(kind="new", renews_contract_id=None, amends_contract_id=None)
                | Q(kind="renewal", renews_contract_id__isnull=False, amends_contract_id=None)
                | Q(
                    kind="amendment",
                    renews_contract_id=None,
                    amends_contract_id__isnull=False,
                    amended_ends_on__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="quote_is_not_merged_into_itself",
                condition=Q(merged_into=None) | ~Q(merged_into=models.F("id")),
            ),
            models.CheckConstraint(
                name="quote_state_is_known", condition=Q(state__in=[s.value for s in QuoteState])
            ),
            models.CheckConstraint(
                name="quote_term_is_one_to_120_months",
                condition=Q(term_months__gte=1) & Q(term_months__lte=120),
            ),
            models.CheckConstraint(
                name="quote_discount_is_a_percentage",
                condition=Q(discount_percent__gte=0) & Q(discount_percent__lte=100),
            ),
            models.CheckConstraint(
                name="sent_quote_has_hash_and_time",
                condition=~Q(state__in=["sent", "accepted"])
                | (Q(sent_at__isnull=False) & ~Q(content_hash="")),
            ),
            models.CheckConstraint(
                name="quote_is_accepted_iff_decided",
                condition=~Q(state__in=["accepted", "declined"]) | Q(decided_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="quote_newest"),
            models.Index(fields=["state", "-created_at", "-id"], name="quote_by_state"),
            models.Index(fields=["customer", "-id"], name="quote_of_customer"),
            models.Index(fields=["owner", "-id"], name="quote_of_owner"),
        ]

    def __str__(self) -> str:
        return f"{self.number} v{self.version}"


class QuoteLine(models.Model):
    """One thing offered, with the copy of everything its price was made from."""

    quote = models.ForeignKey(Quote, models.CASCADE, related_name="lines")
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")
    position = models.PositiveIntegerField()
    # The line of another quote that it was merged in from.
    from_line = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    # Sections and notes are text: they have no product and no price.
    product = models.ForeignKey("catalog.Product", models.PROTECT, null=True, related_name="+")
    product_version = models.PositiveIntegerField(default=1)
    description = models.CharField(max_length=300)
    note = models.TextField(blank=True, default="")  # what the customer reads under it
    kind = models.CharField(max_length=12)  # the product's kind when it was added, or a LineKind
    charge_kind = models.CharField(max_length=10, choices=[(k.value, k.value) for k in ChargeKind])
    months = models.PositiveSmallIntegerField(default=0)
    weeks = models.PositiveSmallIntegerField(default=0)  # instead of months
    # What its price is for, in months; 0: a billing period.
    price_months = models.PositiveSmallIntegerField(default=0, db_default=0)
    in_advance = models.BooleanField(default=True)
    charge_model = models.CharField(
        max_length=12, choices=[(m.value, m.label) for m in ChargeModel]
    )
    tiers = models.JSONField(default=list, blank=True)
    unit = models.CharField(max_length=20, default="piece")
    tax_class = models.CharField(max_length=10)
    revenue_pattern = models.CharField(max_length=14)
    # The days it is charged for, [starts_on, ends_on); empty: from the quote's first day to its end.
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    # Segments of a ramp name their first one, which names nobody.
    ramp_of = models.ForeignKey("self", models.CASCADE, null=True, related_name="segments")
    # A first segment that the price book gives for nothing is free until this day.
    free_until = models.DateField(null=True)
    # A fee once names the line that it came with.
    setup_of = models.ForeignKey("self", models.CASCADE, null=True, related_name="setup_fees")
    # Credits that a billing period did not use stay for the later ones.
    keeps_credits = models.BooleanField(default=False, db_default=False)
    quantity = models.DecimalField(**QUANTITY)
    list_unit_price = models.DecimalField(**RATE)
    # A price somebody agreed instead of the list price; it stays when the list changes.
    agreed_unit_price = models.DecimalField(**RATE, null=True)
    # Of usage: the price of a unit that a rule gave instead of the list price.
    rule_unit_price = models.DecimalField(**RATE, null=True)
    # No discount goes below it, per unit and billing period.
    floor_unit_price = models.DecimalField(**RATE, null=True)
    # The margin that its product asked for when it was added; less has to be approved.
    min_margin_percent = models.DecimalField(max_digits=7, decimal_places=4, null=True)
    price_reason = models.CharField(max_length=200, blank=True, default="")
    # Carried over from a contract, which price rules leave alone.
    is_contract_price = models.BooleanField(default=False)
    discount_percent = models.DecimalField(max_digits=7, decimal_places=4, default=0)
    # What its bundle took off the price book's price: the list price is the one that is left.
    bundle_discount_percent = models.DecimalField(
        max_digits=7, decimal_places=4, default=0, db_default=0
    )
    # A segment of a ramp whose tiers are so much dearer than the list's, per cent: as `tiers` say.
    uplift_percent = models.DecimalField(max_digits=9, decimal_places=4, default=0, db_default=0)
    # Who last agreed a price or a discount, and when; empty while the list price stands alone.
    negotiated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    negotiated_at = models.DateTimeField(null=True)
    unit_cost = models.DecimalField(**RATE, null=True, default=0)  # None: not in this currency
    # A negotiated adjustment is a line of its own with a signed amount a period.
    is_adjustment = models.BooleanField(default=False)
    # A discount on the whole that was frozen as this amount: the per cent it was, and of how much.
    frozen_percent = models.DecimalField(max_digits=7, decimal_places=4, null=True)
    frozen_base = models.DecimalField(**AMOUNT, null=True)
    # What the customer may choose: an optional line on or off, within its quantities; of a choice
    # group exactly one choice, which may be several lines.
    is_optional = models.BooleanField(default=False)
    is_chosen = models.BooleanField(default=True)
    min_quantity = models.DecimalField(**QUANTITY, null=True)
    max_quantity = models.DecimalField(**QUANTITY, null=True)
    choice_group = models.CharField(max_length=60, blank=True, default="")
    choice = models.CharField(max_length=60, blank=True, default="")
    # The questionnaire and its proposal that brought the line here: "12:router".
    proposed_by = models.CharField(max_length=60, blank=True, default="", db_default="")
    # In an amendment: the subscription item it keeps, changes or removes (or, new itself, follows),
    # and that item as it was when the draft was made: a RunningItem's price, quantity and days.
    item_id = models.BigIntegerField(null=True)
    change = models.CharField(max_length=6, choices=LineChange, blank=True, default="")
    before = models.JSONField(default=dict, blank=True)

    # The quote of the line that it came from, for pages; never stored.
    origin: Any = None

    # All percentages together: its own, the rules' and the quote's.
    combined_discount_percent = models.DecimalField(max_digits=7, decimal_places=4, default=0)
    net_per_period = models.DecimalField(**AMOUNT, default=0)
    list_per_period = models.DecimalField(**AMOUNT, default=0)
    contract_total = models.DecimalField(**AMOUNT, default=0)
    trace = models.JSONField(default=list)
    # How each part of a billing period was counted: kernel Receipts as JSON.
    receipts = models.JSONField(default=list)
    # From list to net: the rules that changed the price, in order, and those that did not apply.
    waterfall = models.JSONField(default=list)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                name="quote_line_is_text_or_has_a_product",
                condition=Q(kind__in=TEXT_KINDS, product=None)
                | (~Q(kind__in=TEXT_KINDS) & Q(product__isnull=False)),
            ),
            models.CheckConstraint(
                name="quote_line_ends_after_it_starts",
                condition=Q(starts_on=None)
                | Q(ends_on=None)
                | Q(ends_on__gt=models.F("starts_on")),
            ),
            models.CheckConstraint(
                name="quote_line_recurs_by_months_or_weeks", condition=Q(months=0) | Q(weeks=0)
            ),
            models.CheckConstraint(
                name="quote_line_changes_an_item_it_names",
                condition=Q(change="") | Q(item_id__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["quote", "item_id"],
                condition=~Q(change=""),
                name="quote_says_once_what_becomes_of_an_item",
            ),
            models.CheckConstraint(
                name="quote_line_is_left_out_only_by_choice",
                condition=Q(is_chosen=True) | Q(is_optional=True) | ~Q(choice_group=""),
            ),
            models.CheckConstraint(
                name="quote_line_has_a_choice_in_its_group",
                condition=Q(choice_group="", choice="") | (~Q(choice_group="") & ~Q(choice="")),
            ),
            models.UniqueConstraint(
                fields=["quote", "position"],
                name="one_line_per_position",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                name="quote_line_quantity_not_negative", condition=Q(quantity__gte=0)
            ),
            models.CheckConstraint(
                name="quote_line_discount_is_a_percentage",
                condition=Q(discount_percent__gte=0) & Q(discount_percent__lte=100),
            ),
            models.CheckConstraint(
                name="quote_line_price_not_negative_unless_adjustment",
                condition=Q(list_unit_price__gte=0) | Q(is_adjustment=True),
            ),
        ]

    def __str__(self) -> str:
        return self.description

    @property
    def is_sold(self) -> bool:
        """Whether it counts: not left out, nor what an amendment leaves alone or ends."""
        return self.is_chosen and self.change not in NOT_SOLD

    @property
    def is_open(self) -> bool:
        """Whether the customer may leave it out, or choose how much of it to take."""
        is_ranged = self.min_quantity is not None or self.max_quantity is not None
        return self.is_optional or is_ranged

    @property
    def has_tiers(self) -> bool:
        """Whether its price is a table; the one row of a percentage holds limits, not prices."""
        return bool(self.tiers) and self.charge_model != "percent_of"

    @property
    def is_free_by_list(self) -> bool:
        """Tell whether it costs nothing because its price says so; nobody gave that away."""
        return bool(self.free_until and self.ends_on and self.ends_on <= self.free_until)
