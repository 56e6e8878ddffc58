"""The API's description and its pages, all from our own host."""

from functools import cache
from typing import Any

from csp.constants import UNSAFE_INLINE
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.views import APIView

from q2c.api.problems import TYPES, Problem
from q2c.api.scopes import SCOPES

# Swagger UI writes style attributes; scripts stay ours alone.
_VIEWER = csp_update({"style-src": [UNSAFE_INLINE]})


def description(request: HttpRequest) -> HttpResponse:
    """Give OpenAPI 3.1 as JSON; made once a process, since it takes a second."""
    return HttpResponse(_described(), content_type="application/json")


@cache
def _described() -> bytes:
    made = SchemaGenerator().get_schema(request=None, public=True)
    return OpenApiJsonRenderer().render(made)


@method_decorator(_VIEWER, name="dispatch")
class Swagger(SpectacularSwaggerSplitView):
    """Read the API and try it with a key."""

    url_name = "api:description"
    template_name = "api/swagger.html"
    throttle_classes: tuple[type, ...] = ()


def problems(request: HttpRequest) -> HttpResponse:
    """Explain each problem type, where their `type` points."""
    return render(request, "api/problems.html", {"types": TYPES, "scopes": SCOPES})


class Missing(APIView):
    """Whatever address the API does not have, answered as the API answers."""

    authentication_classes: tuple[type, ...] = ()
    permission_classes: tuple[type, ...] = ()
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise Problem(404, "not_found", "The API has no such address; see /api/v1/docs.")
