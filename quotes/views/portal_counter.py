"""The customer's counter-offer: every line and term to edit, each edit with its reason."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from q2c.customers.models import PortalLink
from q2c.kernel.errors import Refused
from q2c.web.templatetags.q2c import day, typed
from quotes.actions import AskedEdit, make_counter_offer, withdraw_counter_offer
from quotes.models import TEXT_KINDS, Quote, QuoteLine
from quotes.queries import laid_out
from quotes.rules.countering import Edit
from quotes.views.offer import offer
from quotes.views.portal_door import by_link, errors_of

_LINE = {"q": Edit.QUANTITY, "p": Edit.UNIT_PRICE, "d": Edit.DISCOUNT}
_TERMS = {"term": Edit.TERM, "payment": Edit.PAYMENT_TERMS, "start": Edit.START}


@require_http_methods(["GET", "POST"])
@by_link
def counter(request: HttpRequest, link: PortalLink, quote: Quote) -> HttpResponse:
    """Show the offer as a form; what was changed in it becomes the counter-offer."""
    lines = list(quote.lines.select_related("product").order_by("position"))
    refusal = None
    if request.method == "POST":
        try:
            edits = _edits(request, quote, lines)
            message = request.POST.get("message", "")
            make_counter_offer(
                quote.pk, edits, message=message, by=None, link=link, at=timezone.now()
            )
        except Refused as found:
            refusal = found
        else:
            thanks = _("Thank you. %(name)s will answer each of your changes.")
            messages.success(request, thanks % {"name": quote.owner.full_name})
            return redirect("quotes:portal_quote", quote.pk)
    context = {
        **offer(quote, at=timezone.now()),
        "link": link,
        "rows": _rows(request, quote, lines),
        "terms": _terms(request, quote),
        "message": request.POST.get("message", ""),
        "errors": errors_of(refusal),
    }
    status = 422 if refusal else 200
    return render(request, "quotes/portal_counter.html", context, status=status)


@require_POST
@by_link
def withdraw(request: HttpRequest, link: PortalLink, quote: Quote) -> HttpResponse:
    """Take back the counter-offer that waits."""
    waiting = quote.counter_offers.filter(state="open").first()
    if waiting is not None:
        try:
            withdraw_counter_offer(waiting.pk, by=None, link=link, at=timezone.now())
        except Refused as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, _("Your counter-offer is withdrawn."))
    return redirect("quotes:portal_quote", quote.pk)


def _edits(request: HttpRequest, quote: Quote, lines: Sequence[QuoteLine]) -> list[AskedEdit]:
    """Return what differs from what was offered."""
    given, edits = request.POST, []
    for line in lines:
        why = given.get(f"why-{line.pk}", "")
        if given.get(f"x-{line.pk}"):
            edit = AskedEdit(edit=Edit.REMOVE, line_id=line.pk, reason=why, field=str(line.pk))
            edits.append(edit)
        for name, kind in _LINE.items():
            value = given.get(f"{name}-{line.pk}", "").strip()
            if value and value != _offered(line, name):
                edits.append(
                    AskedEdit(
                        edit=kind, line_id=line.pk, value=value, reason=why, field=str(line.pk)
                    )
                )
    for name, kind in _TERMS.items():
        value = given.get(name, "").strip()
        if value and value != _offered_term(quote, name):
            why = given.get(f"why-{name}", "")
            edits.append(AskedEdit(edit=kind, value=value, reason=why, field=name))
    return edits


def _rows(request: HttpRequest, quote: Quote, lines: Sequence[QuoteLine]) -> list[dict[str, Any]]:
    named = {}
    for section in laid_out(lines, language=quote.language):
        for row in section.rows:
            if row.line is not None:
                named[row.line.pk] = row.text
            for choice in row.choices:
                named |= {one.line.pk: f"{choice.name}: {one.text}" for one in choice.rows}
    given = request.POST
    return [
        {
            "line": line,
            "name": f"{named.get(line.pk, line.description)}{_days(line)}",
            "has_price": not line.tiers and line.kind != "bundle",
            "is_removed": bool(given.get(f"x-{line.pk}")),
            "why": given.get(f"why-{line.pk}", ""),
            **{name: given.get(f"{name}-{line.pk}", _offered(line, name)) for name in _LINE},
        }
        for line in lines
        if line.kind not in TEXT_KINDS and not line.is_adjustment
    ]


def _days(line: QuoteLine) -> str:
    """Return from when on a line with days of its own is charged: its namesakes differ by it."""
    return f", {day(line.starts_on)}" if line.starts_on else ""


def _terms(request: HttpRequest, quote: Quote) -> dict[str, str]:
    given = request.POST
    names = {name: given.get(name, _offered_term(quote, name)) for name in _TERMS}
    return names | {f"why_{name}": given.get(f"why-{name}", "") for name in _TERMS}


def _offered(line: QuoteLine, name: str) -> str:
    price = line.list_unit_price if line.agreed_unit_price is None else line.agreed_unit_price
    values = {"q": line.quantity, "p": price, "d": line.discount_percent}
    return typed(values[name])


def _offered_term(quote: Quote, name: str) -> str:
    return str(
        {
            "term": quote.term_months,
            "payment": quote.payment_terms_days,
            "start": quote.starts_on,
        }[name]
    )
