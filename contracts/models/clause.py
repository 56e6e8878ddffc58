from django.conf import settings
from django.db import models
from django.db.models import F, Q

from q2c.identity.roles import Role


class Clause(models.Model):
    """A clause of the library; what it says stands in its versions, of which the newest holds."""

    name = models.CharField(max_length=100, unique=True)
    topic = models.CharField(max_length=60, blank=True, default="")
    # A fallback wording names the clause whose place it may take; it stands in no template itself.
    alternate_of = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="alternates", verbose_name="alternate of"
    )
    # Whom alone a contract's mandatory clause is swapped or left out by: a role, or one person.
    is_mandatory = models.BooleanField(default=False)
    approver_role = models.CharField(
        max_length=16, choices=[(r.value, r.label) for r in Role], blank=True, default=""
    )
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mandatory_clause_has_one_approver",
                condition=Q(is_mandatory=False, approver_role="", approver=None)
                | Q(Q(is_mandatory=True), ~Q(approver_role=""), Q(approver=None))
                | Q(is_mandatory=True, approver_role="", approver__isnull=False),
            ),
            models.CheckConstraint(
                name="alternate_follows_its_clause",
                condition=Q(alternate_of=None) | Q(is_mandatory=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ClauseVersion(models.Model):
    """What a clause says from some moment on, by language; it never changes again."""

    clause = models.ForeignKey(Clause, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    texts = models.JSONField()  # {"en": {"title": …, "body": …}, "de": …}
    reason = models.CharField(max_length=500, blank=True, default="")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clause", "number"], name="one_row_per_clause_version")
        ]

    def __str__(self) -> str:
        return f"{self.clause_id} v{self.number}"


class TemplateClause(models.Model):
    """A clause's place in a template; without a pinned version the newest is taken."""

    template = models.ForeignKey(
        "contracts.ContractTemplate", models.CASCADE, related_name="places"
    )
    position = models.PositiveSmallIntegerField()
    clause = models.ForeignKey(Clause, models.PROTECT, related_name="places")
    when = models.CharField(max_length=20, blank=True, default="")
    pinned = models.ForeignKey(ClauseVersion, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["template", "position"], name="one_clause_per_place_of_template"
            )
        ]

    def __str__(self) -> str:
        return f"{self.template_id}.{self.position}"


class ContractClause(models.Model):
    """Which version stands at a place of a contract's text, and which would by its template.

    Places count from 0 in the text as it was drawn up. Where somebody swapped the clause or left
    it out (`used` is empty), the contract deviates.
    """

    contract = models.ForeignKey("contracts.Contract", models.CASCADE, related_name="clauses")
    position = models.PositiveSmallIntegerField()
    standard = models.ForeignKey(ClauseVersion, models.PROTECT, related_name="+")
    used = models.ForeignKey(ClauseVersion, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=500, blank=True, default="", db_default="")
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    changed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "position"], name="one_clause_per_place_of_contract"
            ),
            models.CheckConstraint(
                name="contract_clause_deviates_by_somebody",
                condition=Q(changed_at=None, changed_by=None, used=F("standard"))
                | Q(
                    Q(changed_at__isnull=False),
                    Q(changed_by__isnull=False),
                    Q(used=None) | ~Q(used=F("standard")),
                ),
            ),
        ]
        indexes = [
            models.Index(
                fields=["contract"],
                condition=Q(changed_at__isnull=False),
                name="contract_clause_deviates",
            )
        ]

    def __str__(self) -> str:
        return f"{self.contract_id}.{self.position}"
