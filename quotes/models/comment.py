from django.conf import settings
from django.db import models


class Comment(models.Model):
    """A question or answer about a quote, from either side."""

    quote = models.ForeignKey("quotes.Quote", models.CASCADE, related_name="comments")
    line = models.ForeignKey("quotes.QuoteLine", models.SET_NULL, null=True, related_name="+")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    author_label = models.CharField(max_length=200)
    is_from_customer = models.BooleanField()
    body = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return self.body[:60]
