from django.db import models


class Heartbeat(models.Model):
    """When a part of the machinery last showed that it is alive: `beat`, `canary`."""

    name = models.CharField(primary_key=True, max_length=40)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at}"
