"""Arrange the grid: drag lines, do one thing to many, propose a choice."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.kernel.errors import Refused
from quotes.actions import change_lines, move_line, recommend_choice, remove_lines, reorder_lines
from quotes.views.answers import answer, seen_by
from quotes.views.asked import line_of, number_in, picked, quote_for, user_of


@require_POST
@requires(Permission.EDIT_QUOTES)
def move(request: HttpRequest, quote_id: int, line_id: int, way: str) -> HttpResponse:
    """Move a line one place up or down."""
    line_of(quote_for(request, quote_id), line_id)
    edited = move_line(line_id, up=way == "up", by=user_of(request), at=timezone.now())
    return answer(request, quote_id, edited=edited)


@require_POST
@requires(Permission.EDIT_QUOTES)
def reorder(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Put a dragged line where it was dropped."""
    quote_for(request, quote_id)
    before = request.POST.get("before", "")
    edited = reorder_lines(
        quote_id,
        picked(request),
        before=int(before) if before.isdigit() else None,
        by=user_of(request),
        at=timezone.now(),
    )
    return answer(request, quote_id, edited=edited)


@require_POST
@requires(Permission.EDIT_QUOTES)
def bulk(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Do one thing to all selected lines."""
    quote_for(request, quote_id)
    chosen, do, data = picked(request), request.POST.get("do", ""), request.POST
    who: Any = {"by": user_of(request), "at": timezone.now(), "seen": seen_by(request)}
    match do:
        case "remove":
            edited = remove_lines(quote_id, chosen, **who)
        case "move":
            section = data.get("section", "")
            to = int(section) if section.isdigit() else None
            edited = reorder_lines(quote_id, chosen, section=to, **who)
        case _:
            edited = change_lines(quote_id, chosen, _bulk_changes(do, data), **who)
    return answer(request, quote_id, edited=edited)


@require_POST
@requires(Permission.EDIT_QUOTES)
def recommend(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Propose one choice of a group."""
    quote_for(request, quote_id)
    group, choice = request.POST.get("group", ""), request.POST.get("choice", "")
    edited = recommend_choice(quote_id, group, choice, by=user_of(request), at=timezone.now())
    return answer(request, quote_id, edited=edited)


def _bulk_changes(do: str, data: Mapping[str, str]) -> dict[str, Any]:
    match do:
        case "discount":
            return {"discount_percent": number_in(data.get("discount", ""), field="discount")}
        case "optional":
            return {"is_optional": True}
        case "required":
            return {"is_optional": False, "is_chosen": True, "choice_group": "", "choice": ""}
        case "choice":
            group, choice = (data.get(n, "").strip() for n in ("choice_group", "choice"))
            if not group or not choice:
                raise Refused("Name the group and the choice, such as “Package” and “Better”.")
            return {"choice_group": group, "choice": choice}
        case _:
            raise Refused("Choose what to do with the selected lines.")
