"""Pages to find and read quotes."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from q2c.identity.access import requires
from q2c.identity.models import User
from q2c.identity.roles import Permission
from q2c.infra.bus import history
from q2c.web.registry import panels_for
from q2c.web.shortcuts import csv_response, page_of
from q2c.web.templatetags.q2c import day, instant, money
from quotes.documents import quote_pdf
from quotes.forms import DecisionForm, ReasonForm, SendForm
from quotes.models import TEXT_KINDS, ApprovalDecision, ApprovalRequest, Quote, QuoteOutcome
from quotes.queries import (
    answers_of,
    billing_schedule,
    contract_number,
    counter_offers,
    counts_by_state,
    envelope_of,
    grouped,
    inbox_of,
    matching,
    pricing_day,
    quote_terms,
    readers,
    visible_to,
    with_taken,
)
from quotes.rules.states import LIFECYCLE, QuoteState
from quotes.views.copy_forms import CloneForm, KeepForm, OutcomeForm
from quotes.views.figures import amendment_shown, figures
from quotes.views.offer import conversation, document_response, inline, offer

_CSV = [
    "number", "version", "state", "customer", "owner", "title", "currency", "one_time_total",
    "monthly_total", "contract_total", "starts_on", "term_months", "valid_until", "created_at",
]  # fmt: skip
_TAKEN = {
    "one_time_total": "taken_once",
    "monthly_total": "taken_monthly",
    "contract_total": "taken_total",
}
_ENDED = ("accepted", "declined", "expired", "cancelled")
_EVENTS = 60  # of the history, unless all is asked for
_HEADS = ("bundle", *TEXT_KINDS)
_PATH = (QuoteState.DRAFT, QuoteState.IN_REVIEW, QuoteState.APPROVED, QuoteState.SENT)


@require_GET
@requires(Permission.VIEW_QUOTES)
def list_(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    seen = _scoped(request, user)
    found = _filtered(request, seen).select_related("customer", "owner")
    context = {
        "page": page_of(with_taken(found), request),
        "query": request.GET.get("q", "").strip(),
        "state": request.GET.get("state", ""),
        "of": request.GET.get("of", ""),
        "keep": {n: request.GET[n] for n in ("state", "of") if request.GET.get(n)},
        "is_filtered": any(request.GET.get(name) for name in ("q", "state", "of")),
        "tabs": _tabs(request, seen),
        "sees_all": user.may(Permission.VIEW_ALL_QUOTES) or user.team.exists(),
    }
    return render(request, "quotes/list.html", context)


@require_GET
@requires(Permission.VIEW_QUOTES)
def export(request: HttpRequest) -> HttpResponseBase:
    user: Any = request.user
    found = _filtered(request, _scoped(request, user)).select_related("customer", "owner")
    rows = with_taken(found).order_by("-created_at", "-id").iterator(chunk_size=2000)
    cells = ([getattr(q, _TAKEN.get(name, name)) for name in _CSV] for q in rows)
    return csv_response("quotes.csv", _CSV, cells)


def _scoped(request: HttpRequest, user: User) -> QuerySet[Quote]:
    quotes = visible_to(user)
    return quotes.filter(owner=user) if request.GET.get("of") == "mine" else quotes


def _filtered(request: HttpRequest, quotes: QuerySet[Quote]) -> QuerySet[Quote]:
    if state := request.GET.get("state"):
        quotes = quotes.filter(state=state)
    return matching(quotes, request.GET.get("q", "").strip())


def _tabs(request: HttpRequest, quotes: QuerySet[Quote]) -> list[dict[str, Any]]:
    counts, state = counts_by_state(quotes), request.GET.get("state", "")
    of = "&of=mine" if request.GET.get("of") == "mine" else ""
    tabs: list[dict[str, Any]] = [
        {
            "label": "All",
            "url": f"?{of.lstrip('&')}",
            "current": not state,
            "count": sum(number for number, _ in counts.values()),
        }
    ]
    for each in QuoteState:
        number, sums = counts.get(each.value, (0, []))
        if number or each.value == state or each in _PATH:
            tabs.append(
                {
                    "label": each.value.replace("_", " ").capitalize(),
                    "url": f"?state={each.value}{of}",
                    "current": state == each.value,
                    "count": number,
                    "total": " · ".join(
                        [*(money(*one) for one in sums[:2]), *("…" for _ in sums[2:3])]
                    )
                    if number
                    else "",
                }
            )
    return tabs


@require_GET
@requires(Permission.VIEW_QUOTES)
def detail(request: HttpRequest, quote_id: int) -> HttpResponse:
    user: Any = request.user
    return show_quote(request, quote_of(user, quote_id))


def quote_of(user: Any, quote_id: int) -> Quote:
    """Return a quote that this person may see; 404 otherwise."""
    quotes = visible_to(user).select_related(
        "customer", "contact", "owner", "legal_entity", "price_book", "document", "merged_into"
    )
    return get_object_or_404(quotes, pk=quote_id)


def show_quote(
    request: HttpRequest, quote: Quote, *, status: int = 200, **extra: Any
) -> HttpResponse:
    """Render all that is known of a quote and what this person can do with it."""
    user: Any = request.user
    shown = figures(quote)
    lines = shown["lines"]
    events = history("quote", quote.pk)
    may_edit = user.may(Permission.EDIT_QUOTES)
    verbs = LIFECYCLE.verbs(QuoteState(quote.state)) if may_edit else ()
    context = {
        **shown,
        "groups": grouped(line for line in lines if line.is_sold),
        "offered": [line for line in lines if not line.is_chosen and line.kind not in _HEADS],
        "can": dict.fromkeys(verbs, True),
        "can_revise": may_edit and "supersede" in LIFECYCLE.verbs(QuoteState(quote.state)),
        "schedule": billing_schedule(quote, lines),
        **amendment_shown(quote),
        "steps": _steps(quote),
        "answered": answers_of(quote),
        "facts": _facts(quote),
        "approvals": _approvals(quote, user),
        "comments": quote.comments.prefetch_related("attachments").select_related("line"),
        "counters": counter_offers(quote),
        "readers": readers(quote.pk, at=timezone.now()) if quote.sent_at else [],
        "can_answer": may_edit and quote.state == QuoteState.SENT.value,
        "merged": quote.merged.order_by("pk"),
        "versions": Quote.objects.filter(number=quote.number).order_by("-version"),
        "panels": panels_for(user, "quote"),
        "events": events if request.GET.get("history") == "all" else events[:_EVENTS],
        "event_count": events.count(),
        "term_end": quote_terms(quote).term.end,
        "send_text": f"{money(quote.contract_total, quote.currency)} over {quote.term_months} months, "
        f"valid until {day(quote.valid_until)}. It is mailed with a private link and the document; "
        "after that this version cannot change.",
        "send_form": SendForm(quote=quote),
        "reason_form": ReasonForm(),
        "clone_form": CloneForm(),
        "keep_form": KeepForm(initial={"name": quote.title}),
        **_ending(quote),
        "approve_form": DecisionForm(required=False),
        "refuse_form": DecisionForm(required=True),
        **extra,
    }
    return render(request, "quotes/detail.html", context, status=status)


def _ending(quote: Quote) -> dict[str, Any]:
    """Why a quote that has ended was won or lost, and the form to say so."""
    has_ended = quote.sent_at is not None and quote.state in _ENDED
    return {
        "outcome": QuoteOutcome.objects.filter(quote=quote).select_related("reason").first(),
        "outcome_form": OutcomeForm(quote=quote) if has_ended else None,
    }


def _steps(quote: Quote) -> list[dict[str, str]]:
    state = QuoteState(quote.state)
    last = state if state not in _PATH else QuoteState.ACCEPTED
    path = [*_PATH, last]
    # Most quotes need no review, and one that ended early shows where it got to.
    if not quote.approvals.exists() and state is not QuoteState.IN_REVIEW:
        path.remove(QuoteState.IN_REVIEW)
    if state is QuoteState.CANCELLED and quote.sent_at is None:
        path = [QuoteState.DRAFT, QuoteState.CANCELLED]
    here = path.index(state)
    return [
        {
            "label": step.value.replace("_", " ").capitalize(),
            "status": "done"
            if i < here or state is QuoteState.ACCEPTED
            else "current"
            if i == here
            else "todo",
        }
        for i, step in enumerate(path)
    ]


def _facts(quote: Quote) -> list[tuple[str, Any]]:
    contract = [("Contract", number)] if (number := contract_number(quote)) else []
    return [
        *contract,
        ("Starts", day(quote.starts_on)),
        ("Term", f"{quote.term_months} months"),
        ("Renews", "Unless cancelled" if quote.auto_renew else "No"),
        ("Valid until", day(quote.valid_until)),
        ("Payment", f"Within {quote.payment_terms_days} days"),
        ("Sold by", quote.legal_entity),
        ("Price book", quote.price_book_reason or quote.price_book),
        ("Channel", quote.channel.capitalize()),
        ("Coupon", quote.coupon_code),
        ("Prices of", day(pricing_day(quote))),
        ("Contact", quote.contact.name if quote.contact else None),
        ("Owner", quote.owner),
        ("Sent", instant(quote.sent_at)),
        ("First read", instant(quote.first_viewed_at)),
    ]


def _approvals(quote: Quote, user: User) -> list[dict[str, Any]]:
    mine = set(inbox_of(user, at=timezone.now()).filter(quote=quote).values_list("pk", flat=True))
    requests = quote.approvals.select_related(
        "policy", "person", "round__requested_by"
    ).prefetch_related(
        "comments__author",
        "decisions__by",
        "decisions__seat",
        "decisions__grant",
        "decisions__carried_from",
        "decisions__envelope",
    )
    labels = dict(quote.lines.order_by("-position").values_list("product_id", "description"))
    return [
        {
            "request": request,
            "is_mine": request.pk in mine,
            "is_open": request.state in (ApprovalRequest.PENDING, ApprovalRequest.WAITING),
            "asked": request.person or request.role.replace("_", " "),
            "decisions": [
                {"row": decision, "bounds": _bounds(decision, labels)}
                for decision in request.decisions.all()
            ],
        }
        for request in requests.order_by("-round_id", "stage", "id")
    ]


def _bounds(decision: ApprovalDecision, labels: dict[int, str]) -> list[str]:
    """Say within what the customer may choose by this decision; nothing where it set no bounds."""
    if not hasattr(decision, "envelope"):
        return []
    return envelope_of(decision.envelope).in_words(labels)


@require_GET
@requires(Permission.VIEW_QUOTES)
def of_customer(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The panel that a customer's page loads."""
    user: Any = request.user
    quotes = visible_to(user).filter(customer_id=customer_id)
    context = {
        "quotes": with_taken(quotes).order_by("-id")[:10],
        "count": quotes.count(),
        "customer_id": customer_id,
    }
    return render(request, "quotes/_of_customer.html", context)


@require_GET
@requires(Permission.VIEW_QUOTES)
def pdf(request: HttpRequest, quote_id: int) -> HttpResponse:
    """The document that was sent, byte for byte; before that, a preview."""
    user: Any = request.user
    quote = quote_of(user, quote_id)
    if quote.document is not None:
        return document_response(quote)
    lines = list(quote.lines.order_by("position"))
    content = quote_pdf(quote, lines, at=timezone.now(), is_preview=True)
    return inline(content, "application/pdf", f"{quote.number}-preview.pdf")


@require_GET
@requires(Permission.VIEW_QUOTES)
def preview(request: HttpRequest, quote_id: int) -> HttpResponse:
    """The page as the customer will see it; nothing can be sent from it."""
    user: Any = request.user
    quote = quote_of(user, quote_id)
    context = {**offer(quote, at=timezone.now()), **conversation(quote), "is_preview": True}
    return render(request, "quotes/portal.html", context)
