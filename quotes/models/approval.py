from django.conf import settings
from django.db import models
from django.db.models import Q


class ApprovalPolicy(models.Model):
    """A limit past which a role must approve: a discount above it, or a margin below it."""

    DISCOUNT, MARGIN = "discount", "margin"

    name = models.CharField(max_length=100, unique=True)
    measure = models.CharField(
        max_length=10, choices=[(DISCOUNT, "Discount above"), (MARGIN, "Margin below")]
    )
    limit_percent = models.DecimalField(max_digits=7, decimal_places=4)
    approver_role = models.CharField(max_length=20)
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "approval policies"

    def __str__(self) -> str:
        return self.name


class ApprovalRequest(models.Model):
    """One role's decision about exactly this content, asked for by somebody else."""

    PENDING, APPROVED, REFUSED, VOID = "pending", "approved", "refused", "void"

    quote = models.ForeignKey("quotes.Quote", models.CASCADE, related_name="approvals")
    policy = models.ForeignKey(ApprovalPolicy, models.PROTECT, related_name="+")
    approver_role = models.CharField(max_length=20)
    reason = models.CharField(max_length=300)  # why it is asked: "Discount 18 % exceeds 15 %"
    content_hash = models.CharField(max_length=64)
    state = models.CharField(
        max_length=8, choices=[(s, s) for s in (PENDING, APPROVED, REFUSED, VOID)], default=PENDING
    )
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    comment = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="nobody_approves_their_own_quote",
                condition=Q(decided_by=None) | ~Q(decided_by=models.F("requested_by")),
            ),
            models.UniqueConstraint(
                fields=["quote", "policy"],
                condition=Q(state="pending"),
                name="one_pending_request_per_policy",
            ),
        ]
        indexes = [models.Index(fields=["state", "approver_role"], name="approval_inbox")]

    def __str__(self) -> str:
        return f"{self.quote_id}: {self.reason}"
