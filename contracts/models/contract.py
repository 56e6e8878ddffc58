from django.conf import settings
from django.db import models
from django.db.models import Q

from contracts.rules.states import LIFECYCLE, ContractState
from quotes.queries import RenewalBasis, RenewalMethod


class Contract(models.Model):
    """What was agreed: terms, dates and the text, kept byte for byte once signed."""

    number = models.CharField(max_length=20, unique=True)
    state = models.CharField(
        max_length=12,
        choices=[(s.value, s.value.replace("_", " ")) for s in ContractState],
        default=LIFECYCLE.start.value,
    )
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    legal_entity = models.ForeignKey("customers.LegalEntity", models.PROTECT, related_name="+")
    quote = models.OneToOneField("quotes.Quote", models.PROTECT, related_name="+")
    template = models.ForeignKey("contracts.ContractTemplate", models.PROTECT, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    renews = models.ForeignKey("self", models.PROTECT, null=True, related_name="renewals")
    # An amendment names the contract that it amends, which is none itself.
    amends = models.ForeignKey("self", models.PROTECT, null=True, related_name="amendments")
    title = models.CharField(max_length=200, blank=True, default="")
    currency = models.CharField(max_length=3)
    total = models.DecimalField(max_digits=19, decimal_places=4)
    monthly_total = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    starts_on = models.DateField()
    ends_on = models.DateField()  # the day after the last: [starts_on, ends_on)
    term_months = models.PositiveSmallIntegerField()
    payment_terms_days = models.PositiveSmallIntegerField()
    auto_renew = models.BooleanField(default=True)
    # How its renewal is priced.
    renewal_method = models.CharField(
        max_length=8, choices=[(m.value, m.label) for m in RenewalMethod], default="same"
    )
    renewal_uplift_percent = models.DecimalField(max_digits=7, decimal_places=4, default=0)
    renewal_basis = models.CharField(
        max_length=13, choices=[(b.value, b.label) for b in RenewalBasis], default="last_segment"
    )
    notice_days = models.PositiveSmallIntegerField(default=30)
    body = models.JSONField(default=list)  # [{"title": …, "body": …}] as drawn up
    content_hash = models.CharField(max_length=64)
    customer_signed_by = models.CharField(max_length=200)
    customer_signed_at = models.DateTimeField()
    # What the customer signs once more, where the text deviates from its template.
    text_document = models.ForeignKey("infra.Blob", models.PROTECT, null=True, related_name="+")
    countersigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    countersigned_at = models.DateTimeField(null=True)
    signed_document = models.ForeignKey("infra.Blob", models.PROTECT, null=True, related_name="+")
    terminated_on = models.DateField(null=True)
    termination_reason = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            # One that was refused, or ended before it began, came to nothing.
            models.UniqueConstraint(
                fields=["renews"],
                condition=~Q(state="refused")
                & (Q(terminated_on=None) | Q(terminated_on__gt=models.F("starts_on"))),
                name="one_renewal_per_contract",
            ),
            models.UniqueConstraint(
                fields=["amends"],
                condition=Q(state__in=["in_approval", "approved"]),
                name="one_unsigned_amendment_per_contract",
            ),
            models.CheckConstraint(
                name="contract_renews_or_amends", condition=Q(renews=None) | Q(amends=None)
            ),
            models.CheckConstraint(
                name="only_an_uplift_has_a_percentage",
                condition=Q(renewal_method="uplift") | Q(renewal_uplift_percent=0),
            ),
            models.CheckConstraint(
                name="contract_ends_after_start", condition=Q(ends_on__gt=models.F("starts_on"))
            ),
            models.CheckConstraint(
                name="contract_state_is_known",
                condition=Q(state__in=[s.value for s in ContractState]),
            ),
            models.CheckConstraint(
                name="contract_is_signed_iff_countersigned",
                condition=Q(state__in=["signed", "terminated"], countersigned_at__isnull=False)
                | Q(~Q(state__in=["signed", "terminated"]), countersigned_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="contract_newest"),
            models.Index(fields=["state", "-created_at", "-id"], name="contract_by_state"),
            models.Index(fields=["customer", "-id"], name="contract_of_customer"),
            models.Index(fields=["ends_on"], name="contract_by_end"),
        ]

    def __str__(self) -> str:
        return self.number


class ContractApproval(models.Model):
    """Finance's or legal's word on exactly one text; one on an earlier text counts no more."""

    PENDING, APPROVED, REFUSED = "pending", "approved", "refused"

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="approvals")
    desk = models.CharField(max_length=8, choices=[("finance", "Finance"), ("legal", "Legal")])
    reason = models.CharField(max_length=200)
    content_hash = models.CharField(max_length=64)
    # Asked because the text deviates from the library, not by a policy.
    is_about_text = models.BooleanField(default=False, db_default=False)
    state = models.CharField(
        max_length=8, choices=[(s, s) for s in (PENDING, APPROVED, REFUSED)], default=PENDING
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    comment = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "desk", "content_hash"], name="one_word_per_desk_and_text"
            ),
            models.CheckConstraint(
                name="contract_approval_decided_by_somebody",
                condition=Q(state="pending") | Q(decided_by__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["state", "desk"], name="contract_approval_inbox")]

    def __str__(self) -> str:
        return f"{self.contract_id} {self.desk}: {self.state}"
