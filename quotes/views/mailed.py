"""Decide by the link of an e-mail, without signing in: reading it never decides."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from q2c.customers.portal_session import private
from q2c.kernel.errors import Refused
from quotes.actions import approve_all, refuse_quote
from quotes.queries import DecisionLink, case_for, open_decision_link


@private
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, token: str) -> HttpResponse:
    """Show what is asked, and take one answer from the person whom the link belongs to."""
    now = timezone.now()
    link = open_decision_link(token, at=now)
    if link is None:
        return render(request, "quotes/decide_gone.html", status=410)
    if request.method != "POST":
        return _page(request, link)
    ids = [asked.pk for asked in link.requests]
    verdict, said = request.POST.get("verdict"), request.POST.get("comment", "").strip()
    try:
        if verdict == "approve":
            approve_all(ids, by=link.person, at=now, comment=said, by_mail=True)
        elif verdict == "refuse":
            refuse_quote(ids[0], by=link.person, at=now, comment=said, by_mail=True)
        else:
            raise Refused("Choose to approve or to send back.")
    except Refused as refusal:
        return _page(request, link, problem=refusal.message)
    context = {"quote": link.requests[0].quote, "is_approved": verdict == "approve"}
    return render(request, "quotes/decided.html", context)


def _page(request: HttpRequest, link: DecisionLink, *, problem: str = "") -> HttpResponse:
    quote = link.requests[0].quote
    context = {
        "person": link.person,
        "quote": quote,
        "requests": link.requests,
        "case": case_for(link.person, quote),
        "problem": problem,
    }
    return render(request, "quotes/decide.html", context, status=422 if problem else 200)
