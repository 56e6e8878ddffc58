from django.db import models


class Blob(models.Model):
    """A file kept byte for byte under its own hash; the same bytes are stored once."""

    sha256 = models.CharField(primary_key=True, max_length=64)
    content = models.BinaryField()
    media_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="blob_size_is_positive", condition=models.Q(size__gt=0))
        ]

    def __str__(self) -> str:
        return self.sha256[:12]
