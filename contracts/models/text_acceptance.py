from django.db import models
from django.db.models import Q


class TextAcceptance(models.Model):
    """That the customer signed the final text of a contract, which deviates from its template."""

    contract = models.OneToOneField(
        "contracts.Contract", models.PROTECT, related_name="text_acceptance"
    )
    # By which link; none where it was signed in the customer's name.
    link = models.ForeignKey("customers.PortalLink", models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=200)
    signature_kind = models.CharField(
        max_length=5, choices=[("typed", "Typed"), ("drawn", "Drawn")]
    )
    signature = models.TextField()  # the typed name, or a data: PNG of the drawn one
    consent = models.TextField()  # the sentence they agreed to, word for word
    content_hash = models.CharField(max_length=64)
    document = models.ForeignKey("infra.Blob", models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField()
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="text_acceptance_is_signed", condition=~Q(name="") & ~Q(signature="")
            )
        ]

    def __str__(self) -> str:
        return f"{self.contract_id} by {self.name}"
