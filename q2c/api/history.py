"""What happened to a document, as its page tells it."""

from typing import Any, ClassVar

from rest_framework import serializers

from q2c.api.resources import Resource, look
from q2c.infra.bus import history
from q2c.infra.models import Event

_MOST = 200


class EventSerializer(serializers.ModelSerializer):
    """One fact: who, when, from what to what, and why. `actor_id` is null for system and customer."""

    actor_id = serializers.IntegerField(allow_null=True)
    actor = serializers.CharField(source="actor_label")
    changes = serializers.DictField()

    class Meta:
        model = Event
        fields = ["id", "at", "name", "actor_id", "actor", "changes", "reason"]
        read_only_fields = fields


class WithHistory(Resource):
    """A resource whose documents keep their history in the event log under `document`."""

    document: ClassVar[str]

    @look(EventSerializer, many=True)
    def history(self, document: Any) -> list[Event]:
        """List what happened to it, the newest 200 first."""
        return list(history(self.document, document.pk)[:_MOST])
