from typing import Any

from django.conf import settings
from django.db import models

from q2c.customers.models.customer import Contact, Customer


class PortalLink(models.Model):
    """A private link: a random 256-bit token, of which only the hash is kept."""

    QUOTE, INVOICE, CONTRACT, ACCOUNT = "quote", "invoice", "contract", "account"

    token_sha256 = models.CharField(max_length=64, unique=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="portal_links")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, related_name="+")
    purpose = models.CharField(
        max_length=10,
        choices=[(p, p.capitalize()) for p in (QUOTE, INVOICE, CONTRACT, ACCOUNT)],
    )
    document_id = models.BigIntegerField(null=True)
    # A link that a reader made for a colleague names that person; others name their contact.
    forwarded_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="forwards")
    person_name = models.CharField(max_length=200, blank=True, default="", db_default="")
    person_email = models.EmailField(blank=True, default="", db_default="")
    may_sign = models.BooleanField(default=True, db_default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["purpose", "document_id"], name="portal_link_of_document")]
        constraints = [
            models.CheckConstraint(
                name="portal_link_expires_after_it_is_made",
                condition=models.Q(expires_at__gt=models.F("created_at")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.document_id}"

    @property
    def reader(self) -> str:
        """Return the name of the person that the link was made for."""
        return self.person_name or (self.contact.name if self.contact else "")

    @property
    def reader_email(self) -> str:
        """Return where that person was written to."""
        return self.person_email or (self.contact.email if self.contact else "")

    def as_evidence(self) -> dict[str, Any]:
        """Return who holds it, never its secret."""
        return {"link_id": self.pk, "reader": self.reader, "email": self.reader_email}


class PortalVisit(models.Model):
    """That a link was used, when and from where; the log of the portal."""

    link = models.ForeignKey(PortalLink, models.PROTECT, related_name="visits")
    at = models.DateTimeField()
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.link} at {self.at}"
