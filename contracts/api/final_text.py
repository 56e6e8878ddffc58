"""The final text of a contract that deviates, and its signature by the customer, for programs."""

from typing import Any

from django.utils.translation import override
from rest_framework import serializers

from contracts import actions
from contracts.documents import contract_certificate
from contracts.models import Contract, TextAcceptance
from contracts.queries.final_text import awaits_customer, consent_to_text, text_acceptance_of
from q2c.api.evidence import EvidenceSerializer
from q2c.api.fields import Input
from q2c.api.resources import Resource, download, look, verb
from q2c.web.evidence import Certificate
from quotes.actions import Signature
from quotes.queries import evidence_of


class TextAcceptanceSerializer(serializers.ModelSerializer):
    """The customer's signature under the final text."""

    document_sha256 = serializers.CharField(source="document_id")

    class Meta:
        model = TextAcceptance
        fields = ["name", "accepted_at", "consent", "content_hash", "document_sha256"]
        read_only_fields = fields


class FinalTextSerializer(serializers.Serializer[Contract]):
    """How the final text stands with the customer: who only signs one that deviates.

    `consent` is the sentence that signing agrees to, while the text waits for it; else empty.
    """

    awaits_customer = serializers.SerializerMethodField()
    content_hash = serializers.CharField()
    document_sha256 = serializers.CharField(source="text_document_id", allow_null=True)
    consent = serializers.SerializerMethodField()
    acceptance = serializers.SerializerMethodField()

    def get_awaits_customer(self, contract: Contract) -> bool:
        return awaits_customer(contract)

    def get_consent(self, contract: Contract) -> str:
        if not awaits_customer(contract):
            return ""
        with override(contract.customer.language):
            return consent_to_text(contract)

    def get_acceptance(self, contract: Contract) -> TextAcceptanceSerializer(allow_null=True):  # type: ignore[valid-type]
        found = text_acceptance_of(contract)
        return TextAcceptanceSerializer(found).data if found else None


class AcceptTextInput(Input):
    """A customer's signature: `content_hash` of the text they read, `consent` word for word.

    `signature` is a PNG as a data: address when they drew it, else their typed name.
    """

    name = serializers.CharField(max_length=200)
    content_hash = serializers.CharField(max_length=64)
    consent = serializers.CharField(max_length=2000)
    signature_kind = serializers.ChoiceField(["typed", "drawn"], required=False)
    signature = serializers.CharField(max_length=400_000, required=False)


class DeclineTextInput(Input):
    reason = serializers.CharField(max_length=2000)


class FinalTexts(Resource):
    """What the customer signs once more, and what proves how all was signed."""

    @look(FinalTextSerializer, path="text")
    def final_text(self, contract: Contract) -> Contract:
        """Read whether the final text waits for the customer, and their signature under it."""
        return contract

    @download("application/pdf", path="text.pdf")
    def text_pdf(self, contract: Contract) -> Any:
        """Get the final text as it was put before the customer, byte for byte."""
        return contract.text_document.content if contract.text_document else None

    @verb("contracts:write", path="text/send")
    def send_text(self, contract: Contract) -> None:
        """Mail whoever signs for the customer a new link, which no answer shows; old ones are dead."""
        actions.send_text(contract.pk, by=self.by, at=self.at)

    @verb("quotes:accept", takes=AcceptTextInput, path="text/accept")
    def accept_text(self, contract: Contract, data: dict[str, Any]) -> None:
        """Sign the final text in the customer's name, exactly as they were shown it."""
        kind = data.get("signature_kind", "typed")
        signature = Signature(
            name=data["name"],
            kind=kind,
            image=data.get("signature", data["name"] if kind == "typed" else ""),
            consent=data["consent"],
            content_hash=data["content_hash"],
            ip=self.request.META.get("REMOTE_ADDR"),
            user_agent=self.request.headers.get("User-Agent", ""),
        )
        actions.accept_text(contract.pk, signature, by=self.by, at=self.at)

    @verb("quotes:accept", takes=DeclineTextInput, path="text/decline")
    def decline_text(self, contract: Contract, data: dict[str, Any]) -> None:
        """Decline the final text in the customer's name; the contract ends, its owner is told."""
        actions.decline_text(contract.pk, data["reason"], by=self.by, at=self.at)

    @look(EvidenceSerializer)
    def evidence(self, contract: Contract) -> Certificate:
        """Read what proves how the contract came to be signed, from its offer on."""
        return evidence_of(contract.quote_id)

    @download("application/pdf")
    def certificate(self, contract: Contract) -> bytes:
        """Get the certificate of that as a PDF, in the customer's language."""
        return contract_certificate(contract, at=self.at)
