"""What the customer is shown of a quote, on the portal and in the staff's preview of it."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse

from q2c.infra.clock import day_in
from q2c.web.templatetags.q2c import day, money
from quotes.models import Acceptance, Quote
from quotes.queries import billing_schedule, grouped
from quotes.rules.states import QuoteState


def offer(quote: Quote, *, at: datetime) -> dict[str, Any]:
    """Return the context of the customer's page at an instant."""
    today = day_in(quote.legal_entity.time_zone, at)
    is_open = quote.state == QuoteState.SENT.value and today <= quote.valid_until
    return {
        "quote": quote,
        "legal_entity": quote.legal_entity,
        "groups": grouped(quote.lines.filter(is_chosen=True).order_by("position")),
        "schedule": billing_schedule(quote, quote.lines.order_by("position")),
        "comments": quote.comments.all(),
        "consent": consent_of(quote),
        "is_open": is_open,
        "has_run_out": quote.state == QuoteState.SENT.value and not is_open,
        "days_left": (quote.valid_until - today).days,
        "acceptance": Acceptance.objects.filter(quote=quote).first(),
        "saved": max(quote.list_total - quote.contract_total, 0),
    }


def consent_of(quote: Quote) -> str:
    """Return the sentence that the signer agrees to: who, what, how much, and which bytes."""
    return (
        f"I accept offer {quote.number} (version {quote.version}) of {quote.legal_entity.name} "
        f"for {quote.customer.legal_name}: {money(quote.contract_total, quote.currency)} net over "
        f"{quote.term_months} months from {day(quote.starts_on)}, usage as priced, payable within "
        f"{quote.payment_terms_days} days of each invoice. I am authorised to do so. "
        f"Document SHA-256: {quote.document_id or 'made when the offer is sent'}."
    )


def document_response(quote: Quote) -> HttpResponse:
    """Answer with the kept document of a quote, byte for byte."""
    blob = quote.document
    assert blob is not None, "callers check"
    ending = "pdf" if blob.media_type == "application/pdf" else "json"
    return inline(bytes(blob.content), blob.media_type, f"{quote.number}.{ending}")


def inline(content: bytes, media_type: str, name: str) -> HttpResponse:
    """Answer with a file to look at, which no cache keeps."""
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f'inline; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
