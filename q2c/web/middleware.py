import json
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from q2c.kernel.errors import NotAllowed, Refused, SignedOut, StaleVersion


class RefusalMiddleware:
    """Answer a refusal with its words: a toast for htmx, a page otherwise."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # No column can hold a NUL; the API refuses it in its own words.
        if "%00" in request.META.get("QUERY_STRING", "") and not request.path.startswith("/api/"):
            return _answer(request, Refused(_("The address holds a character that is no text.")))
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and request.method == "GET":
            # Who signs in again, or goes back, may come to what only a button sends.
            words = _("Nothing opens at this address. Go back and use the button that led here.")
            page = _answer(request, Refused(words), status=response.status_code)
            page["Allow"] = response["Allow"]
            return page
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, ValueError) and "NUL (0x00)" in str(exception):
            return _answer(request, Refused(_("What was typed holds a character that is no text.")))
        return _answer(request, exception) if isinstance(exception, Refused) else None


def _answer(request: HttpRequest, refusal: Refused, status: int = 0) -> HttpResponse:
    status = status or _status(refusal)
    if request.htmx:  # type: ignore[attr-defined]
        response = HttpResponse(status=status)
        # Nothing is swapped, so what the person typed stays where it is.
        response["HX-Reswap"] = "none"
        response["HX-Trigger"] = json.dumps({"toast": {"text": refusal.message, "tone": "red"}})
        patch_vary_headers(response, ("HX-Request",))
        return response
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"detail": refusal.message, "code": refusal.code}, status=status)
    template = "portal/refused.html" if request.path.startswith("/portal/") else "web/refused.html"
    return render(request, template, {"refusal": refusal}, status=status)


def _status(refusal: Refused) -> int:
    match refusal:
        case NotAllowed():
            return 403
        case SignedOut():
            return 401
        case StaleVersion():
            return 409
        case _:
            return 422
