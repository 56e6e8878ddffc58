from django.conf import settings
from django.db import models
from django.db.models import F, Q

WAITING, PENDING, APPROVED, REFUSED, VOID = "waiting", "pending", "approved", "refused", "void"


class ApprovalRound(models.Model):
    """One submission of a quote: exactly what was sealed, kept word for word."""

    quote = models.ForeignKey("quotes.Quote", models.CASCADE, related_name="rounds")
    content_hash = models.CharField(max_length=64)
    content = models.TextField(blank=True, default="")  # empty: from before it was kept
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.quote_id}: {self.content_hash[:8]}"


class ApprovalRequest(models.Model):
    """One step of one policy, asked about the content of a round.

    `waiting` until the stage before is through. `readings` is what the policy measured: what is
    approved is this and whatever is no worse.
    """

    WAITING, PENDING, APPROVED, REFUSED, VOID = WAITING, PENDING, APPROVED, REFUSED, VOID

    quote = models.ForeignKey("quotes.Quote", models.CASCADE, related_name="approvals")
    round = models.ForeignKey(ApprovalRound, models.CASCADE, related_name="requests")
    policy = models.ForeignKey("quotes.ApprovalPolicy", models.PROTECT, related_name="+")
    stage = models.PositiveSmallIntegerField(default=1)
    asks = models.CharField(max_length=40)  # role:…, person:…, manager:…, as the policy says it
    role = models.CharField(max_length=20, blank=True, default="")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    needs_all = models.BooleanField(default=False)
    reason = models.TextField()  # why it is asked: "Discount of 18 % on “Router” exceeds 15 %"
    readings = models.JSONField(default=list)
    state = models.CharField(
        max_length=8,
        choices=[(s, s) for s in (WAITING, PENDING, APPROVED, REFUSED, VOID)],
        default=WAITING,
    )
    opened_at = models.DateTimeField(null=True)
    remind_at = models.DateTimeField(null=True)
    escalate_at = models.DateTimeField(null=True)
    remind_after_hours = models.PositiveSmallIntegerField(null=True)
    escalate_after_hours = models.PositiveSmallIntegerField(null=True)
    escalate_role = models.CharField(max_length=20, blank=True, default="")
    escalate_person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    reminded_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["stage", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "policy", "stage", "asks"], name="one_request_per_step"
            ),
            models.CheckConstraint(
                name="approval_request_asks_somebody",
                condition=~Q(role="") & Q(person=None) | Q(role="", person__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "role"], name="approval_inbox_of_role"),
            models.Index(fields=["state", "person"], name="approval_inbox_of_person"),
            models.Index(
                fields=["remind_at"], condition=Q(state="pending"), name="approval_to_remind"
            ),
            models.Index(
                fields=["escalate_at"], condition=Q(state="pending"), name="approval_to_escalate"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quote_id}: {self.reason}"


class ApprovalDecision(models.Model):
    """What one person answered, themselves or through who stands in for them.

    `by` decided in the place of `seat`; they are the same unless it was delegated. `for_all` says
    that it stands for everybody who was asked. A decision that was carried over or follows from a
    standing grant is that of the person who gave it.
    """

    request = models.ForeignKey(ApprovalRequest, models.CASCADE, related_name="decisions")
    is_approval = models.BooleanField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    seat = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    for_all = models.BooleanField(default=False)
    at = models.DateTimeField()
    comment = models.TextField(blank=True, default="")
    by_mail = models.BooleanField(default=False)
    carried_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    grant = models.ForeignKey(
        "quotes.StandingGrant", models.PROTECT, null=True, related_name="decisions"
    )
    # Copied so that the database itself sees that nobody decides about their own quote.
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(
                name="nobody_approves_their_own_quote",
                condition=~Q(by=F("requested_by"))
                & ~Q(by=F("owner"))
                & ~Q(seat=F("requested_by"))
                & ~Q(seat=F("owner")),
            ),
            models.UniqueConstraint(fields=["request", "seat"], name="one_decision_per_seat"),
        ]
        indexes = [models.Index(fields=["seat", "-id"], name="approval_decisions_of")]

    def __str__(self) -> str:
        return f"{self.by}: {'approved' if self.is_approval else 'refused'}"


class ApprovalComment(models.Model):
    """A word about a request that decides nothing; the customer never reads it."""

    request = models.ForeignKey(ApprovalRequest, models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    body = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return self.body[:60]
