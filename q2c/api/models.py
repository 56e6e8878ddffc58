from django.conf import settings
from django.db import models


class ApiKey(models.Model):
    """A key for programs. Only its hash is kept; it acts as the user who made it, within scopes."""

    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=20)
    key_sha256 = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="api_keys")
    scopes = models.JSONField(default=list)  # ["quotes:read", "quotes:write", …]
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
