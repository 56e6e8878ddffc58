"""The OpenAPI description, made from the doors themselves."""

import re
from inspect import getdoc
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers

from q2c.api.fields import Nothing
from q2c.api.filters import COMPARISONS, Filter
from q2c.api.pagination import DEFAULT, MOST
from q2c.api.problems import MEDIA_TYPE, TYPES

GUIDE = """
What the pages can do, for programs; each verb calls the same action as its button.

**Keys.** An administrator makes a key under Setup › API keys. Send it as
`Authorization: Bearer qtc_…`. It acts as one person: it may do what their role allows, within its
own scopes. Quotes are approved only by a key with the scope `quotes:approve`, contracts approved and
countersigned only by one with `contracts:approve`, as somebody who is asked and does not own them.

**Values.** Amounts are decimal strings in the document's `currency`; quantities, prices and
percentages are decimal strings too. Dates are `YYYY-MM-DD` in the time zone of the legal entity,
instants RFC 3339. Periods run from their first day up to, not including, their end.

**Lists** give the newest first, `limit` at a time, with `has_more` and `next_cursor`. Ranges are
written `created[gte]=2026-11-01`, choices `state=in:sent,accepted`. An unknown parameter or field
is refused. A document is found by its id or its number.

**Once.** Every POST but that of usage carries an `Idempotency-Key`. Sent again with the same body it
gets the first answer again, marked `Idempotent-Replayed: true`; with another body 422; while the
first is still at work 409. What was refused may be mended and sent under the same key.

**Changes** by PATCH carry `If-Match` with the ETag that was read; 412 says somebody was faster.

**Problems** are `application/problem+json` (RFC 9457) with a `code`, words, `errors` that point at
fields, and the `request_id` to tell us. All codes and scopes: [/api/v1/problems](/api/v1/problems).

**Limits** stand in `RateLimit` and `RateLimit-Policy`; 429 says when to come back.
"""
_ANSWERS = {
    "400": "The request cannot be understood",
    "401": "No key, or one that is not valid",
    "403": "Not allowed for this key or its user",
    "404": "Not found, or out of sight",
    "409": "The document's state or another request stands in the way",
    "412": "Changed by somebody else since it was read",
    "422": "A field is wrong or a rule of the business is broken",
    "428": "If-Match is missing",
    "429": "Too many requests",
    "500": "Our mistake",
}
_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "detail", "instance", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri-reference"},
        "code": {"type": "string", "enum": list(TYPES)},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the body"},
                    "parameter": {"type": "string", "description": "Query parameter at fault"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


class KeyScheme(OpenApiAuthenticationExtension):
    """How a key is sent."""

    target_class = "q2c.api.authentication.ApiKeyAuthentication"
    name = "key"

    def get_security_definition(self, *_args: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "qtc_live_… or qtc_test_…"}


class DoorSchema(AutoSchema):
    """Reads filters, headers and path parameters from the resource."""

    view: Any

    def get_operation_id(self) -> str:
        return f"{self.view.basename}_{self.view.action}".replace("-", "_")

    def get_tags(self) -> list[str]:
        return [self.view.basename]

    def get_summary(self) -> str:
        return self._words()[0]

    def get_description(self) -> str:  # type: ignore[override]
        return self._words()[1]

    def get_request_serializer(self) -> Any:
        door = self._door()
        return None if door is None or door.takes is Nothing else door.takes

    def get_response_serializers(self) -> Any:
        if self.view.action == "list":
            return _page_of(self.view.list_serializer())
        if media_type := getattr(self._handler(), "media_type", None):
            return {(200, media_type): OpenApiTypes.BINARY}
        if sight := self._sight():
            return sight.gives(many=sight.many)
        door = self._door()
        if door is None:
            return self.view.get_serializer_class()
        return {
            door.status: None if door.status == 204 else door.gives or self.view.serializer_class
        }

    def _door(self) -> Any:
        return getattr(self._handler(), "door", None)

    def _sight(self) -> Any:
        return getattr(self._handler(), "sight", None)

    def _handler(self) -> Any:
        return getattr(self.view, self.view.action, None)

    def _words(self) -> tuple[str, str]:
        kind = self.view.basename.replace("-", " ")
        if self.view.action == "list":
            return f"List {kind}", getdoc(type(self.view)) or ""
        if self.view.action == "retrieve":
            return f"Get one of the {kind}", ""
        text = getdoc(self._handler()) or ""
        summary, _, rest = text.partition("\n")
        return summary, " ".join(rest.split())

    def get_override_parameters(self) -> list[Any]:
        parameters = [_path(name) for name in re.findall(r"{(\w+)}", self.path)]
        if self.view.action == "list":
            parameters += _paging()
            parameters += [p for name, f in self.view.filters.items() for p in _filter(name, f)]
        if (sight := self._sight()) and sight.takes is not Nothing:
            parameters.append(sight.takes)
        if self.method == "POST" and self._door().once:
            parameters.append(_header("Idempotency-Key", "A fresh random value for each request."))
        if self.method == "PATCH" and self.view.version_field:
            parameters.append(_header("If-Match", "The ETag you read."))
        return parameters


def describe_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say of every operation which problems it may answer with, and how all of them behave."""
    result["info"]["description"] = GUIDE
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = _PROBLEM
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    components["responses"] = {
        f"Problem{status}": {"description": words, "content": content}
        for status, words in _ANSWERS.items()
    }
    for methods in result["paths"].values():
        for method, operation in methods.items():
            for status in _possible(method, operation):
                answer = {"$ref": f"#/components/responses/Problem{status}"}
                operation["responses"].setdefault(status, answer)
    return result


def _possible(method: str, operation: dict[str, Any]) -> list[str]:
    possible = ["400", "401", "403", "429", "500"]
    if any(p["in"] == "path" for p in operation.get("parameters", ())):
        possible.append("404")
    if method != "get":
        possible += ["409", "422"]
    if method == "patch":
        possible += ["412", "428"]
    return sorted(possible)


def _page_of(item: Any) -> Any:
    return inline_serializer(
        f"{item.__name__.removesuffix('Serializer')}Page",
        {
            "data": item(many=True),
            "has_more": serializers.BooleanField(),
            "next_cursor": serializers.CharField(allow_null=True),
        },
    )


def _path(name: str) -> OpenApiParameter:
    words = "Its id or its number" if name == "id" else ""
    kind = OpenApiTypes.STR if name == "id" else OpenApiTypes.INT
    return OpenApiParameter(name, kind, OpenApiParameter.PATH, description=words)


def _header(name: str, words: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, "header", required=True, description=words)


def _paging() -> list[OpenApiParameter]:
    limit = {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT}
    words = "`next_cursor` of the page before"
    return [
        OpenApiParameter("limit", limit, description="How many rows at most"),
        OpenApiParameter("cursor", OpenApiTypes.STR, description=words),
    ]


def _filter(name: str, wanted: Filter) -> list[OpenApiParameter]:
    schema = dict(wanted.schema)
    words = schema.pop("description", "")
    found = [OpenApiParameter(name, schema, description=words)]
    if wanted.is_range:
        found += [OpenApiParameter(f"{name}[{word}]", schema) for word in COMPARISONS]
    return found
