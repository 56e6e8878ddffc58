"""What every resource of the API shares: who may, lists, one document, verbs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Any, ClassVar, Literal, cast

from django.db.models import Model, QuerySet
from django.http import Http404
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import GenericViewSet

from q2c.api.fields import Nothing
from q2c.api.filters import Filter, narrowed
from q2c.api.idempotency import once
from q2c.api.pagination import page
from q2c.api.problems import BadParameter, Problem
from q2c.identity.access import require
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.kernel.errors import Refused

Serializer = type[serializers.BaseSerializer[Any]]
Verb = Callable[..., Any]
Method = Literal["post", "put", "patch", "delete"]


class Resource(GenericViewSet[Any]):
    """One kind of document: a list, one of it, and verbs that call the same actions as the pages.

    A key needs the scope `<scope>:read` to look and the verb's own scope to act; what it may then
    do is what its user may do.
    """

    scope: ClassVar[str]
    permission: ClassVar[Permission]
    order: ClassVar[Sequence[str]] = ("-created_at", "-id")
    filters: ClassVar[Mapping[str, Filter]] = {}
    number_field: ClassVar[str] = "number"
    version_field: ClassVar[str] = ""
    summary_class: ClassVar[Serializer | None] = None
    lookup_url_kwarg = "id"
    lookup_value_regex = r"[A-Za-z0-9._-]{1,40}"

    @property
    def by(self) -> User:
        user = self.request.user
        assert isinstance(user, User)
        return user

    @property
    def at(self) -> datetime:
        return timezone.now()

    def rows(self) -> QuerySet[Any]:
        """Return what this user may see; what lies outside is not found."""
        raise NotImplementedError

    def whole(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Read along what one document shows beyond its line in the list."""
        return rows

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        handler = getattr(self, self.action, None) if self.action else None
        door = getattr(handler, "door", None)
        scope = door.scope if door else f"{self.scope}:read"
        key: Any = request.auth
        if scope not in key.scopes:
            raise Problem(403, "scope_missing", f"This key was not made for {scope}.")
        require(self.by, self.permission)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in getattr(request, "rate_limit", {}).items():
            response[name] = value
        response["Cache-Control"] = "no-store"
        return response

    def list(self, request: Request) -> Response:
        rows = narrowed(self.rows(), self.filters, request.query_params.dict())
        found, cursor = page(rows, request, order=self.order, name=self.basename or "")
        serializer: Any = self.list_serializer()
        shown = serializer(found, many=True, context=self.get_serializer_context())
        body = {"data": shown.data, "has_more": cursor is not None, "next_cursor": cursor}
        return Response(body)

    def retrieve(self, request: Request, id: str) -> Response:
        if request.query_params:
            raise BadParameter(next(iter(request.query_params)), "This address takes none.")
        return self.shown(self.find(id))

    def find(self, name: str) -> Any:
        """Return the document with this id, or else this number, among those in sight."""
        rows = self.whole(self.rows())
        if name.isascii() and name.isdigit() and len(name) <= 18:
            found = rows.filter(pk=int(name)).first()
        elif self.number_field:
            found = rows.filter(**{self.number_field: name}).order_by("-pk").first()
        else:
            found = None
        if found is None:
            raise Http404
        return found

    def shown(self, document: Model, *, status: int = 200) -> Response:
        """Answer with one document and, where it has versions, its ETag."""
        serializer: Any = self.get_serializer_class()
        shown = serializer(document, context=self.get_serializer_context())
        headers = {}
        if self.version_field:
            headers["ETag"] = f'"{getattr(document, self.version_field)}"'
        return Response(shown.data, status=status, headers=headers)

    def list_serializer(self) -> Serializer:
        return self.summary_class or self.get_serializer_class()

    def seen_version(self) -> int:
        """Return the version that If-Match names; refuses a request without it."""
        tag = self.request.headers.get("If-Match", "").strip()
        if not tag:
            raise Problem(428, "precondition_required", "Send If-Match with the ETag you read.")
        version = tag.strip('"')
        if not (version.isascii() and version.isdigit() and len(version) < 10):
            raise Problem(412, "stale_version", "If-Match is not an ETag of this document.")
        return int(version)


@dataclass(frozen=True)
class Door:
    """What a verb's door is: its scope, what goes in, what comes out."""

    scope: str
    takes: Serializer = Nothing
    gives: Serializer | None = None
    status: int = 200
    is_about_one: bool = True
    once: bool = True  # False where the body's own keys make a repetition harmless


def verb(
    scope: str,
    *,
    path: str | None = None,
    method: Method = "post",
    beside: Any = None,
    **rest: Any,
) -> Callable[[Verb], Verb]:
    """Make a method a verb: its input read, its answer given once for each Idempotency-Key.

    `rest` are the fields of Door. The method gets the document (where it is about one) and the
    read input (where it takes one). It may answer with a Response; else the document as it stands afterwards is the
    answer or, when it returns an id, the document with that id. `beside` is another verb at the
    same address, under another method.
    """
    door = Door(scope, **rest)

    def decorate(act: Verb) -> Verb:
        opened = _open(door, act)
        opened.door = door  # type: ignore[attr-defined]
        if beside is not None:
            return cast(Verb, getattr(beside.mapping, method)(opened))
        if act.__name__ in ("create", "partial_update", "destroy"):
            return opened
        url = path or act.__name__.replace("_", "-")
        return action(detail=door.is_about_one, methods=[method], url_path=url)(opened)

    return decorate


