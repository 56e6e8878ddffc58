"""What people decide about a quote: submit, approve, send, revise, withdraw, answer."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.kernel.errors import NotAllowed, Refused
from quotes.actions import (
    approve_quote,
    cancel_quote,
    recall_quote,
    refuse_quote,
    revise_quote,
    send_quote,
    submit_quote,
)
from quotes.models import ApprovalRequest, Quote
from quotes.queries import visible_to
from quotes.views.merging import merge_of
from quotes.views.staff import quote_of

_NOT_PICKED = "Select at least one quote."


@require_POST
@requires(Permission.EDIT_QUOTES)
def submit(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Ask for approval, of exactly the version that the person had before them."""
    user, quote = _own(request, quote_id)
    seen = request.POST.get("seen", "")
    after = submit_quote(
        quote.pk, by=user, at=timezone.now(), seen=int(seen) if seen.isdigit() else None
    )
    if after.state == "approved":
        messages.success(request, "Nobody has to be asked: the quote is approved. Send it now.")
    else:
        messages.success(request, "The quote waits for approval; you will hear by e-mail.")
    target = reverse("quotes:detail", args=[quote_id])
    is_htmx = request.htmx  # type: ignore[attr-defined]
    return HttpResponseClientRedirect(target) if is_htmx else redirect(target)


@require_POST
@requires(Permission.EDIT_QUOTES)
def recall(request: HttpRequest, quote_id: int) -> HttpResponse:
    user, quote = _own(request, quote_id)
    recall_quote(quote.pk, by=user, at=timezone.now())
    messages.success(request, "It is a draft again; it needs to be submitted anew.")
    return redirect("quotes:edit", quote_id)


@require_POST
@requires(Permission.EDIT_QUOTES)
def send(request: HttpRequest, quote_id: int) -> HttpResponse:
    user, quote = _own(request, quote_id)
    contact = request.POST.get("contact", "")

    def act() -> None:
        send_quote(
            quote.pk,
            by=user,
            at=timezone.now(),
            contact_id=int(contact) if contact.isdigit() else None,
            message=request.POST.get("message", ""),
        )

    return _back(request, quote, act, "The offer is on its way by e-mail, with its own link.")


@require_POST
@requires(Permission.EDIT_QUOTES)
def revise(request: HttpRequest, quote_id: int) -> HttpResponse:
    user, quote = _own(request, quote_id)
    new = revise_quote(quote.pk, by=user, at=timezone.now())
    messages.success(request, f"This is version {new.version}; the customer sees it once sent.")
    return redirect("quotes:edit", new.pk)


@require_POST
@requires(Permission.EDIT_QUOTES)
def cancel(request: HttpRequest, quote_id: int) -> HttpResponse:
    user, quote = _own(request, quote_id)
    reason = request.POST.get("reason", "")

    def act() -> None:
        cancel_quote(quote.pk, by=user, at=timezone.now(), reason=reason)

    return _back(request, quote, act, "The quote is withdrawn.")


@require_POST
@requires(Permission.APPROVE_QUOTES)
def approve(request: HttpRequest, quote_id: int, request_id: int) -> HttpResponse:
    user, quote = _own(request, quote_id)
    asked = get_object_or_404(ApprovalRequest, pk=request_id, quote=quote)
    said = request.POST.get("comment", "").strip()

    def act() -> None:
        approve_quote(asked.pk, by=user, at=timezone.now(), comment=said)

    return _back(request, quote, act, "You approved this quote.")


@require_POST
@requires(Permission.APPROVE_QUOTES)
def refuse(request: HttpRequest, quote_id: int, request_id: int) -> HttpResponse:
    user, quote = _own(request, quote_id)
    asked = get_object_or_404(ApprovalRequest, pk=request_id, quote=quote)
    said = request.POST.get("comment", "").strip()

    def act() -> None:
        refuse_quote(asked.pk, by=user, at=timezone.now(), comment=said)

    return _back(request, quote, act, "The quote went back to its owner with your words.")


@require_POST
@requires(Permission.EDIT_QUOTES)
def bulk(request: HttpRequest) -> HttpResponse:
    """Submit or send many quotes; each by itself, and what was left out is said with its reason.

    Two may be merged: that has a page of its own.
    """
    user: Any = request.user
    verb = request.POST.get("action", "")
    ids = [int(pk) for pk in request.POST.getlist("ids") if pk.isdigit()][:200]
    if verb == "merge":
        return merge_of(user, ids)
    if verb not in ("submit", "send") or not ids:
        raise Refused(_NOT_PICKED)
    done, left = 0, []
    for quote in visible_to(user).filter(pk__in=ids).order_by("pk"):
        try:
            act = submit_quote if verb == "submit" else send_quote
            act(quote.pk, by=user, at=timezone.now())
            done += 1
        except Refused as refusal:
            left.append(f"{quote.number}: {refusal.message}")
    if done:
        word = "submitted" if verb == "submit" else "sent"
        messages.success(request, f"{done} {'quote' if done == 1 else 'quotes'} {word}.")
    for line in left[:10]:
        messages.warning(request, line)
    return redirect("quotes:list")


def _own(request: HttpRequest, quote_id: int) -> tuple[Any, Quote]:
    user: Any = request.user
    return user, quote_of(user, quote_id)


def _back(request: HttpRequest, quote: Quote, act: Callable[[], None], done: str) -> HttpResponse:
    """Act and show the quote again, with the refusal's words when there was one."""
    try:
        act()
    except NotAllowed:
        raise
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, done)
    return redirect("quotes:detail", quote.pk)
