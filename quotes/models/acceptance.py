from django.db import models
from django.db.models import Q


class Acceptance(models.Model):
    """Who accepted exactly which bytes, when, and with which signature."""

    TYPED, DRAWN = "typed", "drawn"

    quote = models.OneToOneField("quotes.Quote", models.PROTECT, related_name="acceptance")
    contact = models.ForeignKey("customers.Contact", models.PROTECT, null=True, related_name="+")
    # By which link; none where it was accepted in the customer's name.
    link = models.ForeignKey("customers.PortalLink", models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=200)
    signature_kind = models.CharField(max_length=5, choices=[(TYPED, "Typed"), (DRAWN, "Drawn")])
    signature = models.TextField()  # the typed name, or a data: PNG of the drawn one
    consent = models.TextField()  # the sentence they agreed to, word for word
    # Of what was accepted: the offer as proposed, or what the customer chose of it.
    content_hash = models.CharField(max_length=64)
    selection = models.ForeignKey("quotes.Selection", models.PROTECT, null=True, related_name="+")
    document = models.ForeignKey("infra.Blob", models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField()
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="acceptance_is_signed", condition=~Q(name="") & ~Q(signature="")
            )
        ]

    def __str__(self) -> str:
        return f"{self.quote_id} by {self.name}"
