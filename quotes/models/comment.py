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
    # The customer does not ask but wants something changed.
    wants_change = models.BooleanField(default=False, db_default=False)
    # The private link it was written through: whose answer goes to that person.
    link = models.ForeignKey("customers.PortalLink", models.PROTECT, null=True, related_name="+")
    body = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return self.body[:60]


class Attachment(models.Model):
    """A file that came with a comment."""

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="attachments")
    blob = models.ForeignKey("infra.Blob", models.PROTECT, related_name="+")
    name = models.CharField(max_length=150)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["comment", "name"], name="one_attachment_per_name")
        ]

    def __str__(self) -> str:
        return self.name