@dataclass(frozen=True)
class Sight:
    """What a look gives: one thing or `many`, narrowed by the parameters that it `takes`."""

    gives: Serializer
    many: bool
    takes: type[serializers.Serializer[Any]]


def look(
    gives: Serializer,
    *,
    many: bool = False,
    takes: type[serializers.Serializer[Any]] = Nothing,
    path: str | None = None,
    is_about_one: bool = True,
) -> Callable[[Verb], Verb]:
    """Make a method something to read besides the document itself; it writes nothing.

    The method gets the document (where it is about one) and the read parameters (where it takes
    any), and returns what `gives` shows.
    """
    sight = Sight(gives, many, takes)

    def decorate(read: Verb) -> Verb:
        @wraps(read)
        def get(resource: Resource, request: Request, **kwargs: Any) -> Response:
            name = kwargs.pop("id", None)
            given = [resource.find(name)] if name is not None else []
            asked = _asked(takes, request)
            if takes is not Nothing:
                given.append(asked)
            found = read(resource, *given, **{k: int(v) for k, v in kwargs.items()})
            shown: Any = gives
            context = resource.get_serializer_context()
            return Response(shown(found, many=many, context=context).data)

        get.sight = sight  # type: ignore[attr-defined]
        url = path or read.__name__.replace("_", "-")
        return action(detail=is_about_one, methods=["get"], url_path=url)(get)

    return decorate


def _asked(takes: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    asked = takes(data=request.query_params.dict())
    if not asked.is_valid():
        name, words = next(iter(asked.errors.items()))
        raise BadParameter(str(name), str(words[0]))
    return dict(asked.validated_data)


def download(media_type: str, *, path: str | None = None) -> Callable[[Verb], Verb]:
    """Make a method that returns bytes a file to get; None is not found."""
    renderer = type("File", (_FileRenderer,), {"media_type": media_type})

    def decorate(read: Verb) -> Verb:
        @wraps(read)
        def get(resource: Resource, request: Request, id: str, **kwargs: Any) -> Response:
            content = read(resource, resource.find(id), **{k: int(v) for k, v in kwargs.items()})
            if content is None:
                raise Http404
            # Without an explicit type DRF would add a charset to it.
            return Response(bytes(content), content_type=media_type)

        get.media_type = media_type  # type: ignore[attr-defined]
        url = path or read.__name__.replace("_", "-")
        return action(detail=True, methods=["get"], url_path=url, renderer_classes=[renderer])(get)

    return decorate


class _FileRenderer(BaseRenderer):
    """Passes bytes through; a problem stays JSON."""

    format = "file"
    charset = None
    render_style = "binary"

    def render(self, data: Any, *_args: Any, **_kwargs: Any) -> bytes:
        return data if isinstance(data, bytes) else JSONRenderer().render(data)


def _open(door: Door, act: Verb) -> Verb:
    @wraps(act)
    def opened(resource: Resource, request: Request, **kwargs: Any) -> Response:
        name = kwargs.pop("id", None)
        document = resource.find(name) if name is not None else None

        def work() -> Response:
            data = door.takes(data=request.data or {}, context=resource.get_serializer_context())
            data.is_valid(raise_exception=True)
            given = [document] if document else []
            if door.takes is not Nothing:
                given.append(data.validated_data)
            try:
                answer = act(resource, *given, **{k: int(v) for k, v in kwargs.items()})
            except Refused as refusal:
                raise _named_as_sent(refusal, door) from refusal
            return _answer(resource, document, answer, door.status)

        return once(request, work) if request.method == "POST" and door.once else work()

    return opened


def _named_as_sent(refusal: Refused, door: Door) -> Refused:
    fields = cast(Any, door.takes)().fields
    if refusal.field not in fields and f"{refusal.field}_id" in fields:
        return type(refusal)(refusal.message, field=f"{refusal.field}_id")
    return refusal


def _answer(resource: Resource, document: Any, answer: Any, status: int) -> Response:
    if isinstance(answer, Response):
        return answer
    if status == HTTPStatus.NO_CONTENT:
        return Response(status=status)
    pk = answer if isinstance(answer, int) else document.pk
    response = resource.shown(resource.find(str(pk)), status=status)
    if status == HTTPStatus.CREATED:
        response["Location"] = reverse(f"{resource.basename}-detail", args=[pk])
    return response


def routes(*resources: tuple[str, type[Resource]]) -> list[URLPattern | URLResolver]:
    """Return the addresses of resources, for `api_urls`."""
    router = SimpleRouter(trailing_slash=False)
    for prefix, resource in resources:
        router.register(prefix, resource, basename=prefix)
    return router.urls
