"""How values look in JSON: amounts and quantities are strings, so that no float touches them."""

import base64
import binascii
import json
from decimal import Decimal
from typing import IO, Any

from django.utils.encoding import force_str
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.fields import get_attribute
from rest_framework.parsers import JSONParser

from q2c.kernel.money import round_amount
from q2c.kernel.rating import plain


class ExactJSONParser(JSONParser):
    """Read numbers with a fraction as decimals: 0.1 is a tenth, not nearly one."""

    def parse(self, stream: IO[Any], *_args: Any, **_kwargs: Any) -> Any:
        try:
            text = force_str(stream.read())
            read = json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
            if "\\ud" in text.lower():  # half a character, which nothing can store or print
                json.dumps(read, ensure_ascii=False, default=str).encode()
            return read
        except ValueError as error:
            raise ParseError(f"The body is not JSON: {error}") from None
        except RecursionError:
            raise ParseError("The body is nested too deeply.") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


@extend_schema_field({"type": "string", "format": "decimal", "examples": ["1234.50"]})
class Amount(serializers.Field):
    """An amount with its currency's decimals; the currency stands beside it in the document."""

    def __init__(self, *, currency: str = "currency", **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)
        self.currency = currency

    def get_attribute(self, instance: Any) -> Any:
        amount = super().get_attribute(instance)
        currency = get_attribute(instance, self.currency.split("."))
        return None if amount is None else (amount, currency)

    def to_representation(self, value: tuple[Decimal, str]) -> str:
        amount, currency = value
        return str(round_amount(amount, currency))


@extend_schema_field({"type": "string", "format": "decimal", "examples": ["12.5"]})
class Plain(serializers.Field):
    """A quantity, rate or percentage, without trailing zeros."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: Decimal) -> str:
        return plain(value)


@extend_schema_field({"type": "string", "format": "byte"})
class FileContent(serializers.Field):
    """The bytes of a file in base64."""

    def to_internal_value(self, data: Any) -> bytes:
        try:
            return base64.b64decode(data, validate=True)
        except (binascii.Error, TypeError, ValueError):
            raise serializers.ValidationError("Send the file's bytes in base64.") from None

    def to_representation(self, value: bytes) -> str:
        return base64.b64encode(value).decode()


class Id(serializers.IntegerField):
    """The id of a document."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=2**63 - 1, **kwargs)


_NAMED = 40


class Input(serializers.Serializer):
    """What a request may say; a field we do not know is refused rather than ignored."""

    def get_fields(self) -> dict[str, Any]:
        """Return the fields; what is none of a few choices is refused with those that there are."""
        fields: dict[str, Any] = super().get_fields()
        for field in fields.values():
            if isinstance(field, serializers.ChoiceField) and len(field.choices) <= _NAMED:
                known = ", ".join(str(choice) for choice in field.choices if choice != "")
                # The words are filled in later: the braces of a choice would be read as a name.
                known = known.replace("{", "{{").replace("}", "}}")
                words = f"“{{input}}” is none of the choices: {known}."
                field.error_messages = {**field.error_messages, "invalid_choice": words}
        return fields

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(self.fields))):
            known = ", ".join(self.fields) or "none"
            words = f"There is no such field here. Known: {known}."
            errors = [serializers.ErrorDetail(words, code="unknown")]
            raise serializers.ValidationError({str(name): errors for name in unknown})
        return super().to_internal_value(data)


class Nothing(Input):
    """A request without a body."""
