from django.db import models

from q2c.infra.models.blob import Blob


class Mail(models.Model):
    """One e-mail to one recipient for one cause; sending it twice is impossible."""

    cause = models.CharField(max_length=200, unique=True)
    document = models.CharField(max_length=40, blank=True, default="")
    document_id = models.BigIntegerField(null=True)
    customer_id = models.BigIntegerField(null=True)
    to = models.EmailField()
    to_name = models.CharField(max_length=200, blank=True, default="")
    subject = models.CharField(max_length=255)
    text = models.TextField()
    html = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["document", "document_id"], name="mail_of_document")]

    def __str__(self) -> str:
        return f"{self.subject} → {self.to}"


class MailAttachment(models.Model):
    """A stored file that travels with an e-mail."""

    mail = models.ForeignKey(Mail, models.CASCADE, related_name="attachments")
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name
