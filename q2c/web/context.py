from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from q2c.identity.models import User
from q2c.infra.requests import request_id
from q2c.web.registry import nav_for


def shell(request: HttpRequest) -> dict[str, Any]:
    """What the page shell needs: navigation by section, theme, the request's id."""
    user = getattr(request, "user", None)
    context: dict[str, Any] = {
        "is_demo": settings.DEMO,
        "request_id": request_id.get(),
        "theme": request.COOKIES.get("theme", "system"),
    }
    if isinstance(user, User):
        sections: dict[str, list[Any]] = {}
        for entry in nav_for(user):
            sections.setdefault(entry.section, []).append(entry)
        context |= {
            "nav_sections": sections,
            "current_nav": _current(request, sections),
            "theme": user.theme,
            "compact": user.compact,
            "may": {permission.value: True for permission in user.permissions},
        }
    return context


def _current(request: HttpRequest, sections: dict[str, list[Any]]) -> str:
    """Return the navigation entry whose address is the longest beginning of this page's."""
    best, length = "", 0
    for entries in sections.values():
        for entry in entries:
            address = reverse(entry.url_name)
            fits = request.path == address or (address != "/" and request.path.startswith(address))
            if fits and len(address) > length:
                best, length = entry.url_name, len(address)
    return best
