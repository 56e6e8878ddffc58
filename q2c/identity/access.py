"""Who may: the one check that actions and doors call."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from q2c.identity.models import User
from q2c.identity.roles import Permission, roles_with
from q2c.kernel.errors import NotAllowed

View = Callable[..., HttpResponseBase]


def require(by: User | None, permission: Permission) -> None:
    """Refuse unless the user holds the permission. None is the system, which may."""
    if by is not None and not by.may(permission):
        who = ", ".join(role.label.lower() for role in roles_with(permission))
        raise NotAllowed(f"Your role does not allow you to {permission.words}. Ask: {who}.")


def requires(permission: Permission) -> Callable[[View], View]:
    """Let only signed-in people with the permission through to a view."""

    def decorate(view: View) -> View:
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            require(request.user, permission)  # type: ignore[arg-type]
            return view(request, *args, **kwargs)

        return login_required(inner)

    return decorate
