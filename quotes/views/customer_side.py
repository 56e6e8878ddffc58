"""What the seller does with what customers say: answer, take or refuse edits, revoke links."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.kernel.errors import Refused
from quotes.actions import (
    ItemAnswer,
    NewComment,
    answer_counter_offer,
    comment_on_quote,
    revoke_reader,
    send_again,
)
from quotes.models import Attachment, CounterOffer
from quotes.views.offer import attached
from quotes.views.portal_talk import files_of
from quotes.views.staff import quote_of, show_quote


@require_POST
@requires(Permission.VIEW_QUOTES)
def comment(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Answer the customer, about a line or the whole, with files."""
    user: Any = request.user
    quote, line = quote_of(user, quote_id), request.POST.get("line", "")
    try:
        new = NewComment(
            body=request.POST.get("body", ""),
            line_id=int(line) if line.isdigit() else None,
            files=files_of(request.FILES.getlist("files")),
        )
        comment_on_quote(quote.pk, new, by=user, at=timezone.now())
    except Refused as refusal:
        messages.error(request, refusal.message)
        return show_quote(request, quote, status=422, answer=request.POST.get("body", ""))
    done = "The customer gets your answer by e-mail." if quote.sent_at else "Noted."
    messages.success(request, done)
    return redirect(reverse("quotes:detail", args=[quote_id]) + "#comments")


@require_GET
@requires(Permission.VIEW_QUOTES)
def attachment(request: HttpRequest, quote_id: int, file_id: int) -> HttpResponse:
    user: Any = request.user
    quote = quote_of(user, quote_id)
    files = Attachment.objects.select_related("blob")
    return attached(get_object_or_404(files, pk=file_id, comment__quote=quote))


@require_POST
@requires(Permission.EDIT_QUOTES)
def answer(request: HttpRequest, quote_id: int, counter_id: int) -> HttpResponse:
    """Take or refuse each edit of a counter-offer; those taken make the next version."""
    user: Any = request.user
    quote, given = quote_of(user, quote_id), request.POST
    counter = get_object_or_404(CounterOffer, pk=counter_id, quote=quote)
    answers = {
        item.pk: ItemAnswer(
            is_taken=given[f"item-{item.pk}"] == "take", words=given.get(f"words-{item.pk}", "")
        )
        for item in counter.items.all()
        if given.get(f"item-{item.pk}") in ("take", "refuse")
    }
    try:
        answered = answer_counter_offer(
            counter.pk,
            answers,
            words=given.get("words", ""),
            submit=bool(given.get("submit")),
            by=user,
            at=timezone.now(),
        )
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect(reverse("quotes:detail", args=[quote_id]) + "#counter-offers")
    if answered.new_version is None:
        messages.success(request, "The customer is told that the offer stays as it is.")
        return redirect("quotes:detail", quote_id)
    messages.success(request, "The customer is told. This is the new version with what you took.")
    return redirect("quotes:detail", answered.new_version.pk)


@require_POST
@requires(Permission.EDIT_QUOTES)
def revoke(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Close the page to one person at once."""
    user: Any = request.user
    quote = quote_of(user, quote_id)
    try:
        revoke_reader(quote.pk, request.POST.get("email", ""), by=user, at=timezone.now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Their links work no longer.")
    return redirect(reverse("quotes:detail", args=[quote_id]) + "#readers")


@require_POST
@requires(Permission.EDIT_QUOTES)
def send_link_again(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Mail one person a new link; ours never see it, and the old ones are dead."""
    user: Any = request.user
    quote, email = quote_of(user, quote_id), request.POST.get("email", "")
    try:
        send_again(quote.pk, email, by=user, at=timezone.now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"{email} gets a new link; earlier ones work no longer.")
    return redirect(reverse("quotes:detail", args=[quote_id]) + "#readers")
