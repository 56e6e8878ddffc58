from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from quotes.rules.approval import MEASURES, Measure


class Delegation(models.Model):
    """Who decides in somebody's place while they are away; [starts_on, ends_on)."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    delegate = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_on"]
        constraints = [
            models.CheckConstraint(
                name="delegation_goes_to_somebody_else", condition=~Q(person=F("delegate"))
            ),
            models.CheckConstraint(
                name="delegation_ends_not_before_it_starts",
                condition=Q(ends_on__gte=F("starts_on")),
            ),
        ]
        indexes = [models.Index(fields=["delegate", "ends_on"], name="delegation_to")]

    def __str__(self) -> str:
        return f"{self.person} → {self.delegate}"

    @property
    def last_day(self) -> date:
        """The last day on which the delegate decides, as people say it."""
        return self.ends_on - timedelta(days=1)


def _bound(reading: dict[str, str]) -> str:
    name = MEASURES[Measure(reading["measure"])]
    if not reading["value"] or not reading["limit"]:
        return f"{name}: as it was"
    side = "at least" if reading["operator"] == "below" else "up to"
    return f"{name}: {side} {reading['value']} {reading['of']}".strip()


class StandingGrant(models.Model):
    """What somebody approves beforehand: a policy's values up to bounds, until a day.

    `bounds` are stored readings; without customer and owner it holds for every quote.
    """

    policy = models.ForeignKey("quotes.ApprovalPolicy", models.PROTECT, related_name="+")
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    bounds = models.JSONField()
    customer = models.ForeignKey("customers.Customer", models.PROTECT, null=True, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    last_day = models.DateField()
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="nobody_grants_their_own_quotes",
                condition=Q(owner=None) | ~Q(owner=F("given_by")),
            ),
            models.CheckConstraint(
                name="standing_grant_is_revoked_by_somebody",
                condition=Q(revoked_at=None, revoked_by=None)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["policy", "last_day"],
                condition=Q(revoked_at=None),
                name="standing_grants_in_force",
            )
        ]

    def __str__(self) -> str:
        return f"{self.given_by}: {self.policy}"

    @property
    def words(self) -> list[str]:
        """What it allows, bound by bound."""
        return [_bound(each) for each in self.bounds if each["is_met"]]


class ApprovalEnvelope(models.Model):
    """Bounds within which the customer configures the options of an approved quote.

    `quantities` maps a product's id to its least and most, as texts.
    """

    decision = models.OneToOneField(
        "quotes.ApprovalDecision", models.CASCADE, related_name="envelope"
    )
    margin_at_least = models.DecimalField(max_digits=7, decimal_places=4, null=True)
    discount_at_most = models.DecimalField(max_digits=7, decimal_places=4, null=True)
    term_from = models.PositiveSmallIntegerField(null=True)
    term_to = models.PositiveSmallIntegerField(null=True)
    quantities = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return f"Envelope of {self.decision_id}"
