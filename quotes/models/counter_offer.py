from django.conf import settings
from django.db import models
from django.db.models import Q

from q2c.customers.models import PortalLink
from quotes.models.quote import AMOUNT
from quotes.rules.countering import COUNTER_LIFECYCLE, CounterState, Edit


class CounterOffer(models.Model):
    """What the customer would sign instead: edits, each with its reason, answered one by one."""

    quote = models.ForeignKey("quotes.Quote", models.PROTECT, related_name="counter_offers")
    link = models.ForeignKey("customers.PortalLink", models.PROTECT, null=True, related_name="+")
    author_label = models.CharField(max_length=200)
    message = models.TextField(blank=True, default="")
    state = models.CharField(
        max_length=10,
        choices=[(s.value, s.value) for s in CounterState],
        default=COUNTER_LIFECYCLE.start.value,
    )
    effect = models.DecimalField(**AMOUNT)  # of all edits together, over the term
    made_at = models.DateTimeField()
    answer = models.TextField(blank=True, default="")
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)
    new_version = models.ForeignKey("quotes.Quote", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["quote"], condition=Q(state="open"), name="one_open_counter_offer_per_quote"
            ),
            models.CheckConstraint(
                name="counter_offer_is_answered_at_a_time",
                condition=~Q(state="answered") | Q(answered_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quote_id} by {self.author_label}"

    def is_of(self, reader: PortalLink) -> bool:
        """Return whether this reader made it, by this link or by another one of theirs.

        One that we took down for the customer belongs to all of them who may sign.
        """
        if self.link is None:
            return reader.may_sign
        return self.link == reader or bool(
            reader.reader_email and reader.reader_email == self.link.reader_email
        )


class CounterItem(models.Model):
    """One edit: of a line, or of the whole quote's terms. Values as the quote's own fields hold them."""

    OPEN, TAKEN, REFUSED = "open", "taken", "refused"

    counter_offer = models.ForeignKey(CounterOffer, models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField()
    edit = models.CharField(max_length=20, choices=[(e.value, e.value) for e in Edit])
    line = models.ForeignKey("quotes.QuoteLine", models.PROTECT, null=True, related_name="+")
    before = models.CharField(max_length=40)
    after = models.CharField(max_length=40)
    reason = models.CharField(max_length=500)
    effect = models.DecimalField(**AMOUNT)  # of this edit alone, over the term
    state = models.CharField(
        max_length=8, choices=[(s, s) for s in (OPEN, TAKEN, REFUSED)], default=OPEN
    )
    answer = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["counter_offer", "edit", "line"],
                nulls_distinct=False,
                name="one_counter_edit_of_a_kind_per_line",
            )
        ]

    def __str__(self) -> str:
        return f"{self.edit}: {self.after}"
