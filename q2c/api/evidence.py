"""The evidence of how an offer was answered and its contract signed, for programs."""

from typing import Any

from rest_framework import serializers


class EvidenceEventSerializer(serializers.Serializer[Any]):
    """One event: `sha256` is SHA-256 over the hash before (nothing at first), a line break and
    `content`, so that anybody can reckon it again. `holds` says whether it fits.
    """

    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    words = serializers.CharField()
    who = serializers.CharField()
    entered_by = serializers.CharField()
    document_sha256 = serializers.CharField()
    content_hash = serializers.CharField()
    content = serializers.CharField()
    sha256 = serializers.CharField()
    holds = serializers.BooleanField()


class EvidenceDocumentSerializer(serializers.Serializer[Any]):
    """A document kept under the hash of its bytes; `events` are those about exactly these bytes."""

    sha256 = serializers.CharField()
    size = serializers.IntegerField(allow_null=True)
    is_intact = serializers.BooleanField()
    events = serializers.SerializerMethodField()

    def get_events(self, document: Any) -> list[int]:
        return [event.number for event in document.events]


class EvidenceSerializer(serializers.Serializer[Any]):
    """The chain of events and its documents; `sha256` is the newest hash, which stands for all.

    It is not verified where there are no events, a hash does not fit (`broken_at`), or a document
    is not what it was. No timestamp authority is asked.
    """

    is_verified = serializers.BooleanField()
    broken_at = serializers.IntegerField(allow_null=True)
    sha256 = serializers.CharField()
    documents = EvidenceDocumentSerializer(many=True)
    events = EvidenceEventSerializer(many=True)
