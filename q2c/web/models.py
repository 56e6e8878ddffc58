from django.conf import settings
from django.db import models


class SavedView(models.Model):
    """A list's filter that somebody keeps under a name, for themselves or everybody."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    page = models.CharField(max_length=100)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000)
    is_shared = models.BooleanField(default=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["user", "page", "name"], name="one_saved_view_per_name")
        ]

    def __str__(self) -> str:
        return self.name
