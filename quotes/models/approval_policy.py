from django.conf import settings
from django.db import models
from django.db.models import Q

from quotes.rules.approval import MEASURES, OPERATORS

ROLE, PERSON, MANAGER = "role", "person", "manager"


class ApprovalPolicy(models.Model):
    """Conditions under which a quote needs approval, and the chain of those who give it."""

    name = models.CharField(max_length=100, unique=True)
    needs_all_conditions = models.BooleanField(default=True)
    counts_options = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, db_default=1)

    class Meta:
        verbose_name_plural = "approval policies"

    def __str__(self) -> str:
        return self.name


class ApprovalCondition(models.Model):
    """One comparison of a policy: a measure, an operator, and a number, word or product."""

    policy = models.ForeignKey(ApprovalPolicy, models.CASCADE, related_name="conditions")
    measure = models.CharField(max_length=20, choices=[(m.value, w) for m, w in MEASURES.items()])
    operator = models.CharField(max_length=10, choices=[(o.value, w) for o, w in OPERATORS.items()])
    limit = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    text = models.CharField(max_length=200, blank=True, default="")
    currency = models.CharField(max_length=3, blank=True, default="")
    product = models.ForeignKey("catalog.Product", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="approval_amounts_have_a_currency",
                condition=~Q(measure__in=["contract_total", "monthly_total"]) | ~Q(currency=""),
            ),
            models.CheckConstraint(
                name="approval_product_condition_names_a_product",
                condition=~Q(measure="product") | Q(product__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        name, _, unit = self.get_measure_display().rpartition(", ")
        if unit not in ("%", "months", "days", "points"):
            name, unit = self.get_measure_display(), ""
        return f"{name} {self.get_operator_display()} {self.said} {unit}".strip()

    @property
    def said(self) -> str:
        """The number, word or product it compares with."""
        if self.product is not None:
            return self.product.sku
        if self.limit is not None:
            return f"{self.limit.normalize():f} {self.currency}".strip()
        return self.text


class ApprovalStep(models.Model):
    """Whom a policy asks: in stages one after the other, side by side within a stage."""

    policy = models.ForeignKey(ApprovalPolicy, models.CASCADE, related_name="steps")
    stage = models.PositiveSmallIntegerField(default=1)
    asks = models.CharField(
        max_length=7,
        choices=[(ROLE, "Role"), (PERSON, "Person"), (MANAGER, "Manager of the owner")],
    )
    role = models.CharField(max_length=20, blank=True, default="")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    manager_level = models.PositiveSmallIntegerField(default=1)
    needs_all = models.BooleanField(default=False)
    remind_after_hours = models.PositiveSmallIntegerField(null=True)
    escalate_after_hours = models.PositiveSmallIntegerField(null=True)
    escalate_role = models.CharField(max_length=20, blank=True, default="")
    escalate_person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["stage", "id"]
        constraints = [
            models.CheckConstraint(
                name="approval_step_asks_somebody",
                condition=Q(asks=ROLE, person=None) & ~Q(role="")
                | Q(asks=PERSON, role="", person__isnull=False)
                | Q(asks=MANAGER, role="", person=None, manager_level__in=[1, 2]),
            ),
            models.CheckConstraint(
                name="approval_step_escalates_to_somebody",
                condition=Q(escalate_after_hours=None, escalate_role="", escalate_person=None)
                | Q(escalate_after_hours__isnull=False, escalate_person=None) & ~Q(escalate_role="")
                | Q(
                    escalate_after_hours__isnull=False,
                    escalate_role="",
                    escalate_person__isnull=False,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage}: {self.key}"

    @property
    def words(self) -> str:
        """Whom it asks, as people read it."""
        if self.asks == MANAGER:
            return "the owner's manager" if self.manager_level == 1 else "their manager's manager"
        if self.person is not None:
            return self.person.full_name
        role = self.role.replace("_", " ")
        return f"every {role}" if self.needs_all else role

    @property
    def key(self) -> str:
        """Whom it asks, as requests and rules name it."""
        if self.asks == ROLE:
            return f"role:{self.role}"
        return (
            f"person:{self.person_id}" if self.asks == PERSON else f"manager:{self.manager_level}"
        )
