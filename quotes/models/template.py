from django.conf import settings
from django.db import models
from django.db.models import Q


class QuoteTemplate(models.Model):
    """What new quotes may start from: terms and lines without customer, dates or prices."""

    name = models.CharField(max_length=100, unique=True)
    description = models.CharField(max_length=300, blank=True, default="")
    content = models.JSONField()  # {"terms": {…}, "lines": [{…}]}, see rules/templates.py
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, db_default=1)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="quote_template_has_a_name", condition=~Q(name=""))
        ]

    def __str__(self) -> str:
        return self.name
