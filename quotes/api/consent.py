"""What a customer agrees to, for programs that accept in their name."""

from django.utils.translation import override
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from quotes.models import Quote
from quotes.queries import consent_to
from quotes.rules.states import QuoteState


@extend_schema_field({"type": "string", "readOnly": True})
class ConsentField(serializers.Field):
    """The sentence that accepting a sent quote as proposed agrees to, in its language; else empty."""

    def __init__(self) -> None:
        super().__init__(read_only=True, source="*")

    def to_representation(self, quote: Quote) -> str:
        if quote.state != QuoteState.SENT.value:
            return ""
        with override(quote.language):
            lines = quote.lines.select_related("product").order_by("position")
            return consent_to(quote, list(lines), quote.document_id)
