"""What waits for an approver, their standing grants, and who decides while they are away."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from q2c.identity.access import requires
from q2c.identity.roles import Permission
from q2c.infra.clock import day_in
from q2c.kernel.errors import NotAllowed, Refused
from q2c.web.templatetags.q2c import day
from quotes.actions import (
    approve_all,
    comment_on_approval,
    delegate_approvals,
    end_delegation,
    give_standing_grant,
    refuse_quote,
    revoke_standing_grant,
)
from quotes.forms import put_on_form
from quotes.models import ApprovalComment, ApprovalRequest, Delegation, StandingGrant
from quotes.queries import case_for, inbox_of, standing_grants, waiting_for
from quotes.views.approval_forms import AwayForm, EnvelopeForm, GrantForm
from quotes.views.staff import quote_of


@require_GET
@requires(Permission.APPROVE_QUOTES)
def inbox(request: HttpRequest) -> HttpResponse:
    """All that waits for this person; one quote of it open."""
    wanted = request.GET.get("quote", "")
    return _inbox(request, int(wanted) if wanted.isdecimal() else None)


@require_POST
@requires(Permission.APPROVE_QUOTES)
def decide(request: HttpRequest, quote_id: int) -> HttpResponse:
    """Approve or send back all that is asked of this person about one quote."""
    user: Any = request.user
    quote = quote_of(user, quote_id)
    now, said = timezone.now(), request.POST.get("comment", "").strip()
    mine = list(inbox_of(user, at=now).filter(quote=quote).values_list("pk", flat=True))
    form = EnvelopeForm(request.POST, lines=list(quote.lines.order_by("position")))
    try:
        if not mine:
            raise Refused("Nothing about this quote waits for you any more.")
        if request.POST.get("verdict") == "approve":
            if not form.is_valid():
                return _inbox(request, quote_id, typed={"said": said, "envelope": form})
            approve_all(mine, by=user, at=now, comment=said, envelope=form.envelope())
            messages.success(request, f"You approved {quote.number}.")
        else:
            refuse_quote(mine[0], by=user, at=now, comment=said)
            messages.success(request, f"{quote.number} went back to its owner with your words.")
    except Refused as refusal:
        typed = {"said": said, "envelope": form}
        if refusal.field == "comment":
            typed["said_wrong"] = refusal.message
        elif refusal.field in form.fields or refusal.field in ("envelope", "quantities"):
            put_on_form(form, refusal)
        else:
            messages.error(request, refusal.message)
        return _inbox(request, quote_id, typed=typed)
    return redirect("quotes:approvals")


@require_POST
@requires(Permission.VIEW_QUOTES)
def comment(request: HttpRequest, request_id: int) -> HttpResponse:
    user: Any = request.user
    asked = get_object_or_404(ApprovalRequest, pk=request_id)
    quote = quote_of(user, asked.quote_id)
    try:
        comment_on_approval(asked.pk, request.POST.get("body", ""), by=user, at=timezone.now())
        messages.success(request, "Said; the customer does not see it.")
    except Refused as refusal:
        messages.error(request, refusal.message)
    if request.POST.get("from") == "inbox":
        return redirect(f"{reverse('quotes:approvals')}?quote={quote.pk}")
    return redirect("quotes:detail", quote.pk)


@require_POST
@requires(Permission.APPROVE_QUOTES)
def grant(request: HttpRequest, request_id: int) -> HttpResponse:
    """Approve beforehand what stays within bounds."""
    user: Any = request.user
    asked = get_object_or_404(
        ApprovalRequest.objects.select_related("quote__customer", "quote__owner"), pk=request_id
    )
    form = GrantForm(request.POST, asked=asked, by=user)
    if form.is_valid():
        try:
            made = give_standing_grant(asked.pk, form.draft(), by=user, at=timezone.now())
        except NotAllowed:
            raise
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            messages.success(
                request, f"Within these bounds it is approved until {day(made.last_day)}."
            )
            return redirect(f"{reverse('quotes:approvals')}?quote={asked.quote_id}")
    return _inbox(request, asked.quote_id, typed={"grants": {asked.pk: form}})


def _inbox(
    request: HttpRequest, wanted: int | None, *, typed: Mapping[str, Any] | None = None
) -> HttpResponse:
    """Show the inbox with a quote open; what was refused comes back as it was `typed`."""
    user: Any = request.user
    rows = waiting_for(user, at=timezone.now())
    chosen = next((row for row in rows if row.quote.pk == wanted), rows[0] if rows else None)
    typed = typed if typed and chosen and chosen.quote.pk == wanted else {}
    context: dict[str, Any] = {"rows": rows, "chosen": chosen}
    if chosen:
        quote = quote_of(user, chosen.quote.pk)
        lines = list(quote.lines.order_by("position"))
        context |= {
            "quote": quote,
            "case": case_for(user, quote),
            "asked": [
                {
                    "request": each,
                    "grant": typed.get("grants", {}).get(each.pk) or GrantForm(asked=each, by=user),
                }
                for each in chosen.requests
            ],
            "comments": _comments(chosen.requests),
            "said": typed.get("said", ""),
            "said_wrong": typed.get("said_wrong", ""),
            "envelope": typed.get("envelope") or EnvelopeForm(lines=lines),
            "is_open": any(line.is_open for line in lines),
        }
    status = 422 if request.method == "POST" else 200
    return render(request, "quotes/approvals.html", context, status=status)


@require_GET
@requires(Permission.APPROVE_QUOTES)
def standing(request: HttpRequest) -> HttpResponse:
    """The standing grants in force, and those that ended lately."""
    user: Any = request.user
    grants = standing_grants(user)
    today = day_in(settings.TIME_ZONE, timezone.now())
    rows = [
        {"grant": each, "is_in_force": each.revoked_at is None and each.last_day >= today}
        for each in grants[:100]
    ]
    return render(request, "quotes/standing_grants.html", {"rows": rows})


@require_POST
@requires(Permission.APPROVE_QUOTES)
def revoke(request: HttpRequest, grant_id: int) -> HttpResponse:
    user: Any = request.user
    get_object_or_404(StandingGrant, pk=grant_id)
    revoke_standing_grant(grant_id, by=user, at=timezone.now())
    messages.success(request, "Taken back. What it approved stays approved.")
    return redirect("quotes:standing_grants")


@require_http_methods(["GET", "POST"])
@requires(Permission.APPROVE_QUOTES)
def away(request: HttpRequest) -> HttpResponse:
    """Who decides in one's place, and in whose place one decides."""
    user: Any = request.user
    form = AwayForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            delegate_approvals(
                int(data["delegate"]),
                first_day=data["first_day"],
                last_day=data["last_day"],
                by=user,
                at=timezone.now(),
            )
        except Refused as refusal:
            put_on_form(form, refusal)
        else:
            messages.success(
                request, "Noted. They see and decide what waits for you on these days."
            )
            return redirect("quotes:away")
    today = day_in(settings.TIME_ZONE, timezone.now())
    rows = Delegation.objects.filter(Q(person=user) | Q(delegate=user)).select_related(
        "person", "delegate"
    )
    context = {
        "form": form,
        "rows": [
            {
                "row": row,
                "is_mine": row.person_id == user.pk,
                "is_over": row.ends_on <= today,
                "last_day": row.last_day,
            }
            for row in rows.order_by("-ends_on")[:30]
        ],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "quotes/away.html", context, status=status)


@require_POST
@requires(Permission.APPROVE_QUOTES)
def back(request: HttpRequest, delegation_id: int) -> HttpResponse:
    user: Any = request.user
    try:
        end_delegation(delegation_id, by=user, at=timezone.now())
        messages.success(request, "Your approvals come to you alone again.")
    except Refused as refusal:
        messages.error(request, refusal.message)
    return redirect("quotes:away")


def _comments(requests: list[ApprovalRequest]) -> list[ApprovalComment]:
    rows = ApprovalComment.objects.filter(request__in=requests).select_related("author")
    return list(rows)
