from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Questionnaire(models.Model):
    """One edition of a questionnaire that proposes products.

    In force or answered it never changes again: a change is the next edition, a row of its own.
    """

    name = models.CharField(max_length=100)
    description = models.CharField(max_length=300, blank=True, default="")
    edition = models.PositiveIntegerField(default=1)
    # For whom it is offered: conditions of quotes.rules.conditions, all of which hold.
    offered = models.JSONField(default=list, blank=True)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    # Rows as quotes.rules.guiding.questionnaires reads them.
    questions = models.JSONField(default=list, blank=True)
    proposals = models.JSONField(default=list, blank=True)
    is_active = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)  # of what a draft says
    # In force, it takes the place of this one.
    replaces = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "-edition", "-id"]
        constraints = [
            models.CheckConstraint(
                name="questionnaire_ends_after_it_starts",
                condition=Q(starts_on=None) | Q(ends_on=None) | Q(ends_on__gt=F("starts_on")),
            ),
            models.UniqueConstraint(
                fields=["name"],
                condition=Q(is_active=True),
                name="one_questionnaire_in_force_per_name",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.edition}"


class GuidedAnswers(models.Model):
    """What was answered for a quote, by whom, and what was proposed then and taken of it."""

    quote = models.ForeignKey("quotes.Quote", models.CASCADE, related_name="guided")
    questionnaire = models.ForeignKey(Questionnaire, models.PROTECT, related_name="answered")
    answers = models.JSONField(default=dict)
    # A row each: product, quantity proposed, quantity taken, why, and why not.
    proposed = models.JSONField(default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["quote", "questionnaire"], name="quote_answers_a_questionnaire_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.quote_id}: {self.questionnaire_id}"
