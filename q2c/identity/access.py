"""Who may: the one check that actions and doors call."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from q2c.identity.models import User
from q2c.identity.roles import Permission, roles_with
from q2c.kernel.errors import NotAllowed, SignedOut

View = Callable[..., HttpResponseBase]


def require(by: User | None, permission: Permission) -> None:
    """Refuse unless the user holds the permission. None is the system, which may."""
    if by is not None and not by.may(permission):
        who = ", ".join(role.label.lower() for role in roles_with(permission))
        raise NotAllowed(f"Your role does not allow you to {permission.words}. Ask: {who}.")


def requires(permission: Permission) -> Callable[[View], View]:
    """Let only signed-in people with the permission through to a view.

    A part of a page is refused to who was signed out meanwhile: the page for signing in fits nowhere
    in it, and what they typed must stay.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated and "HX-Request" in request.headers:
                raise SignedOut(
                    "You were signed out. Sign in again in another tab; what you typed is still here."
                )
            return guarded(request, *args, **kwargs)

        @login_required
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            require(request.user, permission)  # type: ignore[arg-type]
            return view(request, *args, **kwargs)

        return inner

    return decorate
